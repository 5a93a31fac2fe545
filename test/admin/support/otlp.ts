/** Writes OpenTelemetry's MetricsData from its own .proto definitions, apart from what the broker reads it with. */
import protobuf from 'protobufjs';

const PROTO = `
syntax = "proto3";
message MetricsData { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message Scope { string name = 1; string version = 2; }
message Metric {
  string name = 1; string description = 2; string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; Summary summary = 11; }
}
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message Summary { repeated SummaryDataPoint data_points = 1; }
message NumberDataPoint {
  repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
}
message HistogramDataPoint {
  repeated KeyValue attributes = 9; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5;
  repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7;
}
message SummaryDataPoint { repeated KeyValue attributes = 7; fixed64 count = 4; double sum = 5; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;

export const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** In protobufjs' form of the messages: camel case, one member of each oneof. */
export function metricsData(metrics: object[], resource: object[] = []): Buffer {
  const type = protobuf.parse(PROTO).root.lookupType('MetricsData');
  const data = {
    resourceMetrics: [
      { resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 'test' }, metrics }] },
    ],
  };
  const problem = type.verify(data);
  if (problem !== null) throw new Error(problem);
  return Buffer.from(type.encode(type.fromObject(data)).finish());
}

/**
 * Generated from schema/get-telemetry-subscriptions.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Which metrics a client is to push, and how often (KIP-714).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface GetTelemetrySubscriptionsRequest {
  clientInstanceId: Uuid;
}

/** With the default in every field. */
export function defaultGetTelemetrySubscriptionsRequest(): GetTelemetrySubscriptionsRequest {
  return {
    clientInstanceId: ZERO_UUID,
  };
}

export function readGetTelemetrySubscriptionsRequest(r: ByteReader, version: number): GetTelemetrySubscriptionsRequest {
  const clientInstanceId: Uuid = r.uuid();
  r.skipTaggedFields();
  return { clientInstanceId };
}

export function writeGetTelemetrySubscriptionsRequest(w: ByteWriter, m: GetTelemetrySubscriptionsRequest, version: number): void {
  w.uuid(m.clientInstanceId);
  w.int8(0);
}

export interface GetTelemetrySubscriptionsResponse {
  throttleTimeMs: number;
  errorCode: number;
  clientInstanceId: Uuid;
  subscriptionId: number;
  acceptedCompressionTypes: number[];
  pushIntervalMs: number;
  telemetryMaxBytes: number;
  deltaTemporality: boolean;
  requestedMetrics: string[];
}

/** With the default in every field. */
export function defaultGetTelemetrySubscriptionsResponse(): GetTelemetrySubscriptionsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    clientInstanceId: ZERO_UUID,
    subscriptionId: 0,
    acceptedCompressionTypes: [],
    pushIntervalMs: 0,
    telemetryMaxBytes: 0,
    deltaTemporality: false,
    requestedMetrics: [],
  };
}

export function readGetTelemetrySubscriptionsResponse(r: ByteReader, version: number): GetTelemetrySubscriptionsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const clientInstanceId: Uuid = r.uuid();
  const subscriptionId: number = r.int32();
  const acceptedCompressionTypes: number[] = [];
  const acceptedCompressionTypesCount = r.compactArrayLength(1);
  for (let i = 0; i < acceptedCompressionTypesCount; i++) acceptedCompressionTypes.push(r.int8());
  const pushIntervalMs: number = r.int32();
  const telemetryMaxBytes: number = r.int32();
  const deltaTemporality: boolean = r.boolean();
  const requestedMetrics: string[] = [];
  const requestedMetricsCount = r.compactArrayLength(1);
  for (let i = 0; i < requestedMetricsCount; i++) requestedMetrics.push(r.compactString());
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, clientInstanceId, subscriptionId, acceptedCompressionTypes, pushIntervalMs, telemetryMaxBytes, deltaTemporality, requestedMetrics };
}

export function writeGetTelemetrySubscriptionsResponse(w: ByteWriter, m: GetTelemetrySubscriptionsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.uuid(m.clientInstanceId);
  w.int32(m.subscriptionId);
  w.compactArrayLength(m.acceptedCompressionTypes.length);
  for (const item of m.acceptedCompressionTypes) w.int8(item);
  w.int32(m.pushIntervalMs);
  w.int32(m.telemetryMaxBytes);
  w.boolean(m.deltaTemporality);
  w.compactArrayLength(m.requestedMetrics.length);
  for (const item of m.requestedMetrics) w.compactString(item);
  w.int8(0);
}

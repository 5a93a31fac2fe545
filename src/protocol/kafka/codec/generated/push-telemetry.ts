/**
 * Generated from schema/push-telemetry.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Metrics of a client, as OpenTelemetry's MetricsData (KIP-714).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { EMPTY_BYTES } from '../support.ts';

export interface PushTelemetryRequest {
  clientInstanceId: Uuid;
  subscriptionId: number;
  terminating: boolean;
  compressionType: number;
  metrics: Buffer;
}

/** With the default in every field. */
export function defaultPushTelemetryRequest(): PushTelemetryRequest {
  return {
    clientInstanceId: ZERO_UUID,
    subscriptionId: 0,
    terminating: false,
    compressionType: 0,
    metrics: EMPTY_BYTES,
  };
}

export function readPushTelemetryRequest(r: ByteReader, version: number): PushTelemetryRequest {
  const clientInstanceId: Uuid = r.uuid();
  const subscriptionId: number = r.int32();
  const terminating: boolean = r.boolean();
  const compressionType: number = r.int8();
  const metrics: Buffer = r.compactBytes();
  r.skipTaggedFields();
  return { clientInstanceId, subscriptionId, terminating, compressionType, metrics };
}

export function writePushTelemetryRequest(w: ByteWriter, m: PushTelemetryRequest, version: number): void {
  w.uuid(m.clientInstanceId);
  w.int32(m.subscriptionId);
  w.boolean(m.terminating);
  w.int8(m.compressionType);
  w.compactBytes(m.metrics);
  w.int8(0);
}

export interface PushTelemetryResponse {
  throttleTimeMs: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultPushTelemetryResponse(): PushTelemetryResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
  };
}

export function readPushTelemetryResponse(r: ByteReader, version: number): PushTelemetryResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode };
}

export function writePushTelemetryResponse(w: ByteWriter, m: PushTelemetryResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.int8(0);
}

/**
 * Generated from schema/unregister-broker.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Removes a broker that is gone from the cluster (KIP-631).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface UnregisterBrokerRequest {
  brokerId: number;
}

/** With the default in every field. */
export function defaultUnregisterBrokerRequest(): UnregisterBrokerRequest {
  return {
    brokerId: 0,
  };
}

export function readUnregisterBrokerRequest(r: ByteReader, version: number): UnregisterBrokerRequest {
  const brokerId: number = r.int32();
  r.skipTaggedFields();
  return { brokerId };
}

export function writeUnregisterBrokerRequest(w: ByteWriter, m: UnregisterBrokerRequest, version: number): void {
  w.int32(m.brokerId);
  w.int8(0);
}

export interface UnregisterBrokerResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultUnregisterBrokerResponse(): UnregisterBrokerResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
  };
}

export function readUnregisterBrokerResponse(r: ByteReader, version: number): UnregisterBrokerResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage };
}

export function writeUnregisterBrokerResponse(w: ByteWriter, m: UnregisterBrokerResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

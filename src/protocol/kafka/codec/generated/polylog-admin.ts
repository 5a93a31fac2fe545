/**
 * Generated from schema/polylog-admin.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Polylog's own request, for what Kafka has none: subscriptions, dead letters, delayed messages. A command by its name with fields in JSON, and its answer in JSON (docs/protocols/admin.md). The key is far from Kafka's, and isn't told to clients.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { EMPTY_BYTES } from '../support.ts';

export interface PolylogAdminRequest {
  command: string;
  body: Buffer;
}

/** With the default in every field. */
export function defaultPolylogAdminRequest(): PolylogAdminRequest {
  return {
    command: '',
    body: EMPTY_BYTES,
  };
}

export function readPolylogAdminRequest(r: ByteReader, version: number): PolylogAdminRequest {
  const command: string = r.compactString();
  const body: Buffer = r.compactBytes();
  r.skipTaggedFields();
  return { command, body };
}

export function writePolylogAdminRequest(w: ByteWriter, m: PolylogAdminRequest, version: number): void {
  w.compactString(m.command);
  w.compactBytes(m.body);
  w.int8(0);
}

export interface PolylogAdminResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorName: string | null;
  /** Null in all, default null. */
  errorMessage: string | null;
  /** Null in all, default null. */
  body: Buffer | null;
}

/** With the default in every field. */
export function defaultPolylogAdminResponse(): PolylogAdminResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorName: null,
    errorMessage: null,
    body: null,
  };
}

export function readPolylogAdminResponse(r: ByteReader, version: number): PolylogAdminResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorName: string | null = r.compactNullableString();
  const errorMessage: string | null = r.compactNullableString();
  const body: Buffer | null = r.compactNullableBytes();
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorName, errorMessage, body };
}

export function writePolylogAdminResponse(w: ByteWriter, m: PolylogAdminResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorName);
  w.compactNullableString(m.errorMessage);
  w.compactNullableBytes(m.body);
  w.int8(0);
}

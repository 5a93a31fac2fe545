/**
 * Generated from schema/sasl-authenticate.schema by `npm run codec`. Do not edit: change the schema.
 *
 * One step of the SASL exchange.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { EMPTY_BYTES } from '../support.ts';

export interface SaslAuthenticateRequest {
  authBytes: Buffer;
}

/** With the default in every field. */
export function defaultSaslAuthenticateRequest(): SaslAuthenticateRequest {
  return {
    authBytes: EMPTY_BYTES,
  };
}

export function readSaslAuthenticateRequest(r: ByteReader, version: number): SaslAuthenticateRequest {
  const authBytes: Buffer = version >= 2 ? r.compactBytes() : r.bytes();
  if (version >= 2) r.skipTaggedFields();
  return { authBytes };
}

export function writeSaslAuthenticateRequest(w: ByteWriter, m: SaslAuthenticateRequest, version: number): void {
  if (version >= 2) { w.compactBytes(m.authBytes); } else { w.bytes(m.authBytes); }
  if (version >= 2) w.int8(0);
}

export interface SaslAuthenticateResponse {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  authBytes: Buffer;
  /** Versions 1+, ignorable. */
  sessionLifetimeMs: number;
}

/** With the default in every field. */
export function defaultSaslAuthenticateResponse(): SaslAuthenticateResponse {
  return {
    errorCode: 0,
    errorMessage: '',
    authBytes: EMPTY_BYTES,
    sessionLifetimeMs: 0,
  };
}

export function readSaslAuthenticateResponse(r: ByteReader, version: number): SaslAuthenticateResponse {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const authBytes: Buffer = version >= 2 ? r.compactBytes() : r.bytes();
  const sessionLifetimeMs: number = version >= 1 ? r.int64() : 0;
  if (version >= 2) r.skipTaggedFields();
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs };
}

export function writeSaslAuthenticateResponse(w: ByteWriter, m: SaslAuthenticateResponse, version: number): void {
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 2) { w.compactBytes(m.authBytes); } else { w.bytes(m.authBytes); }
  if (version >= 1) {
    w.int64(m.sessionLifetimeMs);
  }
  if (version >= 2) w.int8(0);
}

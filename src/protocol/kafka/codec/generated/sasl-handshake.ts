/**
 * Generated from schema/sasl-handshake.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Choosing the SASL mechanism. Never flexible.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface SaslHandshakeRequest {
  mechanism: string;
}

/** With the default in every field. */
export function defaultSaslHandshakeRequest(): SaslHandshakeRequest {
  return {
    mechanism: '',
  };
}

export function readSaslHandshakeRequest(r: ByteReader, version: number): SaslHandshakeRequest {
  const mechanism: string = r.string();
  return { mechanism };
}

export function writeSaslHandshakeRequest(w: ByteWriter, m: SaslHandshakeRequest, version: number): void {
  w.string(m.mechanism);
}

export interface SaslHandshakeResponse {
  errorCode: number;
  mechanisms: string[];
}

/** With the default in every field. */
export function defaultSaslHandshakeResponse(): SaslHandshakeResponse {
  return {
    errorCode: 0,
    mechanisms: [],
  };
}

export function readSaslHandshakeResponse(r: ByteReader, version: number): SaslHandshakeResponse {
  const errorCode: number = r.int16();
  const mechanisms: string[] = [];
  const mechanismsCount = r.arrayLength(2);
  for (let i = 0; i < mechanismsCount; i++) mechanisms.push(r.string());
  return { errorCode, mechanisms };
}

export function writeSaslHandshakeResponse(w: ByteWriter, m: SaslHandshakeResponse, version: number): void {
  w.int16(m.errorCode);
  w.arrayLength(m.mechanisms.length);
  for (const item of m.mechanisms) w.string(item);
}

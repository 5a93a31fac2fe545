/**
 * Headers of requests and responses, behind the int32 size of the frame.
 *
 * Request header: int16 API key, int16 version, int32 correlation id, nullable string client id (v1; not compact in
 * v2 either), and in v2, that of flexible versions, tagged fields. Response header: int32 correlation id (v0), and in
 * v1 tagged fields. The response of ApiVersions always has v0, so that a client which doesn't know yet what the
 * broker speaks can read it (KIP-511).
 */
import type { ByteReader } from '../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../base/byte-writer.ts';
import { API_KEY, isFlexible } from './api-keys.ts';

export interface RequestHeader {
  apiKey: number;
  apiVersion: number;
  correlationId: number;
  clientId: string | null;
}

/**
 * Reads a request header up to the body. An unknown API key is read as header v1, so that the caller can say what it
 * refuses.
 */
export function readRequestHeader(r: ByteReader): RequestHeader {
  const apiKey = r.int16();
  const apiVersion = r.int16();
  const correlationId = r.int32();
  const clientId = r.nullableString();
  if (isFlexible(apiKey, apiVersion)) r.skipTaggedFields();
  return { apiKey, apiVersion, correlationId, clientId };
}

/** The client's side of readRequestHeader. */
export function writeRequestHeader(w: ByteWriter, header: RequestHeader): void {
  w.int16(header.apiKey);
  w.int16(header.apiVersion);
  w.int32(header.correlationId);
  w.nullableString(header.clientId);
  if (isFlexible(header.apiKey, header.apiVersion)) w.int8(0);
}

/** Writes the header of the response to a request of this API and version. */
export function writeResponseHeader(
  w: ByteWriter,
  apiKey: number,
  apiVersion: number,
  correlationId: number,
): void {
  w.int32(correlationId);
  if (apiKey !== API_KEY.ApiVersions && isFlexible(apiKey, apiVersion)) w.int8(0);
}

/** The client's side of writeResponseHeader; returns the correlation id. */
export function readResponseHeader(r: ByteReader, apiKey: number, apiVersion: number): number {
  const correlationId = r.int32();
  if (apiKey !== API_KEY.ApiVersions && isFlexible(apiKey, apiVersion)) r.skipTaggedFields();
  return correlationId;
}

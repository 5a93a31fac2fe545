/**
 * Generated from schema/heartbeat.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Classic group protocol: staying in the group.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface HeartbeatRequest {
  groupId: string;
  generationId: number;
  memberId: string;
  /** Versions 3+, null in all, default null. */
  groupInstanceId: string | null;
}

/** With the default in every field. */
export function defaultHeartbeatRequest(): HeartbeatRequest {
  return {
    groupId: '',
    generationId: 0,
    memberId: '',
    groupInstanceId: null,
  };
}

export function readHeartbeatRequest(r: ByteReader, version: number): HeartbeatRequest {
  const groupId: string = version >= 4 ? r.compactString() : r.string();
  const generationId: number = r.int32();
  const memberId: string = version >= 4 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 3 ? (version >= 4 ? r.compactNullableString() : r.nullableString()) : null;
  if (version >= 4) r.skipTaggedFields();
  return { groupId, generationId, memberId, groupInstanceId };
}

export function writeHeartbeatRequest(w: ByteWriter, m: HeartbeatRequest, version: number): void {
  if (version >= 4) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  w.int32(m.generationId);
  if (version >= 4) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 3) {
    if (version >= 4) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  } else if (m.groupInstanceId !== null) throw new UnsupportedFieldError('HeartbeatRequest.groupInstanceId', version);
  if (version >= 4) w.int8(0);
}

export interface HeartbeatResponse {
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultHeartbeatResponse(): HeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
  };
}

export function readHeartbeatResponse(r: ByteReader, version: number): HeartbeatResponse {
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  const errorCode: number = r.int16();
  if (version >= 4) r.skipTaggedFields();
  return { throttleTimeMs, errorCode };
}

export function writeHeartbeatResponse(w: ByteWriter, m: HeartbeatResponse, version: number): void {
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  w.int16(m.errorCode);
  if (version >= 4) w.int8(0);
}

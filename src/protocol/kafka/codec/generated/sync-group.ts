/**
 * Generated from schema/sync-group.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Classic group protocol: the leader's assignment goes in, each member's own part comes out.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { EMPTY_BYTES, UnsupportedFieldError } from '../support.ts';

export interface SyncGroupRequestAssignment {
  memberId: string;
  assignment: Buffer;
}

/** With the default in every field. */
export function defaultSyncGroupRequestAssignment(): SyncGroupRequestAssignment {
  return {
    memberId: '',
    assignment: EMPTY_BYTES,
  };
}

export function readSyncGroupRequestAssignment(r: ByteReader, version: number): SyncGroupRequestAssignment {
  const memberId: string = version >= 4 ? r.compactString() : r.string();
  const assignment: Buffer = version >= 4 ? r.compactBytes() : r.bytes();
  if (version >= 4) r.skipTaggedFields();
  return { memberId, assignment };
}

export function writeSyncGroupRequestAssignment(w: ByteWriter, m: SyncGroupRequestAssignment, version: number): void {
  if (version >= 4) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 4) { w.compactBytes(m.assignment); } else { w.bytes(m.assignment); }
  if (version >= 4) w.int8(0);
}

export interface SyncGroupRequest {
  groupId: string;
  generationId: number;
  memberId: string;
  /** Versions 3+, null in all, default null. */
  groupInstanceId: string | null;
  /** Versions 5, null in all, ignorable, default null. */
  protocolType: string | null;
  /** Versions 5, null in all, ignorable, default null. */
  protocolName: string | null;
  assignments: SyncGroupRequestAssignment[];
}

/** With the default in every field. */
export function defaultSyncGroupRequest(): SyncGroupRequest {
  return {
    groupId: '',
    generationId: 0,
    memberId: '',
    groupInstanceId: null,
    protocolType: null,
    protocolName: null,
    assignments: [],
  };
}

export function readSyncGroupRequest(r: ByteReader, version: number): SyncGroupRequest {
  const groupId: string = version >= 4 ? r.compactString() : r.string();
  const generationId: number = r.int32();
  const memberId: string = version >= 4 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 3 ? (version >= 4 ? r.compactNullableString() : r.nullableString()) : null;
  const protocolType: string | null = version >= 5 ? r.compactNullableString() : null;
  const protocolName: string | null = version >= 5 ? r.compactNullableString() : null;
  const assignments: SyncGroupRequestAssignment[] = [];
  const assignmentsCount = version >= 4 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < assignmentsCount; i++) assignments.push(readSyncGroupRequestAssignment(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments };
}

export function writeSyncGroupRequest(w: ByteWriter, m: SyncGroupRequest, version: number): void {
  if (version >= 4) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  w.int32(m.generationId);
  if (version >= 4) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 3) {
    if (version >= 4) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  } else if (m.groupInstanceId !== null) throw new UnsupportedFieldError('SyncGroupRequest.groupInstanceId', version);
  if (version >= 5) {
    w.compactNullableString(m.protocolType);
  }
  if (version >= 5) {
    w.compactNullableString(m.protocolName);
  }
  if (version >= 4) { w.compactArrayLength(m.assignments.length); } else { w.arrayLength(m.assignments.length); }
  for (const item of m.assignments) writeSyncGroupRequestAssignment(w, item, version);
  if (version >= 4) w.int8(0);
}

export interface SyncGroupResponse {
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  errorCode: number;
  /** Versions 5, null in all, ignorable, default null. */
  protocolType: string | null;
  /** Versions 5, null in all, ignorable, default null. */
  protocolName: string | null;
  assignment: Buffer;
}

/** With the default in every field. */
export function defaultSyncGroupResponse(): SyncGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    protocolType: null,
    protocolName: null,
    assignment: EMPTY_BYTES,
  };
}

export function readSyncGroupResponse(r: ByteReader, version: number): SyncGroupResponse {
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  const errorCode: number = r.int16();
  const protocolType: string | null = version >= 5 ? r.compactNullableString() : null;
  const protocolName: string | null = version >= 5 ? r.compactNullableString() : null;
  const assignment: Buffer = version >= 4 ? r.compactBytes() : r.bytes();
  if (version >= 4) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, protocolType, protocolName, assignment };
}

export function writeSyncGroupResponse(w: ByteWriter, m: SyncGroupResponse, version: number): void {
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  w.int16(m.errorCode);
  if (version >= 5) {
    w.compactNullableString(m.protocolType);
  }
  if (version >= 5) {
    w.compactNullableString(m.protocolName);
  }
  if (version >= 4) { w.compactBytes(m.assignment); } else { w.bytes(m.assignment); }
  if (version >= 4) w.int8(0);
}

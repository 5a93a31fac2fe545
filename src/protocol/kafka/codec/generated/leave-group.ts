/**
 * Generated from schema/leave-group.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Classic group protocol: leaving; several members at once from version 3 (KIP-345).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface LeaveGroupRequestMember {
  /** Versions 3+. */
  memberId: string;
  /** Versions 3+, null in all, default null. */
  groupInstanceId: string | null;
  /** Versions 5, null in all, ignorable, default null. */
  reason: string | null;
}

/** With the default in every field. */
export function defaultLeaveGroupRequestMember(): LeaveGroupRequestMember {
  return {
    memberId: '',
    groupInstanceId: null,
    reason: null,
  };
}

export function readLeaveGroupRequestMember(r: ByteReader, version: number): LeaveGroupRequestMember {
  const memberId: string = version >= 4 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 4 ? r.compactNullableString() : r.nullableString();
  const reason: string | null = version >= 5 ? r.compactNullableString() : null;
  if (version >= 4) r.skipTaggedFields();
  return { memberId, groupInstanceId, reason };
}

export function writeLeaveGroupRequestMember(w: ByteWriter, m: LeaveGroupRequestMember, version: number): void {
  if (version >= 4) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 4) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  if (version >= 5) {
    w.compactNullableString(m.reason);
  }
  if (version >= 4) w.int8(0);
}

export interface LeaveGroupRequest {
  groupId: string;
  /** Versions 0-2. */
  memberId: string;
  /** Versions 3+. */
  members: LeaveGroupRequestMember[];
}

/** With the default in every field. */
export function defaultLeaveGroupRequest(): LeaveGroupRequest {
  return {
    groupId: '',
    memberId: '',
    members: [],
  };
}

export function readLeaveGroupRequest(r: ByteReader, version: number): LeaveGroupRequest {
  const groupId: string = version >= 4 ? r.compactString() : r.string();
  const memberId: string = version <= 2 ? r.string() : '';
  const members: LeaveGroupRequestMember[] = [];
  if (version >= 3) {
    const membersCount = version >= 4 ? r.compactArrayLength(3) : r.arrayLength(4);
    for (let i = 0; i < membersCount; i++) members.push(readLeaveGroupRequestMember(r, version));
  }
  if (version >= 4) r.skipTaggedFields();
  return { groupId, memberId, members };
}

export function writeLeaveGroupRequest(w: ByteWriter, m: LeaveGroupRequest, version: number): void {
  if (version >= 4) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  if (version <= 2) {
    w.string(m.memberId);
  } else if (m.memberId !== '') throw new UnsupportedFieldError('LeaveGroupRequest.memberId', version);
  if (version >= 3) {
    if (version >= 4) { w.compactArrayLength(m.members.length); } else { w.arrayLength(m.members.length); }
    for (const item of m.members) writeLeaveGroupRequestMember(w, item, version);
  } else if (m.members.length !== 0) throw new UnsupportedFieldError('LeaveGroupRequest.members', version);
  if (version >= 4) w.int8(0);
}

export interface LeaveGroupResponseMember {
  /** Versions 3+. */
  memberId: string;
  /** Versions 3+, null in all. */
  groupInstanceId: string | null;
  /** Versions 3+. */
  errorCode: number;
}

/** With the default in every field. */
export function defaultLeaveGroupResponseMember(): LeaveGroupResponseMember {
  return {
    memberId: '',
    groupInstanceId: '',
    errorCode: 0,
  };
}

export function readLeaveGroupResponseMember(r: ByteReader, version: number): LeaveGroupResponseMember {
  const memberId: string = version >= 4 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 4 ? r.compactNullableString() : r.nullableString();
  const errorCode: number = r.int16();
  if (version >= 4) r.skipTaggedFields();
  return { memberId, groupInstanceId, errorCode };
}

export function writeLeaveGroupResponseMember(w: ByteWriter, m: LeaveGroupResponseMember, version: number): void {
  if (version >= 4) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 4) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  w.int16(m.errorCode);
  if (version >= 4) w.int8(0);
}

export interface LeaveGroupResponse {
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  errorCode: number;
  /** Versions 3+. */
  members: LeaveGroupResponseMember[];
}

/** With the default in every field. */
export function defaultLeaveGroupResponse(): LeaveGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    members: [],
  };
}

export function readLeaveGroupResponse(r: ByteReader, version: number): LeaveGroupResponse {
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  const errorCode: number = r.int16();
  const members: LeaveGroupResponseMember[] = [];
  if (version >= 3) {
    const membersCount = version >= 4 ? r.compactArrayLength(5) : r.arrayLength(6);
    for (let i = 0; i < membersCount; i++) members.push(readLeaveGroupResponseMember(r, version));
  }
  if (version >= 4) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, members };
}

export function writeLeaveGroupResponse(w: ByteWriter, m: LeaveGroupResponse, version: number): void {
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  w.int16(m.errorCode);
  if (version >= 3) {
    if (version >= 4) { w.compactArrayLength(m.members.length); } else { w.arrayLength(m.members.length); }
    for (const item of m.members) writeLeaveGroupResponseMember(w, item, version);
  } else if (m.members.length !== 0) throw new UnsupportedFieldError('LeaveGroupResponse.members', version);
  if (version >= 4) w.int8(0);
}

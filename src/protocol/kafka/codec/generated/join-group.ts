/**
 * Generated from schema/join-group.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Classic group protocol: joining, and choosing the leader and the assignor.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { EMPTY_BYTES, present, UnsupportedFieldError } from '../support.ts';

export interface JoinGroupRequestProtocol {
  name: string;
  metadata: Buffer;
}

/** With the default in every field. */
export function defaultJoinGroupRequestProtocol(): JoinGroupRequestProtocol {
  return {
    name: '',
    metadata: EMPTY_BYTES,
  };
}

export function readJoinGroupRequestProtocol(r: ByteReader, version: number): JoinGroupRequestProtocol {
  const name: string = version >= 6 ? r.compactString() : r.string();
  const metadata: Buffer = version >= 6 ? r.compactBytes() : r.bytes();
  if (version >= 6) r.skipTaggedFields();
  return { name, metadata };
}

export function writeJoinGroupRequestProtocol(w: ByteWriter, m: JoinGroupRequestProtocol, version: number): void {
  if (version >= 6) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 6) { w.compactBytes(m.metadata); } else { w.bytes(m.metadata); }
  if (version >= 6) w.int8(0);
}

export interface JoinGroupRequest {
  groupId: string;
  sessionTimeoutMs: number;
  /** Versions 1+, ignorable, default -1. */
  rebalanceTimeoutMs: number;
  memberId: string;
  /** Versions 5+, null in all, default null. */
  groupInstanceId: string | null;
  protocolType: string;
  protocols: JoinGroupRequestProtocol[];
  /** Versions 8+, null in all, ignorable, default null. */
  reason: string | null;
}

/** With the default in every field. */
export function defaultJoinGroupRequest(): JoinGroupRequest {
  return {
    groupId: '',
    sessionTimeoutMs: 0,
    rebalanceTimeoutMs: -1,
    memberId: '',
    groupInstanceId: null,
    protocolType: '',
    protocols: [],
    reason: null,
  };
}

export function readJoinGroupRequest(r: ByteReader, version: number): JoinGroupRequest {
  const groupId: string = version >= 6 ? r.compactString() : r.string();
  const sessionTimeoutMs: number = r.int32();
  const rebalanceTimeoutMs: number = version >= 1 ? r.int32() : -1;
  const memberId: string = version >= 6 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 5 ? (version >= 6 ? r.compactNullableString() : r.nullableString()) : null;
  const protocolType: string = version >= 6 ? r.compactString() : r.string();
  const protocols: JoinGroupRequestProtocol[] = [];
  const protocolsCount = version >= 6 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < protocolsCount; i++) protocols.push(readJoinGroupRequestProtocol(r, version));
  const reason: string | null = version >= 8 ? r.compactNullableString() : null;
  if (version >= 6) r.skipTaggedFields();
  return { groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, groupInstanceId, protocolType, protocols, reason };
}

export function writeJoinGroupRequest(w: ByteWriter, m: JoinGroupRequest, version: number): void {
  if (version >= 6) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  w.int32(m.sessionTimeoutMs);
  if (version >= 1) {
    w.int32(m.rebalanceTimeoutMs);
  }
  if (version >= 6) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 5) {
    if (version >= 6) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  } else if (m.groupInstanceId !== null) throw new UnsupportedFieldError('JoinGroupRequest.groupInstanceId', version);
  if (version >= 6) { w.compactString(m.protocolType); } else { w.string(m.protocolType); }
  if (version >= 6) { w.compactArrayLength(m.protocols.length); } else { w.arrayLength(m.protocols.length); }
  for (const item of m.protocols) writeJoinGroupRequestProtocol(w, item, version);
  if (version >= 8) {
    w.compactNullableString(m.reason);
  }
  if (version >= 6) w.int8(0);
}

export interface JoinGroupResponseMember {
  memberId: string;
  /** Versions 5+, null in all, ignorable, default null. */
  groupInstanceId: string | null;
  metadata: Buffer;
}

/** With the default in every field. */
export function defaultJoinGroupResponseMember(): JoinGroupResponseMember {
  return {
    memberId: '',
    groupInstanceId: null,
    metadata: EMPTY_BYTES,
  };
}

export function readJoinGroupResponseMember(r: ByteReader, version: number): JoinGroupResponseMember {
  const memberId: string = version >= 6 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 5 ? (version >= 6 ? r.compactNullableString() : r.nullableString()) : null;
  const metadata: Buffer = version >= 6 ? r.compactBytes() : r.bytes();
  if (version >= 6) r.skipTaggedFields();
  return { memberId, groupInstanceId, metadata };
}

export function writeJoinGroupResponseMember(w: ByteWriter, m: JoinGroupResponseMember, version: number): void {
  if (version >= 6) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 5) {
    if (version >= 6) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  }
  if (version >= 6) { w.compactBytes(m.metadata); } else { w.bytes(m.metadata); }
  if (version >= 6) w.int8(0);
}

export interface JoinGroupResponse {
  /** Versions 2+, ignorable. */
  throttleTimeMs: number;
  errorCode: number;
  /** Default -1. */
  generationId: number;
  /** Versions 7+, null in all, ignorable, default null. */
  protocolType: string | null;
  /** Null in 7+. */
  protocolName: string | null;
  leader: string;
  /** Versions 9. */
  skipAssignment: boolean;
  memberId: string;
  members: JoinGroupResponseMember[];
}

/** With the default in every field. */
export function defaultJoinGroupResponse(): JoinGroupResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    generationId: -1,
    protocolType: null,
    protocolName: '',
    leader: '',
    skipAssignment: false,
    memberId: '',
    members: [],
  };
}

export function readJoinGroupResponse(r: ByteReader, version: number): JoinGroupResponse {
  const throttleTimeMs: number = version >= 2 ? r.int32() : 0;
  const errorCode: number = r.int16();
  const generationId: number = r.int32();
  const protocolType: string | null = version >= 7 ? r.compactNullableString() : null;
  const protocolName: string | null = version >= 7 ? r.compactNullableString() : version >= 6 ? r.compactString() : r.string();
  const leader: string = version >= 6 ? r.compactString() : r.string();
  const skipAssignment: boolean = version >= 9 ? r.boolean() : false;
  const memberId: string = version >= 6 ? r.compactString() : r.string();
  const members: JoinGroupResponseMember[] = [];
  const membersCount = version >= 6 ? r.compactArrayLength(4) : r.arrayLength(6);
  for (let i = 0; i < membersCount; i++) members.push(readJoinGroupResponseMember(r, version));
  if (version >= 6) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, generationId, protocolType, protocolName, leader, skipAssignment, memberId, members };
}

export function writeJoinGroupResponse(w: ByteWriter, m: JoinGroupResponse, version: number): void {
  if (version >= 2) {
    w.int32(m.throttleTimeMs);
  }
  w.int16(m.errorCode);
  w.int32(m.generationId);
  if (version >= 7) {
    w.compactNullableString(m.protocolType);
  }
  if (version >= 7) { w.compactNullableString(m.protocolName); } else if (version >= 6) { w.compactString(present(m.protocolName, 'JoinGroupResponse.protocolName', version)); } else { w.string(present(m.protocolName, 'JoinGroupResponse.protocolName', version)); }
  if (version >= 6) { w.compactString(m.leader); } else { w.string(m.leader); }
  if (version >= 9) {
    w.boolean(m.skipAssignment);
  } else if (m.skipAssignment) throw new UnsupportedFieldError('JoinGroupResponse.skipAssignment', version);
  if (version >= 6) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 6) { w.compactArrayLength(m.members.length); } else { w.arrayLength(m.members.length); }
  for (const item of m.members) writeJoinGroupResponseMember(w, item, version);
  if (version >= 6) w.int8(0);
}

/**
 * Generated from schema/describe-groups.schema by `npm run codec`. Do not edit: change the schema.
 *
 * State, members and assignments of classic groups.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { EMPTY_BYTES, UnsupportedFieldError } from '../support.ts';

export interface DescribeGroupsRequest {
  groups: string[];
  /** Versions 3+. */
  includeAuthorizedOperations: boolean;
}

/** With the default in every field. */
export function defaultDescribeGroupsRequest(): DescribeGroupsRequest {
  return {
    groups: [],
    includeAuthorizedOperations: false,
  };
}

export function readDescribeGroupsRequest(r: ByteReader, version: number): DescribeGroupsRequest {
  const groups: string[] = [];
  const groupsCount = version >= 5 ? r.compactArrayLength(1) : r.arrayLength(2);
  for (let i = 0; i < groupsCount; i++) groups.push(version >= 5 ? r.compactString() : r.string());
  const includeAuthorizedOperations: boolean = version >= 3 ? r.boolean() : false;
  if (version >= 5) r.skipTaggedFields();
  return { groups, includeAuthorizedOperations };
}

export function writeDescribeGroupsRequest(w: ByteWriter, m: DescribeGroupsRequest, version: number): void {
  if (version >= 5) { w.compactArrayLength(m.groups.length); } else { w.arrayLength(m.groups.length); }
  for (const item of m.groups) { if (version >= 5) { w.compactString(item); } else { w.string(item); } }
  if (version >= 3) {
    w.boolean(m.includeAuthorizedOperations);
  } else if (m.includeAuthorizedOperations) throw new UnsupportedFieldError('DescribeGroupsRequest.includeAuthorizedOperations', version);
  if (version >= 5) w.int8(0);
}

export interface DescribeGroupsResponseMember {
  memberId: string;
  /** Versions 4+, null in all, ignorable, default null. */
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  memberMetadata: Buffer;
  memberAssignment: Buffer;
}

/** With the default in every field. */
export function defaultDescribeGroupsResponseMember(): DescribeGroupsResponseMember {
  return {
    memberId: '',
    groupInstanceId: null,
    clientId: '',
    clientHost: '',
    memberMetadata: EMPTY_BYTES,
    memberAssignment: EMPTY_BYTES,
  };
}

export function readDescribeGroupsResponseMember(r: ByteReader, version: number): DescribeGroupsResponseMember {
  const memberId: string = version >= 5 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 4 ? (version >= 5 ? r.compactNullableString() : r.nullableString()) : null;
  const clientId: string = version >= 5 ? r.compactString() : r.string();
  const clientHost: string = version >= 5 ? r.compactString() : r.string();
  const memberMetadata: Buffer = version >= 5 ? r.compactBytes() : r.bytes();
  const memberAssignment: Buffer = version >= 5 ? r.compactBytes() : r.bytes();
  if (version >= 5) r.skipTaggedFields();
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment };
}

export function writeDescribeGroupsResponseMember(w: ByteWriter, m: DescribeGroupsResponseMember, version: number): void {
  if (version >= 5) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 4) {
    if (version >= 5) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  }
  if (version >= 5) { w.compactString(m.clientId); } else { w.string(m.clientId); }
  if (version >= 5) { w.compactString(m.clientHost); } else { w.string(m.clientHost); }
  if (version >= 5) { w.compactBytes(m.memberMetadata); } else { w.bytes(m.memberMetadata); }
  if (version >= 5) { w.compactBytes(m.memberAssignment); } else { w.bytes(m.memberAssignment); }
  if (version >= 5) w.int8(0);
}

export interface DescribeGroupsResponseGroup {
  errorCode: number;
  /** Versions 6, null in all, default null. */
  errorMessage: string | null;
  groupId: string;
  groupState: string;
  protocolType: string;
  protocolData: string;
  members: DescribeGroupsResponseMember[];
  /** Versions 3+, default -2147483648. */
  authorizedOperations: number;
}

/** With the default in every field. */
export function defaultDescribeGroupsResponseGroup(): DescribeGroupsResponseGroup {
  return {
    errorCode: 0,
    errorMessage: null,
    groupId: '',
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: -2147483648,
  };
}

export function readDescribeGroupsResponseGroup(r: ByteReader, version: number): DescribeGroupsResponseGroup {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 6 ? r.compactNullableString() : null;
  const groupId: string = version >= 5 ? r.compactString() : r.string();
  const groupState: string = version >= 5 ? r.compactString() : r.string();
  const protocolType: string = version >= 5 ? r.compactString() : r.string();
  const protocolData: string = version >= 5 ? r.compactString() : r.string();
  const members: DescribeGroupsResponseMember[] = [];
  const membersCount = version >= 5 ? r.compactArrayLength(7) : r.arrayLength(14);
  for (let i = 0; i < membersCount; i++) members.push(readDescribeGroupsResponseMember(r, version));
  const authorizedOperations: number = version >= 3 ? r.int32() : -2147483648;
  if (version >= 5) r.skipTaggedFields();
  return { errorCode, errorMessage, groupId, groupState, protocolType, protocolData, members, authorizedOperations };
}

export function writeDescribeGroupsResponseGroup(w: ByteWriter, m: DescribeGroupsResponseGroup, version: number): void {
  w.int16(m.errorCode);
  if (version >= 6) {
    w.compactNullableString(m.errorMessage);
  } else if (m.errorMessage !== null) throw new UnsupportedFieldError('DescribeGroupsResponseGroup.errorMessage', version);
  if (version >= 5) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  if (version >= 5) { w.compactString(m.groupState); } else { w.string(m.groupState); }
  if (version >= 5) { w.compactString(m.protocolType); } else { w.string(m.protocolType); }
  if (version >= 5) { w.compactString(m.protocolData); } else { w.string(m.protocolData); }
  if (version >= 5) { w.compactArrayLength(m.members.length); } else { w.arrayLength(m.members.length); }
  for (const item of m.members) writeDescribeGroupsResponseMember(w, item, version);
  if (version >= 3) {
    w.int32(m.authorizedOperations);
  } else if (m.authorizedOperations !== -2147483648) throw new UnsupportedFieldError('DescribeGroupsResponseGroup.authorizedOperations', version);
  if (version >= 5) w.int8(0);
}

export interface DescribeGroupsResponse {
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  groups: DescribeGroupsResponseGroup[];
}

/** With the default in every field. */
export function defaultDescribeGroupsResponse(): DescribeGroupsResponse {
  return {
    throttleTimeMs: 0,
    groups: [],
  };
}

export function readDescribeGroupsResponse(r: ByteReader, version: number): DescribeGroupsResponse {
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  const groups: DescribeGroupsResponseGroup[] = [];
  const groupsCount = version >= 5 ? r.compactArrayLength(12) : r.arrayLength(14);
  for (let i = 0; i < groupsCount; i++) groups.push(readDescribeGroupsResponseGroup(r, version));
  if (version >= 5) r.skipTaggedFields();
  return { throttleTimeMs, groups };
}

export function writeDescribeGroupsResponse(w: ByteWriter, m: DescribeGroupsResponse, version: number): void {
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  if (version >= 5) { w.compactArrayLength(m.groups.length); } else { w.arrayLength(m.groups.length); }
  for (const item of m.groups) writeDescribeGroupsResponseGroup(w, item, version);
  if (version >= 5) w.int8(0);
}

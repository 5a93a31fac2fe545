/**
 * Generated from schema/list-groups.schema by `npm run codec`. Do not edit: change the schema.
 *
 * All groups of one broker, with filters by state (KIP-518) and type (KIP-848).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ListGroupsRequest {
  /** Versions 4+. */
  statesFilter: string[];
  /** Versions 5. */
  typesFilter: string[];
}

/** With the default in every field. */
export function defaultListGroupsRequest(): ListGroupsRequest {
  return {
    statesFilter: [],
    typesFilter: [],
  };
}

export function readListGroupsRequest(r: ByteReader, version: number): ListGroupsRequest {
  const statesFilter: string[] = [];
  if (version >= 4) {
    const statesFilterCount = r.compactArrayLength(1);
    for (let i = 0; i < statesFilterCount; i++) statesFilter.push(r.compactString());
  }
  const typesFilter: string[] = [];
  if (version >= 5) {
    const typesFilterCount = r.compactArrayLength(1);
    for (let i = 0; i < typesFilterCount; i++) typesFilter.push(r.compactString());
  }
  if (version >= 3) r.skipTaggedFields();
  return { statesFilter, typesFilter };
}

export function writeListGroupsRequest(w: ByteWriter, m: ListGroupsRequest, version: number): void {
  if (version >= 4) {
    w.compactArrayLength(m.statesFilter.length);
    for (const item of m.statesFilter) w.compactString(item);
  } else if (m.statesFilter.length !== 0) throw new UnsupportedFieldError('ListGroupsRequest.statesFilter', version);
  if (version >= 5) {
    w.compactArrayLength(m.typesFilter.length);
    for (const item of m.typesFilter) w.compactString(item);
  } else if (m.typesFilter.length !== 0) throw new UnsupportedFieldError('ListGroupsRequest.typesFilter', version);
  if (version >= 3) w.int8(0);
}

export interface ListGroupsResponseGroup {
  groupId: string;
  protocolType: string;
  /** Versions 4+, ignorable. */
  groupState: string;
  /** Versions 5, ignorable. */
  groupType: string;
}

/** With the default in every field. */
export function defaultListGroupsResponseGroup(): ListGroupsResponseGroup {
  return {
    groupId: '',
    protocolType: '',
    groupState: '',
    groupType: '',
  };
}

export function readListGroupsResponseGroup(r: ByteReader, version: number): ListGroupsResponseGroup {
  const groupId: string = version >= 3 ? r.compactString() : r.string();
  const protocolType: string = version >= 3 ? r.compactString() : r.string();
  const groupState: string = version >= 4 ? r.compactString() : '';
  const groupType: string = version >= 5 ? r.compactString() : '';
  if (version >= 3) r.skipTaggedFields();
  return { groupId, protocolType, groupState, groupType };
}

export function writeListGroupsResponseGroup(w: ByteWriter, m: ListGroupsResponseGroup, version: number): void {
  if (version >= 3) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  if (version >= 3) { w.compactString(m.protocolType); } else { w.string(m.protocolType); }
  if (version >= 4) {
    w.compactString(m.groupState);
  }
  if (version >= 5) {
    w.compactString(m.groupType);
  }
  if (version >= 3) w.int8(0);
}

export interface ListGroupsResponse {
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  errorCode: number;
  groups: ListGroupsResponseGroup[];
}

/** With the default in every field. */
export function defaultListGroupsResponse(): ListGroupsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    groups: [],
  };
}

export function readListGroupsResponse(r: ByteReader, version: number): ListGroupsResponse {
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  const errorCode: number = r.int16();
  const groups: ListGroupsResponseGroup[] = [];
  const groupsCount = version >= 3 ? r.compactArrayLength(3) : r.arrayLength(4);
  for (let i = 0; i < groupsCount; i++) groups.push(readListGroupsResponseGroup(r, version));
  if (version >= 3) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, groups };
}

export function writeListGroupsResponse(w: ByteWriter, m: ListGroupsResponse, version: number): void {
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  w.int16(m.errorCode);
  if (version >= 3) { w.compactArrayLength(m.groups.length); } else { w.arrayLength(m.groups.length); }
  for (const item of m.groups) writeListGroupsResponseGroup(w, item, version);
  if (version >= 3) w.int8(0);
}

/**
 * Generated from schema/delete-groups.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Deleting empty groups.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DeleteGroupsRequest {
  groupsNames: string[];
}

/** With the default in every field. */
export function defaultDeleteGroupsRequest(): DeleteGroupsRequest {
  return {
    groupsNames: [],
  };
}

export function readDeleteGroupsRequest(r: ByteReader, version: number): DeleteGroupsRequest {
  const groupsNames: string[] = [];
  const groupsNamesCount = version >= 2 ? r.compactArrayLength(1) : r.arrayLength(2);
  for (let i = 0; i < groupsNamesCount; i++) groupsNames.push(version >= 2 ? r.compactString() : r.string());
  if (version >= 2) r.skipTaggedFields();
  return { groupsNames };
}

export function writeDeleteGroupsRequest(w: ByteWriter, m: DeleteGroupsRequest, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.groupsNames.length); } else { w.arrayLength(m.groupsNames.length); }
  for (const item of m.groupsNames) { if (version >= 2) { w.compactString(item); } else { w.string(item); } }
  if (version >= 2) w.int8(0);
}

export interface DeleteGroupsResponseResult {
  groupId: string;
  errorCode: number;
}

/** With the default in every field. */
export function defaultDeleteGroupsResponseResult(): DeleteGroupsResponseResult {
  return {
    groupId: '',
    errorCode: 0,
  };
}

export function readDeleteGroupsResponseResult(r: ByteReader, version: number): DeleteGroupsResponseResult {
  const groupId: string = version >= 2 ? r.compactString() : r.string();
  const errorCode: number = r.int16();
  if (version >= 2) r.skipTaggedFields();
  return { groupId, errorCode };
}

export function writeDeleteGroupsResponseResult(w: ByteWriter, m: DeleteGroupsResponseResult, version: number): void {
  if (version >= 2) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  w.int16(m.errorCode);
  if (version >= 2) w.int8(0);
}

export interface DeleteGroupsResponse {
  throttleTimeMs: number;
  results: DeleteGroupsResponseResult[];
}

/** With the default in every field. */
export function defaultDeleteGroupsResponse(): DeleteGroupsResponse {
  return {
    throttleTimeMs: 0,
    results: [],
  };
}

export function readDeleteGroupsResponse(r: ByteReader, version: number): DeleteGroupsResponse {
  const throttleTimeMs: number = r.int32();
  const results: DeleteGroupsResponseResult[] = [];
  const resultsCount = version >= 2 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < resultsCount; i++) results.push(readDeleteGroupsResponseResult(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, results };
}

export function writeDeleteGroupsResponse(w: ByteWriter, m: DeleteGroupsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 2) { w.compactArrayLength(m.results.length); } else { w.arrayLength(m.results.length); }
  for (const item of m.results) writeDeleteGroupsResponseResult(w, item, version);
  if (version >= 2) w.int8(0);
}

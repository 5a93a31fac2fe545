/**
 * Generated from schema/delete-acls.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Removing the access rules that filters pick.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DeleteAclsRequestFilter {
  resourceTypeFilter: number;
  /** Null in all. */
  resourceNameFilter: string | null;
  /** Default 3. */
  patternTypeFilter: number;
  /** Null in all. */
  principalFilter: string | null;
  /** Null in all. */
  hostFilter: string | null;
  operation: number;
  permissionType: number;
}

/** With the default in every field. */
export function defaultDeleteAclsRequestFilter(): DeleteAclsRequestFilter {
  return {
    resourceTypeFilter: 0,
    resourceNameFilter: '',
    patternTypeFilter: 3,
    principalFilter: '',
    hostFilter: '',
    operation: 0,
    permissionType: 0,
  };
}

export function readDeleteAclsRequestFilter(r: ByteReader, version: number): DeleteAclsRequestFilter {
  const resourceTypeFilter: number = r.int8();
  const resourceNameFilter: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const patternTypeFilter: number = r.int8();
  const principalFilter: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const hostFilter: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const operation: number = r.int8();
  const permissionType: number = r.int8();
  if (version >= 2) r.skipTaggedFields();
  return { resourceTypeFilter, resourceNameFilter, patternTypeFilter, principalFilter, hostFilter, operation, permissionType };
}

export function writeDeleteAclsRequestFilter(w: ByteWriter, m: DeleteAclsRequestFilter, version: number): void {
  w.int8(m.resourceTypeFilter);
  if (version >= 2) { w.compactNullableString(m.resourceNameFilter); } else { w.nullableString(m.resourceNameFilter); }
  w.int8(m.patternTypeFilter);
  if (version >= 2) { w.compactNullableString(m.principalFilter); } else { w.nullableString(m.principalFilter); }
  if (version >= 2) { w.compactNullableString(m.hostFilter); } else { w.nullableString(m.hostFilter); }
  w.int8(m.operation);
  w.int8(m.permissionType);
  if (version >= 2) w.int8(0);
}

export interface DeleteAclsRequest {
  filters: DeleteAclsRequestFilter[];
}

/** With the default in every field. */
export function defaultDeleteAclsRequest(): DeleteAclsRequest {
  return {
    filters: [],
  };
}

export function readDeleteAclsRequest(r: ByteReader, version: number): DeleteAclsRequest {
  const filters: DeleteAclsRequestFilter[] = [];
  const filtersCount = version >= 2 ? r.compactArrayLength(8) : r.arrayLength(10);
  for (let i = 0; i < filtersCount; i++) filters.push(readDeleteAclsRequestFilter(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { filters };
}

export function writeDeleteAclsRequest(w: ByteWriter, m: DeleteAclsRequest, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.filters.length); } else { w.arrayLength(m.filters.length); }
  for (const item of m.filters) writeDeleteAclsRequestFilter(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface DeleteAclsResponseMatchingAcl {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
  /** Default 3. */
  patternType: number;
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}

/** With the default in every field. */
export function defaultDeleteAclsResponseMatchingAcl(): DeleteAclsResponseMatchingAcl {
  return {
    errorCode: 0,
    errorMessage: '',
    resourceType: 0,
    resourceName: '',
    patternType: 3,
    principal: '',
    host: '',
    operation: 0,
    permissionType: 0,
  };
}

export function readDeleteAclsResponseMatchingAcl(r: ByteReader, version: number): DeleteAclsResponseMatchingAcl {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const resourceType: number = r.int8();
  const resourceName: string = version >= 2 ? r.compactString() : r.string();
  const patternType: number = r.int8();
  const principal: string = version >= 2 ? r.compactString() : r.string();
  const host: string = version >= 2 ? r.compactString() : r.string();
  const operation: number = r.int8();
  const permissionType: number = r.int8();
  if (version >= 2) r.skipTaggedFields();
  return { errorCode, errorMessage, resourceType, resourceName, patternType, principal, host, operation, permissionType };
}

export function writeDeleteAclsResponseMatchingAcl(w: ByteWriter, m: DeleteAclsResponseMatchingAcl, version: number): void {
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  w.int8(m.resourceType);
  if (version >= 2) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  w.int8(m.patternType);
  if (version >= 2) { w.compactString(m.principal); } else { w.string(m.principal); }
  if (version >= 2) { w.compactString(m.host); } else { w.string(m.host); }
  w.int8(m.operation);
  w.int8(m.permissionType);
  if (version >= 2) w.int8(0);
}

export interface DeleteAclsResponseFilterResult {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  matchingAcls: DeleteAclsResponseMatchingAcl[];
}

/** With the default in every field. */
export function defaultDeleteAclsResponseFilterResult(): DeleteAclsResponseFilterResult {
  return {
    errorCode: 0,
    errorMessage: '',
    matchingAcls: [],
  };
}

export function readDeleteAclsResponseFilterResult(r: ByteReader, version: number): DeleteAclsResponseFilterResult {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const matchingAcls: DeleteAclsResponseMatchingAcl[] = [];
  const matchingAclsCount = version >= 2 ? r.compactArrayLength(11) : r.arrayLength(14);
  for (let i = 0; i < matchingAclsCount; i++) matchingAcls.push(readDeleteAclsResponseMatchingAcl(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { errorCode, errorMessage, matchingAcls };
}

export function writeDeleteAclsResponseFilterResult(w: ByteWriter, m: DeleteAclsResponseFilterResult, version: number): void {
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 2) { w.compactArrayLength(m.matchingAcls.length); } else { w.arrayLength(m.matchingAcls.length); }
  for (const item of m.matchingAcls) writeDeleteAclsResponseMatchingAcl(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface DeleteAclsResponse {
  throttleTimeMs: number;
  filterResults: DeleteAclsResponseFilterResult[];
}

/** With the default in every field. */
export function defaultDeleteAclsResponse(): DeleteAclsResponse {
  return {
    throttleTimeMs: 0,
    filterResults: [],
  };
}

export function readDeleteAclsResponse(r: ByteReader, version: number): DeleteAclsResponse {
  const throttleTimeMs: number = r.int32();
  const filterResults: DeleteAclsResponseFilterResult[] = [];
  const filterResultsCount = version >= 2 ? r.compactArrayLength(5) : r.arrayLength(8);
  for (let i = 0; i < filterResultsCount; i++) filterResults.push(readDeleteAclsResponseFilterResult(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, filterResults };
}

export function writeDeleteAclsResponse(w: ByteWriter, m: DeleteAclsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 2) { w.compactArrayLength(m.filterResults.length); } else { w.arrayLength(m.filterResults.length); }
  for (const item of m.filterResults) writeDeleteAclsResponseFilterResult(w, item, version);
  if (version >= 2) w.int8(0);
}

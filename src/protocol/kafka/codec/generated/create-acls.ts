/**
 * Generated from schema/create-acls.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Adding access rules.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface CreateAclsRequestCreation {
  resourceType: number;
  resourceName: string;
  /** Default 3. */
  resourcePatternType: number;
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}

/** With the default in every field. */
export function defaultCreateAclsRequestCreation(): CreateAclsRequestCreation {
  return {
    resourceType: 0,
    resourceName: '',
    resourcePatternType: 3,
    principal: '',
    host: '',
    operation: 0,
    permissionType: 0,
  };
}

export function readCreateAclsRequestCreation(r: ByteReader, version: number): CreateAclsRequestCreation {
  const resourceType: number = r.int8();
  const resourceName: string = version >= 2 ? r.compactString() : r.string();
  const resourcePatternType: number = r.int8();
  const principal: string = version >= 2 ? r.compactString() : r.string();
  const host: string = version >= 2 ? r.compactString() : r.string();
  const operation: number = r.int8();
  const permissionType: number = r.int8();
  if (version >= 2) r.skipTaggedFields();
  return { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType };
}

export function writeCreateAclsRequestCreation(w: ByteWriter, m: CreateAclsRequestCreation, version: number): void {
  w.int8(m.resourceType);
  if (version >= 2) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  w.int8(m.resourcePatternType);
  if (version >= 2) { w.compactString(m.principal); } else { w.string(m.principal); }
  if (version >= 2) { w.compactString(m.host); } else { w.string(m.host); }
  w.int8(m.operation);
  w.int8(m.permissionType);
  if (version >= 2) w.int8(0);
}

export interface CreateAclsRequest {
  creations: CreateAclsRequestCreation[];
}

/** With the default in every field. */
export function defaultCreateAclsRequest(): CreateAclsRequest {
  return {
    creations: [],
  };
}

export function readCreateAclsRequest(r: ByteReader, version: number): CreateAclsRequest {
  const creations: CreateAclsRequestCreation[] = [];
  const creationsCount = version >= 2 ? r.compactArrayLength(8) : r.arrayLength(10);
  for (let i = 0; i < creationsCount; i++) creations.push(readCreateAclsRequestCreation(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { creations };
}

export function writeCreateAclsRequest(w: ByteWriter, m: CreateAclsRequest, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.creations.length); } else { w.arrayLength(m.creations.length); }
  for (const item of m.creations) writeCreateAclsRequestCreation(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface CreateAclsResponseResult {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultCreateAclsResponseResult(): CreateAclsResponseResult {
  return {
    errorCode: 0,
    errorMessage: '',
  };
}

export function readCreateAclsResponseResult(r: ByteReader, version: number): CreateAclsResponseResult {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  if (version >= 2) r.skipTaggedFields();
  return { errorCode, errorMessage };
}

export function writeCreateAclsResponseResult(w: ByteWriter, m: CreateAclsResponseResult, version: number): void {
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 2) w.int8(0);
}

export interface CreateAclsResponse {
  throttleTimeMs: number;
  results: CreateAclsResponseResult[];
}

/** With the default in every field. */
export function defaultCreateAclsResponse(): CreateAclsResponse {
  return {
    throttleTimeMs: 0,
    results: [],
  };
}

export function readCreateAclsResponse(r: ByteReader, version: number): CreateAclsResponse {
  const throttleTimeMs: number = r.int32();
  const results: CreateAclsResponseResult[] = [];
  const resultsCount = version >= 2 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < resultsCount; i++) results.push(readCreateAclsResponseResult(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, results };
}

export function writeCreateAclsResponse(w: ByteWriter, m: CreateAclsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 2) { w.compactArrayLength(m.results.length); } else { w.arrayLength(m.results.length); }
  for (const item of m.results) writeCreateAclsResponseResult(w, item, version);
  if (version >= 2) w.int8(0);
}

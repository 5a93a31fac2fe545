/**
 * Generated from schema/describe-acls.schema by `npm run codec`. Do not edit: change the schema.
 *
 * The access rules that a filter picks, by the pattern of their resources.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DescribeAclsRequest {
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
export function defaultDescribeAclsRequest(): DescribeAclsRequest {
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

export function readDescribeAclsRequest(r: ByteReader, version: number): DescribeAclsRequest {
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

export function writeDescribeAclsRequest(w: ByteWriter, m: DescribeAclsRequest, version: number): void {
  w.int8(m.resourceTypeFilter);
  if (version >= 2) { w.compactNullableString(m.resourceNameFilter); } else { w.nullableString(m.resourceNameFilter); }
  w.int8(m.patternTypeFilter);
  if (version >= 2) { w.compactNullableString(m.principalFilter); } else { w.nullableString(m.principalFilter); }
  if (version >= 2) { w.compactNullableString(m.hostFilter); } else { w.nullableString(m.hostFilter); }
  w.int8(m.operation);
  w.int8(m.permissionType);
  if (version >= 2) w.int8(0);
}

export interface DescribeAclsResponseAcl {
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}

/** With the default in every field. */
export function defaultDescribeAclsResponseAcl(): DescribeAclsResponseAcl {
  return {
    principal: '',
    host: '',
    operation: 0,
    permissionType: 0,
  };
}

export function readDescribeAclsResponseAcl(r: ByteReader, version: number): DescribeAclsResponseAcl {
  const principal: string = version >= 2 ? r.compactString() : r.string();
  const host: string = version >= 2 ? r.compactString() : r.string();
  const operation: number = r.int8();
  const permissionType: number = r.int8();
  if (version >= 2) r.skipTaggedFields();
  return { principal, host, operation, permissionType };
}

export function writeDescribeAclsResponseAcl(w: ByteWriter, m: DescribeAclsResponseAcl, version: number): void {
  if (version >= 2) { w.compactString(m.principal); } else { w.string(m.principal); }
  if (version >= 2) { w.compactString(m.host); } else { w.string(m.host); }
  w.int8(m.operation);
  w.int8(m.permissionType);
  if (version >= 2) w.int8(0);
}

export interface DescribeAclsResponseResource {
  resourceType: number;
  resourceName: string;
  /** Default 3. */
  patternType: number;
  acls: DescribeAclsResponseAcl[];
}

/** With the default in every field. */
export function defaultDescribeAclsResponseResource(): DescribeAclsResponseResource {
  return {
    resourceType: 0,
    resourceName: '',
    patternType: 3,
    acls: [],
  };
}

export function readDescribeAclsResponseResource(r: ByteReader, version: number): DescribeAclsResponseResource {
  const resourceType: number = r.int8();
  const resourceName: string = version >= 2 ? r.compactString() : r.string();
  const patternType: number = r.int8();
  const acls: DescribeAclsResponseAcl[] = [];
  const aclsCount = version >= 2 ? r.compactArrayLength(5) : r.arrayLength(6);
  for (let i = 0; i < aclsCount; i++) acls.push(readDescribeAclsResponseAcl(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { resourceType, resourceName, patternType, acls };
}

export function writeDescribeAclsResponseResource(w: ByteWriter, m: DescribeAclsResponseResource, version: number): void {
  w.int8(m.resourceType);
  if (version >= 2) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  w.int8(m.patternType);
  if (version >= 2) { w.compactArrayLength(m.acls.length); } else { w.arrayLength(m.acls.length); }
  for (const item of m.acls) writeDescribeAclsResponseAcl(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface DescribeAclsResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  resources: DescribeAclsResponseResource[];
}

/** With the default in every field. */
export function defaultDescribeAclsResponse(): DescribeAclsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
    resources: [],
  };
}

export function readDescribeAclsResponse(r: ByteReader, version: number): DescribeAclsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const resources: DescribeAclsResponseResource[] = [];
  const resourcesCount = version >= 2 ? r.compactArrayLength(5) : r.arrayLength(8);
  for (let i = 0; i < resourcesCount; i++) resources.push(readDescribeAclsResponseResource(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, resources };
}

export function writeDescribeAclsResponse(w: ByteWriter, m: DescribeAclsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 2) { w.compactArrayLength(m.resources.length); } else { w.arrayLength(m.resources.length); }
  for (const item of m.resources) writeDescribeAclsResponseResource(w, item, version);
  if (version >= 2) w.int8(0);
}

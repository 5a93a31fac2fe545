/**
 * Generated from schema/alter-configs.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Replacing all dynamic settings of a resource; clients prefer IncrementalAlterConfigs.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface AlterConfigsRequestConfig {
  name: string;
  /** Null in all. */
  value: string | null;
}

/** With the default in every field. */
export function defaultAlterConfigsRequestConfig(): AlterConfigsRequestConfig {
  return {
    name: '',
    value: '',
  };
}

export function readAlterConfigsRequestConfig(r: ByteReader, version: number): AlterConfigsRequestConfig {
  const name: string = version >= 2 ? r.compactString() : r.string();
  const value: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  if (version >= 2) r.skipTaggedFields();
  return { name, value };
}

export function writeAlterConfigsRequestConfig(w: ByteWriter, m: AlterConfigsRequestConfig, version: number): void {
  if (version >= 2) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 2) { w.compactNullableString(m.value); } else { w.nullableString(m.value); }
  if (version >= 2) w.int8(0);
}

export interface AlterConfigsRequestResource {
  resourceType: number;
  resourceName: string;
  configs: AlterConfigsRequestConfig[];
}

/** With the default in every field. */
export function defaultAlterConfigsRequestResource(): AlterConfigsRequestResource {
  return {
    resourceType: 0,
    resourceName: '',
    configs: [],
  };
}

export function readAlterConfigsRequestResource(r: ByteReader, version: number): AlterConfigsRequestResource {
  const resourceType: number = r.int8();
  const resourceName: string = version >= 2 ? r.compactString() : r.string();
  const configs: AlterConfigsRequestConfig[] = [];
  const configsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(4);
  for (let i = 0; i < configsCount; i++) configs.push(readAlterConfigsRequestConfig(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { resourceType, resourceName, configs };
}

export function writeAlterConfigsRequestResource(w: ByteWriter, m: AlterConfigsRequestResource, version: number): void {
  w.int8(m.resourceType);
  if (version >= 2) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  if (version >= 2) { w.compactArrayLength(m.configs.length); } else { w.arrayLength(m.configs.length); }
  for (const item of m.configs) writeAlterConfigsRequestConfig(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface AlterConfigsRequest {
  resources: AlterConfigsRequestResource[];
  validateOnly: boolean;
}

/** With the default in every field. */
export function defaultAlterConfigsRequest(): AlterConfigsRequest {
  return {
    resources: [],
    validateOnly: false,
  };
}

export function readAlterConfigsRequest(r: ByteReader, version: number): AlterConfigsRequest {
  const resources: AlterConfigsRequestResource[] = [];
  const resourcesCount = version >= 2 ? r.compactArrayLength(4) : r.arrayLength(7);
  for (let i = 0; i < resourcesCount; i++) resources.push(readAlterConfigsRequestResource(r, version));
  const validateOnly: boolean = r.boolean();
  if (version >= 2) r.skipTaggedFields();
  return { resources, validateOnly };
}

export function writeAlterConfigsRequest(w: ByteWriter, m: AlterConfigsRequest, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.resources.length); } else { w.arrayLength(m.resources.length); }
  for (const item of m.resources) writeAlterConfigsRequestResource(w, item, version);
  w.boolean(m.validateOnly);
  if (version >= 2) w.int8(0);
}

export interface AlterConfigsResponseResult {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

/** With the default in every field. */
export function defaultAlterConfigsResponseResult(): AlterConfigsResponseResult {
  return {
    errorCode: 0,
    errorMessage: '',
    resourceType: 0,
    resourceName: '',
  };
}

export function readAlterConfigsResponseResult(r: ByteReader, version: number): AlterConfigsResponseResult {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const resourceType: number = r.int8();
  const resourceName: string = version >= 2 ? r.compactString() : r.string();
  if (version >= 2) r.skipTaggedFields();
  return { errorCode, errorMessage, resourceType, resourceName };
}

export function writeAlterConfigsResponseResult(w: ByteWriter, m: AlterConfigsResponseResult, version: number): void {
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  w.int8(m.resourceType);
  if (version >= 2) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  if (version >= 2) w.int8(0);
}

export interface AlterConfigsResponse {
  throttleTimeMs: number;
  responses: AlterConfigsResponseResult[];
}

/** With the default in every field. */
export function defaultAlterConfigsResponse(): AlterConfigsResponse {
  return {
    throttleTimeMs: 0,
    responses: [],
  };
}

export function readAlterConfigsResponse(r: ByteReader, version: number): AlterConfigsResponse {
  const throttleTimeMs: number = r.int32();
  const responses: AlterConfigsResponseResult[] = [];
  const responsesCount = version >= 2 ? r.compactArrayLength(6) : r.arrayLength(7);
  for (let i = 0; i < responsesCount; i++) responses.push(readAlterConfigsResponseResult(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, responses };
}

export function writeAlterConfigsResponse(w: ByteWriter, m: AlterConfigsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 2) { w.compactArrayLength(m.responses.length); } else { w.arrayLength(m.responses.length); }
  for (const item of m.responses) writeAlterConfigsResponseResult(w, item, version);
  if (version >= 2) w.int8(0);
}

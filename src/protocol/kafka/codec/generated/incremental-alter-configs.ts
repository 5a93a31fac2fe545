/**
 * Generated from schema/incremental-alter-configs.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Changing single settings of a resource (KIP-339).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface IncrementalAlterConfigsRequestConfig {
  name: string;
  configOperation: number;
  /** Null in all. */
  value: string | null;
}

/** With the default in every field. */
export function defaultIncrementalAlterConfigsRequestConfig(): IncrementalAlterConfigsRequestConfig {
  return {
    name: '',
    configOperation: 0,
    value: '',
  };
}

export function readIncrementalAlterConfigsRequestConfig(r: ByteReader, version: number): IncrementalAlterConfigsRequestConfig {
  const name: string = version >= 1 ? r.compactString() : r.string();
  const configOperation: number = r.int8();
  const value: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  if (version >= 1) r.skipTaggedFields();
  return { name, configOperation, value };
}

export function writeIncrementalAlterConfigsRequestConfig(w: ByteWriter, m: IncrementalAlterConfigsRequestConfig, version: number): void {
  if (version >= 1) { w.compactString(m.name); } else { w.string(m.name); }
  w.int8(m.configOperation);
  if (version >= 1) { w.compactNullableString(m.value); } else { w.nullableString(m.value); }
  if (version >= 1) w.int8(0);
}

export interface IncrementalAlterConfigsRequestResource {
  resourceType: number;
  resourceName: string;
  configs: IncrementalAlterConfigsRequestConfig[];
}

/** With the default in every field. */
export function defaultIncrementalAlterConfigsRequestResource(): IncrementalAlterConfigsRequestResource {
  return {
    resourceType: 0,
    resourceName: '',
    configs: [],
  };
}

export function readIncrementalAlterConfigsRequestResource(r: ByteReader, version: number): IncrementalAlterConfigsRequestResource {
  const resourceType: number = r.int8();
  const resourceName: string = version >= 1 ? r.compactString() : r.string();
  const configs: IncrementalAlterConfigsRequestConfig[] = [];
  const configsCount = version >= 1 ? r.compactArrayLength(4) : r.arrayLength(5);
  for (let i = 0; i < configsCount; i++) configs.push(readIncrementalAlterConfigsRequestConfig(r, version));
  if (version >= 1) r.skipTaggedFields();
  return { resourceType, resourceName, configs };
}

export function writeIncrementalAlterConfigsRequestResource(w: ByteWriter, m: IncrementalAlterConfigsRequestResource, version: number): void {
  w.int8(m.resourceType);
  if (version >= 1) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  if (version >= 1) { w.compactArrayLength(m.configs.length); } else { w.arrayLength(m.configs.length); }
  for (const item of m.configs) writeIncrementalAlterConfigsRequestConfig(w, item, version);
  if (version >= 1) w.int8(0);
}

export interface IncrementalAlterConfigsRequest {
  resources: IncrementalAlterConfigsRequestResource[];
  validateOnly: boolean;
}

/** With the default in every field. */
export function defaultIncrementalAlterConfigsRequest(): IncrementalAlterConfigsRequest {
  return {
    resources: [],
    validateOnly: false,
  };
}

export function readIncrementalAlterConfigsRequest(r: ByteReader, version: number): IncrementalAlterConfigsRequest {
  const resources: IncrementalAlterConfigsRequestResource[] = [];
  const resourcesCount = version >= 1 ? r.compactArrayLength(4) : r.arrayLength(7);
  for (let i = 0; i < resourcesCount; i++) resources.push(readIncrementalAlterConfigsRequestResource(r, version));
  const validateOnly: boolean = r.boolean();
  if (version >= 1) r.skipTaggedFields();
  return { resources, validateOnly };
}

export function writeIncrementalAlterConfigsRequest(w: ByteWriter, m: IncrementalAlterConfigsRequest, version: number): void {
  if (version >= 1) { w.compactArrayLength(m.resources.length); } else { w.arrayLength(m.resources.length); }
  for (const item of m.resources) writeIncrementalAlterConfigsRequestResource(w, item, version);
  w.boolean(m.validateOnly);
  if (version >= 1) w.int8(0);
}

export interface IncrementalAlterConfigsResponseResult {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

/** With the default in every field. */
export function defaultIncrementalAlterConfigsResponseResult(): IncrementalAlterConfigsResponseResult {
  return {
    errorCode: 0,
    errorMessage: '',
    resourceType: 0,
    resourceName: '',
  };
}

export function readIncrementalAlterConfigsResponseResult(r: ByteReader, version: number): IncrementalAlterConfigsResponseResult {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  const resourceType: number = r.int8();
  const resourceName: string = version >= 1 ? r.compactString() : r.string();
  if (version >= 1) r.skipTaggedFields();
  return { errorCode, errorMessage, resourceType, resourceName };
}

export function writeIncrementalAlterConfigsResponseResult(w: ByteWriter, m: IncrementalAlterConfigsResponseResult, version: number): void {
  w.int16(m.errorCode);
  if (version >= 1) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  w.int8(m.resourceType);
  if (version >= 1) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  if (version >= 1) w.int8(0);
}

export interface IncrementalAlterConfigsResponse {
  throttleTimeMs: number;
  responses: IncrementalAlterConfigsResponseResult[];
}

/** With the default in every field. */
export function defaultIncrementalAlterConfigsResponse(): IncrementalAlterConfigsResponse {
  return {
    throttleTimeMs: 0,
    responses: [],
  };
}

export function readIncrementalAlterConfigsResponse(r: ByteReader, version: number): IncrementalAlterConfigsResponse {
  const throttleTimeMs: number = r.int32();
  const responses: IncrementalAlterConfigsResponseResult[] = [];
  const responsesCount = version >= 1 ? r.compactArrayLength(6) : r.arrayLength(7);
  for (let i = 0; i < responsesCount; i++) responses.push(readIncrementalAlterConfigsResponseResult(r, version));
  if (version >= 1) r.skipTaggedFields();
  return { throttleTimeMs, responses };
}

export function writeIncrementalAlterConfigsResponse(w: ByteWriter, m: IncrementalAlterConfigsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 1) { w.compactArrayLength(m.responses.length); } else { w.arrayLength(m.responses.length); }
  for (const item of m.responses) writeIncrementalAlterConfigsResponseResult(w, item, version);
  if (version >= 1) w.int8(0);
}

/**
 * Generated from schema/list-config-resources.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Names of the resources that have settings (KIP-1142; version 0, which only knows client metrics, KIP-714).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ListConfigResourcesRequest {
  /** Versions 1. */
  resourceTypes: number[];
}

/** With the default in every field. */
export function defaultListConfigResourcesRequest(): ListConfigResourcesRequest {
  return {
    resourceTypes: [],
  };
}

export function readListConfigResourcesRequest(r: ByteReader, version: number): ListConfigResourcesRequest {
  const resourceTypes: number[] = [];
  if (version >= 1) {
    const resourceTypesCount = r.compactArrayLength(1);
    for (let i = 0; i < resourceTypesCount; i++) resourceTypes.push(r.int8());
  }
  r.skipTaggedFields();
  return { resourceTypes };
}

export function writeListConfigResourcesRequest(w: ByteWriter, m: ListConfigResourcesRequest, version: number): void {
  if (version >= 1) {
    w.compactArrayLength(m.resourceTypes.length);
    for (const item of m.resourceTypes) w.int8(item);
  } else if (m.resourceTypes.length !== 0) throw new UnsupportedFieldError('ListConfigResourcesRequest.resourceTypes', version);
  w.int8(0);
}

export interface ListConfigResourcesResponseResource {
  resourceName: string;
  /** Versions 1, ignorable, default 16. */
  resourceType: number;
}

/** With the default in every field. */
export function defaultListConfigResourcesResponseResource(): ListConfigResourcesResponseResource {
  return {
    resourceName: '',
    resourceType: 16,
  };
}

export function readListConfigResourcesResponseResource(r: ByteReader, version: number): ListConfigResourcesResponseResource {
  const resourceName: string = r.compactString();
  const resourceType: number = version >= 1 ? r.int8() : 16;
  r.skipTaggedFields();
  return { resourceName, resourceType };
}

export function writeListConfigResourcesResponseResource(w: ByteWriter, m: ListConfigResourcesResponseResource, version: number): void {
  w.compactString(m.resourceName);
  if (version >= 1) {
    w.int8(m.resourceType);
  }
  w.int8(0);
}

export interface ListConfigResourcesResponse {
  throttleTimeMs: number;
  errorCode: number;
  configResources: ListConfigResourcesResponseResource[];
}

/** With the default in every field. */
export function defaultListConfigResourcesResponse(): ListConfigResourcesResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    configResources: [],
  };
}

export function readListConfigResourcesResponse(r: ByteReader, version: number): ListConfigResourcesResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const configResources: ListConfigResourcesResponseResource[] = [];
  const configResourcesCount = r.compactArrayLength(2);
  for (let i = 0; i < configResourcesCount; i++) configResources.push(readListConfigResourcesResponseResource(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, configResources };
}

export function writeListConfigResourcesResponse(w: ByteWriter, m: ListConfigResourcesResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactArrayLength(m.configResources.length);
  for (const item of m.configResources) writeListConfigResourcesResponseResource(w, item, version);
  w.int8(0);
}

/**
 * Generated from schema/describe-configs.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Settings of topics, brokers and groups, with their sources and synonyms.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface DescribeConfigsRequestResource {
  resourceType: number;
  resourceName: string;
  /** Null in all. */
  configurationKeys: string[] | null;
}

/** With the default in every field. */
export function defaultDescribeConfigsRequestResource(): DescribeConfigsRequestResource {
  return {
    resourceType: 0,
    resourceName: '',
    configurationKeys: [],
  };
}

export function readDescribeConfigsRequestResource(r: ByteReader, version: number): DescribeConfigsRequestResource {
  const resourceType: number = r.int8();
  const resourceName: string = version >= 4 ? r.compactString() : r.string();
  let configurationKeys: string[] | null = [];
  const configurationKeysCount = version >= 4 ? r.compactNullableArrayLength(1) : r.nullableArrayLength(2);
  if (configurationKeysCount < 0) configurationKeys = null;
  else for (let i = 0; i < configurationKeysCount; i++) configurationKeys.push(version >= 4 ? r.compactString() : r.string());
  if (version >= 4) r.skipTaggedFields();
  return { resourceType, resourceName, configurationKeys };
}

export function writeDescribeConfigsRequestResource(w: ByteWriter, m: DescribeConfigsRequestResource, version: number): void {
  w.int8(m.resourceType);
  if (version >= 4) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  if (m.configurationKeys === null) {
    if (version >= 4) { w.compactArrayLength(-1); } else { w.arrayLength(-1); }
  } else {
    if (version >= 4) { w.compactArrayLength(m.configurationKeys.length); } else { w.arrayLength(m.configurationKeys.length); }
    for (const item of m.configurationKeys) { if (version >= 4) { w.compactString(item); } else { w.string(item); } }
  }
  if (version >= 4) w.int8(0);
}

export interface DescribeConfigsRequest {
  resources: DescribeConfigsRequestResource[];
  includeSynonyms: boolean;
  /** Versions 3+. */
  includeDocumentation: boolean;
}

/** With the default in every field. */
export function defaultDescribeConfigsRequest(): DescribeConfigsRequest {
  return {
    resources: [],
    includeSynonyms: false,
    includeDocumentation: false,
  };
}

export function readDescribeConfigsRequest(r: ByteReader, version: number): DescribeConfigsRequest {
  const resources: DescribeConfigsRequestResource[] = [];
  const resourcesCount = version >= 4 ? r.compactArrayLength(4) : r.arrayLength(7);
  for (let i = 0; i < resourcesCount; i++) resources.push(readDescribeConfigsRequestResource(r, version));
  const includeSynonyms: boolean = r.boolean();
  const includeDocumentation: boolean = version >= 3 ? r.boolean() : false;
  if (version >= 4) r.skipTaggedFields();
  return { resources, includeSynonyms, includeDocumentation };
}

export function writeDescribeConfigsRequest(w: ByteWriter, m: DescribeConfigsRequest, version: number): void {
  if (version >= 4) { w.compactArrayLength(m.resources.length); } else { w.arrayLength(m.resources.length); }
  for (const item of m.resources) writeDescribeConfigsRequestResource(w, item, version);
  w.boolean(m.includeSynonyms);
  if (version >= 3) {
    w.boolean(m.includeDocumentation);
  } else if (m.includeDocumentation) throw new UnsupportedFieldError('DescribeConfigsRequest.includeDocumentation', version);
  if (version >= 4) w.int8(0);
}

export interface DescribeConfigsResponseSynonym {
  name: string;
  /** Null in all. */
  value: string | null;
  source: number;
}

/** With the default in every field. */
export function defaultDescribeConfigsResponseSynonym(): DescribeConfigsResponseSynonym {
  return {
    name: '',
    value: '',
    source: 0,
  };
}

export function readDescribeConfigsResponseSynonym(r: ByteReader, version: number): DescribeConfigsResponseSynonym {
  const name: string = version >= 4 ? r.compactString() : r.string();
  const value: string | null = version >= 4 ? r.compactNullableString() : r.nullableString();
  const source: number = r.int8();
  if (version >= 4) r.skipTaggedFields();
  return { name, value, source };
}

export function writeDescribeConfigsResponseSynonym(w: ByteWriter, m: DescribeConfigsResponseSynonym, version: number): void {
  if (version >= 4) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 4) { w.compactNullableString(m.value); } else { w.nullableString(m.value); }
  w.int8(m.source);
  if (version >= 4) w.int8(0);
}

export interface DescribeConfigsResponseConfig {
  name: string;
  /** Null in all. */
  value: string | null;
  readOnly: boolean;
  /** Default -1. */
  configSource: number;
  isSensitive: boolean;
  synonyms: DescribeConfigsResponseSynonym[];
  /** Versions 3+, ignorable. */
  configType: number;
  /** Versions 3+, null in all, ignorable. */
  documentation: string | null;
}

/** With the default in every field. */
export function defaultDescribeConfigsResponseConfig(): DescribeConfigsResponseConfig {
  return {
    name: '',
    value: '',
    readOnly: false,
    configSource: -1,
    isSensitive: false,
    synonyms: [],
    configType: 0,
    documentation: '',
  };
}

export function readDescribeConfigsResponseConfig(r: ByteReader, version: number): DescribeConfigsResponseConfig {
  const name: string = version >= 4 ? r.compactString() : r.string();
  const value: string | null = version >= 4 ? r.compactNullableString() : r.nullableString();
  const readOnly: boolean = r.boolean();
  const configSource: number = r.int8();
  const isSensitive: boolean = r.boolean();
  const synonyms: DescribeConfigsResponseSynonym[] = [];
  const synonymsCount = version >= 4 ? r.compactArrayLength(4) : r.arrayLength(5);
  for (let i = 0; i < synonymsCount; i++) synonyms.push(readDescribeConfigsResponseSynonym(r, version));
  const configType: number = version >= 3 ? r.int8() : 0;
  const documentation: string | null = version >= 3 ? (version >= 4 ? r.compactNullableString() : r.nullableString()) : '';
  if (version >= 4) r.skipTaggedFields();
  return { name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation };
}

export function writeDescribeConfigsResponseConfig(w: ByteWriter, m: DescribeConfigsResponseConfig, version: number): void {
  if (version >= 4) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 4) { w.compactNullableString(m.value); } else { w.nullableString(m.value); }
  w.boolean(m.readOnly);
  w.int8(m.configSource);
  w.boolean(m.isSensitive);
  if (version >= 4) { w.compactArrayLength(m.synonyms.length); } else { w.arrayLength(m.synonyms.length); }
  for (const item of m.synonyms) writeDescribeConfigsResponseSynonym(w, item, version);
  if (version >= 3) {
    w.int8(m.configType);
  }
  if (version >= 3) {
    if (version >= 4) { w.compactNullableString(m.documentation); } else { w.nullableString(m.documentation); }
  }
  if (version >= 4) w.int8(0);
}

export interface DescribeConfigsResponseResult {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
  configs: DescribeConfigsResponseConfig[];
}

/** With the default in every field. */
export function defaultDescribeConfigsResponseResult(): DescribeConfigsResponseResult {
  return {
    errorCode: 0,
    errorMessage: '',
    resourceType: 0,
    resourceName: '',
    configs: [],
  };
}

export function readDescribeConfigsResponseResult(r: ByteReader, version: number): DescribeConfigsResponseResult {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 4 ? r.compactNullableString() : r.nullableString();
  const resourceType: number = r.int8();
  const resourceName: string = version >= 4 ? r.compactString() : r.string();
  const configs: DescribeConfigsResponseConfig[] = [];
  const configsCount = version >= 4 ? r.compactArrayLength(9) : r.arrayLength(11);
  for (let i = 0; i < configsCount; i++) configs.push(readDescribeConfigsResponseConfig(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { errorCode, errorMessage, resourceType, resourceName, configs };
}

export function writeDescribeConfigsResponseResult(w: ByteWriter, m: DescribeConfigsResponseResult, version: number): void {
  w.int16(m.errorCode);
  if (version >= 4) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  w.int8(m.resourceType);
  if (version >= 4) { w.compactString(m.resourceName); } else { w.string(m.resourceName); }
  if (version >= 4) { w.compactArrayLength(m.configs.length); } else { w.arrayLength(m.configs.length); }
  for (const item of m.configs) writeDescribeConfigsResponseConfig(w, item, version);
  if (version >= 4) w.int8(0);
}

export interface DescribeConfigsResponse {
  throttleTimeMs: number;
  results: DescribeConfigsResponseResult[];
}

/** With the default in every field. */
export function defaultDescribeConfigsResponse(): DescribeConfigsResponse {
  return {
    throttleTimeMs: 0,
    results: [],
  };
}

export function readDescribeConfigsResponse(r: ByteReader, version: number): DescribeConfigsResponse {
  const throttleTimeMs: number = r.int32();
  const results: DescribeConfigsResponseResult[] = [];
  const resultsCount = version >= 4 ? r.compactArrayLength(7) : r.arrayLength(11);
  for (let i = 0; i < resultsCount; i++) results.push(readDescribeConfigsResponseResult(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { throttleTimeMs, results };
}

export function writeDescribeConfigsResponse(w: ByteWriter, m: DescribeConfigsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 4) { w.compactArrayLength(m.results.length); } else { w.arrayLength(m.results.length); }
  for (const item of m.results) writeDescribeConfigsResponseResult(w, item, version);
  if (version >= 4) w.int8(0);
}

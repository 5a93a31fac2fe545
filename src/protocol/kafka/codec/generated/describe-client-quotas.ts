/**
 * Generated from schema/describe-client-quotas.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Quotas of users, client ids and addresses (KIP-546).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DescribeClientQuotasRequestComponent {
  entityType: string;
  matchType: number;
  /** Null in all. */
  match: string | null;
}

/** With the default in every field. */
export function defaultDescribeClientQuotasRequestComponent(): DescribeClientQuotasRequestComponent {
  return {
    entityType: '',
    matchType: 0,
    match: '',
  };
}

export function readDescribeClientQuotasRequestComponent(r: ByteReader, version: number): DescribeClientQuotasRequestComponent {
  const entityType: string = version >= 1 ? r.compactString() : r.string();
  const matchType: number = r.int8();
  const match: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  if (version >= 1) r.skipTaggedFields();
  return { entityType, matchType, match };
}

export function writeDescribeClientQuotasRequestComponent(w: ByteWriter, m: DescribeClientQuotasRequestComponent, version: number): void {
  if (version >= 1) { w.compactString(m.entityType); } else { w.string(m.entityType); }
  w.int8(m.matchType);
  if (version >= 1) { w.compactNullableString(m.match); } else { w.nullableString(m.match); }
  if (version >= 1) w.int8(0);
}

export interface DescribeClientQuotasRequest {
  components: DescribeClientQuotasRequestComponent[];
  strict: boolean;
}

/** With the default in every field. */
export function defaultDescribeClientQuotasRequest(): DescribeClientQuotasRequest {
  return {
    components: [],
    strict: false,
  };
}

export function readDescribeClientQuotasRequest(r: ByteReader, version: number): DescribeClientQuotasRequest {
  const components: DescribeClientQuotasRequestComponent[] = [];
  const componentsCount = version >= 1 ? r.compactArrayLength(4) : r.arrayLength(5);
  for (let i = 0; i < componentsCount; i++) components.push(readDescribeClientQuotasRequestComponent(r, version));
  const strict: boolean = r.boolean();
  if (version >= 1) r.skipTaggedFields();
  return { components, strict };
}

export function writeDescribeClientQuotasRequest(w: ByteWriter, m: DescribeClientQuotasRequest, version: number): void {
  if (version >= 1) { w.compactArrayLength(m.components.length); } else { w.arrayLength(m.components.length); }
  for (const item of m.components) writeDescribeClientQuotasRequestComponent(w, item, version);
  w.boolean(m.strict);
  if (version >= 1) w.int8(0);
}

export interface DescribeClientQuotasResponseEntity {
  entityType: string;
  /** Null in all. */
  entityName: string | null;
}

/** With the default in every field. */
export function defaultDescribeClientQuotasResponseEntity(): DescribeClientQuotasResponseEntity {
  return {
    entityType: '',
    entityName: '',
  };
}

export function readDescribeClientQuotasResponseEntity(r: ByteReader, version: number): DescribeClientQuotasResponseEntity {
  const entityType: string = version >= 1 ? r.compactString() : r.string();
  const entityName: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  if (version >= 1) r.skipTaggedFields();
  return { entityType, entityName };
}

export function writeDescribeClientQuotasResponseEntity(w: ByteWriter, m: DescribeClientQuotasResponseEntity, version: number): void {
  if (version >= 1) { w.compactString(m.entityType); } else { w.string(m.entityType); }
  if (version >= 1) { w.compactNullableString(m.entityName); } else { w.nullableString(m.entityName); }
  if (version >= 1) w.int8(0);
}

export interface DescribeClientQuotasResponseValue {
  key: string;
  value: number;
}

/** With the default in every field. */
export function defaultDescribeClientQuotasResponseValue(): DescribeClientQuotasResponseValue {
  return {
    key: '',
    value: 0,
  };
}

export function readDescribeClientQuotasResponseValue(r: ByteReader, version: number): DescribeClientQuotasResponseValue {
  const key: string = version >= 1 ? r.compactString() : r.string();
  const value: number = r.float64();
  if (version >= 1) r.skipTaggedFields();
  return { key, value };
}

export function writeDescribeClientQuotasResponseValue(w: ByteWriter, m: DescribeClientQuotasResponseValue, version: number): void {
  if (version >= 1) { w.compactString(m.key); } else { w.string(m.key); }
  w.float64(m.value);
  if (version >= 1) w.int8(0);
}

export interface DescribeClientQuotasResponseEntry {
  entity: DescribeClientQuotasResponseEntity[];
  values: DescribeClientQuotasResponseValue[];
}

/** With the default in every field. */
export function defaultDescribeClientQuotasResponseEntry(): DescribeClientQuotasResponseEntry {
  return {
    entity: [],
    values: [],
  };
}

export function readDescribeClientQuotasResponseEntry(r: ByteReader, version: number): DescribeClientQuotasResponseEntry {
  const entity: DescribeClientQuotasResponseEntity[] = [];
  const entityCount = version >= 1 ? r.compactArrayLength(3) : r.arrayLength(4);
  for (let i = 0; i < entityCount; i++) entity.push(readDescribeClientQuotasResponseEntity(r, version));
  const values: DescribeClientQuotasResponseValue[] = [];
  const valuesCount = version >= 1 ? r.compactArrayLength(10) : r.arrayLength(10);
  for (let i = 0; i < valuesCount; i++) values.push(readDescribeClientQuotasResponseValue(r, version));
  if (version >= 1) r.skipTaggedFields();
  return { entity, values };
}

export function writeDescribeClientQuotasResponseEntry(w: ByteWriter, m: DescribeClientQuotasResponseEntry, version: number): void {
  if (version >= 1) { w.compactArrayLength(m.entity.length); } else { w.arrayLength(m.entity.length); }
  for (const item of m.entity) writeDescribeClientQuotasResponseEntity(w, item, version);
  if (version >= 1) { w.compactArrayLength(m.values.length); } else { w.arrayLength(m.values.length); }
  for (const item of m.values) writeDescribeClientQuotasResponseValue(w, item, version);
  if (version >= 1) w.int8(0);
}

export interface DescribeClientQuotasResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  /** Null in all. */
  entries: DescribeClientQuotasResponseEntry[] | null;
}

/** With the default in every field. */
export function defaultDescribeClientQuotasResponse(): DescribeClientQuotasResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
    entries: [],
  };
}

export function readDescribeClientQuotasResponse(r: ByteReader, version: number): DescribeClientQuotasResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  let entries: DescribeClientQuotasResponseEntry[] | null = [];
  const entriesCount = version >= 1 ? r.compactNullableArrayLength(3) : r.nullableArrayLength(8);
  if (entriesCount < 0) entries = null;
  else for (let i = 0; i < entriesCount; i++) entries.push(readDescribeClientQuotasResponseEntry(r, version));
  if (version >= 1) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, entries };
}

export function writeDescribeClientQuotasResponse(w: ByteWriter, m: DescribeClientQuotasResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  if (version >= 1) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (m.entries === null) {
    if (version >= 1) { w.compactArrayLength(-1); } else { w.arrayLength(-1); }
  } else {
    if (version >= 1) { w.compactArrayLength(m.entries.length); } else { w.arrayLength(m.entries.length); }
    for (const item of m.entries) writeDescribeClientQuotasResponseEntry(w, item, version);
  }
  if (version >= 1) w.int8(0);
}

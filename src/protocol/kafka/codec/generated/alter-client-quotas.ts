/**
 * Generated from schema/alter-client-quotas.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Changing quotas of users, client ids and addresses (KIP-546).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface AlterClientQuotasRequestEntity {
  entityType: string;
  /** Null in all. */
  entityName: string | null;
}

/** With the default in every field. */
export function defaultAlterClientQuotasRequestEntity(): AlterClientQuotasRequestEntity {
  return {
    entityType: '',
    entityName: '',
  };
}

export function readAlterClientQuotasRequestEntity(r: ByteReader, version: number): AlterClientQuotasRequestEntity {
  const entityType: string = version >= 1 ? r.compactString() : r.string();
  const entityName: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  if (version >= 1) r.skipTaggedFields();
  return { entityType, entityName };
}

export function writeAlterClientQuotasRequestEntity(w: ByteWriter, m: AlterClientQuotasRequestEntity, version: number): void {
  if (version >= 1) { w.compactString(m.entityType); } else { w.string(m.entityType); }
  if (version >= 1) { w.compactNullableString(m.entityName); } else { w.nullableString(m.entityName); }
  if (version >= 1) w.int8(0);
}

export interface AlterClientQuotasRequestOp {
  key: string;
  value: number;
  remove: boolean;
}

/** With the default in every field. */
export function defaultAlterClientQuotasRequestOp(): AlterClientQuotasRequestOp {
  return {
    key: '',
    value: 0,
    remove: false,
  };
}

export function readAlterClientQuotasRequestOp(r: ByteReader, version: number): AlterClientQuotasRequestOp {
  const key: string = version >= 1 ? r.compactString() : r.string();
  const value: number = r.float64();
  const remove: boolean = r.boolean();
  if (version >= 1) r.skipTaggedFields();
  return { key, value, remove };
}

export function writeAlterClientQuotasRequestOp(w: ByteWriter, m: AlterClientQuotasRequestOp, version: number): void {
  if (version >= 1) { w.compactString(m.key); } else { w.string(m.key); }
  w.float64(m.value);
  w.boolean(m.remove);
  if (version >= 1) w.int8(0);
}

export interface AlterClientQuotasRequestEntry {
  entity: AlterClientQuotasRequestEntity[];
  ops: AlterClientQuotasRequestOp[];
}

/** With the default in every field. */
export function defaultAlterClientQuotasRequestEntry(): AlterClientQuotasRequestEntry {
  return {
    entity: [],
    ops: [],
  };
}

export function readAlterClientQuotasRequestEntry(r: ByteReader, version: number): AlterClientQuotasRequestEntry {
  const entity: AlterClientQuotasRequestEntity[] = [];
  const entityCount = version >= 1 ? r.compactArrayLength(3) : r.arrayLength(4);
  for (let i = 0; i < entityCount; i++) entity.push(readAlterClientQuotasRequestEntity(r, version));
  const ops: AlterClientQuotasRequestOp[] = [];
  const opsCount = version >= 1 ? r.compactArrayLength(11) : r.arrayLength(11);
  for (let i = 0; i < opsCount; i++) ops.push(readAlterClientQuotasRequestOp(r, version));
  if (version >= 1) r.skipTaggedFields();
  return { entity, ops };
}

export function writeAlterClientQuotasRequestEntry(w: ByteWriter, m: AlterClientQuotasRequestEntry, version: number): void {
  if (version >= 1) { w.compactArrayLength(m.entity.length); } else { w.arrayLength(m.entity.length); }
  for (const item of m.entity) writeAlterClientQuotasRequestEntity(w, item, version);
  if (version >= 1) { w.compactArrayLength(m.ops.length); } else { w.arrayLength(m.ops.length); }
  for (const item of m.ops) writeAlterClientQuotasRequestOp(w, item, version);
  if (version >= 1) w.int8(0);
}

export interface AlterClientQuotasRequest {
  entries: AlterClientQuotasRequestEntry[];
  validateOnly: boolean;
}

/** With the default in every field. */
export function defaultAlterClientQuotasRequest(): AlterClientQuotasRequest {
  return {
    entries: [],
    validateOnly: false,
  };
}

export function readAlterClientQuotasRequest(r: ByteReader, version: number): AlterClientQuotasRequest {
  const entries: AlterClientQuotasRequestEntry[] = [];
  const entriesCount = version >= 1 ? r.compactArrayLength(3) : r.arrayLength(8);
  for (let i = 0; i < entriesCount; i++) entries.push(readAlterClientQuotasRequestEntry(r, version));
  const validateOnly: boolean = r.boolean();
  if (version >= 1) r.skipTaggedFields();
  return { entries, validateOnly };
}

export function writeAlterClientQuotasRequest(w: ByteWriter, m: AlterClientQuotasRequest, version: number): void {
  if (version >= 1) { w.compactArrayLength(m.entries.length); } else { w.arrayLength(m.entries.length); }
  for (const item of m.entries) writeAlterClientQuotasRequestEntry(w, item, version);
  w.boolean(m.validateOnly);
  if (version >= 1) w.int8(0);
}

export interface AlterClientQuotasResponseEntity {
  entityType: string;
  /** Null in all. */
  entityName: string | null;
}

/** With the default in every field. */
export function defaultAlterClientQuotasResponseEntity(): AlterClientQuotasResponseEntity {
  return {
    entityType: '',
    entityName: '',
  };
}

export function readAlterClientQuotasResponseEntity(r: ByteReader, version: number): AlterClientQuotasResponseEntity {
  const entityType: string = version >= 1 ? r.compactString() : r.string();
  const entityName: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  if (version >= 1) r.skipTaggedFields();
  return { entityType, entityName };
}

export function writeAlterClientQuotasResponseEntity(w: ByteWriter, m: AlterClientQuotasResponseEntity, version: number): void {
  if (version >= 1) { w.compactString(m.entityType); } else { w.string(m.entityType); }
  if (version >= 1) { w.compactNullableString(m.entityName); } else { w.nullableString(m.entityName); }
  if (version >= 1) w.int8(0);
}

export interface AlterClientQuotasResponseResult {
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  entity: AlterClientQuotasResponseEntity[];
}

/** With the default in every field. */
export function defaultAlterClientQuotasResponseResult(): AlterClientQuotasResponseResult {
  return {
    errorCode: 0,
    errorMessage: '',
    entity: [],
  };
}

export function readAlterClientQuotasResponseResult(r: ByteReader, version: number): AlterClientQuotasResponseResult {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 1 ? r.compactNullableString() : r.nullableString();
  const entity: AlterClientQuotasResponseEntity[] = [];
  const entityCount = version >= 1 ? r.compactArrayLength(3) : r.arrayLength(4);
  for (let i = 0; i < entityCount; i++) entity.push(readAlterClientQuotasResponseEntity(r, version));
  if (version >= 1) r.skipTaggedFields();
  return { errorCode, errorMessage, entity };
}

export function writeAlterClientQuotasResponseResult(w: ByteWriter, m: AlterClientQuotasResponseResult, version: number): void {
  w.int16(m.errorCode);
  if (version >= 1) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 1) { w.compactArrayLength(m.entity.length); } else { w.arrayLength(m.entity.length); }
  for (const item of m.entity) writeAlterClientQuotasResponseEntity(w, item, version);
  if (version >= 1) w.int8(0);
}

export interface AlterClientQuotasResponse {
  throttleTimeMs: number;
  entries: AlterClientQuotasResponseResult[];
}

/** With the default in every field. */
export function defaultAlterClientQuotasResponse(): AlterClientQuotasResponse {
  return {
    throttleTimeMs: 0,
    entries: [],
  };
}

export function readAlterClientQuotasResponse(r: ByteReader, version: number): AlterClientQuotasResponse {
  const throttleTimeMs: number = r.int32();
  const entries: AlterClientQuotasResponseResult[] = [];
  const entriesCount = version >= 1 ? r.compactArrayLength(5) : r.arrayLength(8);
  for (let i = 0; i < entriesCount; i++) entries.push(readAlterClientQuotasResponseResult(r, version));
  if (version >= 1) r.skipTaggedFields();
  return { throttleTimeMs, entries };
}

export function writeAlterClientQuotasResponse(w: ByteWriter, m: AlterClientQuotasResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 1) { w.compactArrayLength(m.entries.length); } else { w.arrayLength(m.entries.length); }
  for (const item of m.entries) writeAlterClientQuotasResponseResult(w, item, version);
  if (version >= 1) w.int8(0);
}

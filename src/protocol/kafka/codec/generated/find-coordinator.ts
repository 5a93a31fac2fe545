/**
 * Generated from schema/find-coordinator.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Which broker coordinates a group, a transactional id or a share partition; several keys from version 4.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface FindCoordinatorRequest {
  /** Versions 0-3. */
  key: string;
  /** Versions 1+. */
  keyType: number;
  /** Versions 4+. */
  coordinatorKeys: string[];
}

/** With the default in every field. */
export function defaultFindCoordinatorRequest(): FindCoordinatorRequest {
  return {
    key: '',
    keyType: 0,
    coordinatorKeys: [],
  };
}

export function readFindCoordinatorRequest(r: ByteReader, version: number): FindCoordinatorRequest {
  const key: string = version <= 3 ? (version >= 3 ? r.compactString() : r.string()) : '';
  const keyType: number = version >= 1 ? r.int8() : 0;
  const coordinatorKeys: string[] = [];
  if (version >= 4) {
    const coordinatorKeysCount = r.compactArrayLength(1);
    for (let i = 0; i < coordinatorKeysCount; i++) coordinatorKeys.push(r.compactString());
  }
  if (version >= 3) r.skipTaggedFields();
  return { key, keyType, coordinatorKeys };
}

export function writeFindCoordinatorRequest(w: ByteWriter, m: FindCoordinatorRequest, version: number): void {
  if (version <= 3) {
    if (version >= 3) { w.compactString(m.key); } else { w.string(m.key); }
  } else if (m.key !== '') throw new UnsupportedFieldError('FindCoordinatorRequest.key', version);
  if (version >= 1) {
    w.int8(m.keyType);
  } else if (m.keyType !== 0) throw new UnsupportedFieldError('FindCoordinatorRequest.keyType', version);
  if (version >= 4) {
    w.compactArrayLength(m.coordinatorKeys.length);
    for (const item of m.coordinatorKeys) w.compactString(item);
  } else if (m.coordinatorKeys.length !== 0) throw new UnsupportedFieldError('FindCoordinatorRequest.coordinatorKeys', version);
  if (version >= 3) w.int8(0);
}

export interface FindCoordinatorResponseCoordinator {
  /** Versions 4+. */
  key: string;
  /** Versions 4+. */
  nodeId: number;
  /** Versions 4+. */
  host: string;
  /** Versions 4+. */
  port: number;
  /** Versions 4+. */
  errorCode: number;
  /** Versions 4+, null in all, ignorable. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultFindCoordinatorResponseCoordinator(): FindCoordinatorResponseCoordinator {
  return {
    key: '',
    nodeId: 0,
    host: '',
    port: 0,
    errorCode: 0,
    errorMessage: '',
  };
}

export function readFindCoordinatorResponseCoordinator(r: ByteReader, version: number): FindCoordinatorResponseCoordinator {
  const key: string = r.compactString();
  const nodeId: number = r.int32();
  const host: string = r.compactString();
  const port: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { key, nodeId, host, port, errorCode, errorMessage };
}

export function writeFindCoordinatorResponseCoordinator(w: ByteWriter, m: FindCoordinatorResponseCoordinator, version: number): void {
  w.compactString(m.key);
  w.int32(m.nodeId);
  w.compactString(m.host);
  w.int32(m.port);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface FindCoordinatorResponse {
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  /** Versions 0-3. */
  errorCode: number;
  /** Versions 1-3, null in all, ignorable. */
  errorMessage: string | null;
  /** Versions 0-3. */
  nodeId: number;
  /** Versions 0-3. */
  host: string;
  /** Versions 0-3. */
  port: number;
  /** Versions 4+. */
  coordinators: FindCoordinatorResponseCoordinator[];
}

/** With the default in every field. */
export function defaultFindCoordinatorResponse(): FindCoordinatorResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
    nodeId: 0,
    host: '',
    port: 0,
    coordinators: [],
  };
}

export function readFindCoordinatorResponse(r: ByteReader, version: number): FindCoordinatorResponse {
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  const errorCode: number = version <= 3 ? r.int16() : 0;
  const errorMessage: string | null = version >= 1 && version <= 3 ? (version >= 3 ? r.compactNullableString() : r.nullableString()) : '';
  const nodeId: number = version <= 3 ? r.int32() : 0;
  const host: string = version <= 3 ? (version >= 3 ? r.compactString() : r.string()) : '';
  const port: number = version <= 3 ? r.int32() : 0;
  const coordinators: FindCoordinatorResponseCoordinator[] = [];
  if (version >= 4) {
    const coordinatorsCount = r.compactArrayLength(14);
    for (let i = 0; i < coordinatorsCount; i++) coordinators.push(readFindCoordinatorResponseCoordinator(r, version));
  }
  if (version >= 3) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, nodeId, host, port, coordinators };
}

export function writeFindCoordinatorResponse(w: ByteWriter, m: FindCoordinatorResponse, version: number): void {
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  if (version <= 3) {
    w.int16(m.errorCode);
  } else if (m.errorCode !== 0) throw new UnsupportedFieldError('FindCoordinatorResponse.errorCode', version);
  if (version >= 1 && version <= 3) {
    if (version >= 3) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  }
  if (version <= 3) {
    w.int32(m.nodeId);
  } else if (m.nodeId !== 0) throw new UnsupportedFieldError('FindCoordinatorResponse.nodeId', version);
  if (version <= 3) {
    if (version >= 3) { w.compactString(m.host); } else { w.string(m.host); }
  } else if (m.host !== '') throw new UnsupportedFieldError('FindCoordinatorResponse.host', version);
  if (version <= 3) {
    w.int32(m.port);
  } else if (m.port !== 0) throw new UnsupportedFieldError('FindCoordinatorResponse.port', version);
  if (version >= 4) {
    w.compactArrayLength(m.coordinators.length);
    for (const item of m.coordinators) writeFindCoordinatorResponseCoordinator(w, item, version);
  } else if (m.coordinators.length !== 0) throw new UnsupportedFieldError('FindCoordinatorResponse.coordinators', version);
  if (version >= 3) w.int8(0);
}

/**
 * Generated from schema/create-partitions.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Adding partitions to topics.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface CreatePartitionsRequestAssignment {
  brokerIds: number[];
}

/** With the default in every field. */
export function defaultCreatePartitionsRequestAssignment(): CreatePartitionsRequestAssignment {
  return {
    brokerIds: [],
  };
}

export function readCreatePartitionsRequestAssignment(r: ByteReader, version: number): CreatePartitionsRequestAssignment {
  const brokerIds: number[] = [];
  const brokerIdsCount = version >= 2 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < brokerIdsCount; i++) brokerIds.push(r.int32());
  if (version >= 2) r.skipTaggedFields();
  return { brokerIds };
}

export function writeCreatePartitionsRequestAssignment(w: ByteWriter, m: CreatePartitionsRequestAssignment, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.brokerIds.length); } else { w.arrayLength(m.brokerIds.length); }
  for (const item of m.brokerIds) w.int32(item);
  if (version >= 2) w.int8(0);
}

export interface CreatePartitionsRequestTopic {
  name: string;
  count: number;
  /** Null in all. */
  assignments: CreatePartitionsRequestAssignment[] | null;
}

/** With the default in every field. */
export function defaultCreatePartitionsRequestTopic(): CreatePartitionsRequestTopic {
  return {
    name: '',
    count: 0,
    assignments: [],
  };
}

export function readCreatePartitionsRequestTopic(r: ByteReader, version: number): CreatePartitionsRequestTopic {
  const name: string = version >= 2 ? r.compactString() : r.string();
  const count: number = r.int32();
  let assignments: CreatePartitionsRequestAssignment[] | null = [];
  const assignmentsCount = version >= 2 ? r.compactNullableArrayLength(2) : r.nullableArrayLength(4);
  if (assignmentsCount < 0) assignments = null;
  else for (let i = 0; i < assignmentsCount; i++) assignments.push(readCreatePartitionsRequestAssignment(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { name, count, assignments };
}

export function writeCreatePartitionsRequestTopic(w: ByteWriter, m: CreatePartitionsRequestTopic, version: number): void {
  if (version >= 2) { w.compactString(m.name); } else { w.string(m.name); }
  w.int32(m.count);
  if (m.assignments === null) {
    if (version >= 2) { w.compactArrayLength(-1); } else { w.arrayLength(-1); }
  } else {
    if (version >= 2) { w.compactArrayLength(m.assignments.length); } else { w.arrayLength(m.assignments.length); }
    for (const item of m.assignments) writeCreatePartitionsRequestAssignment(w, item, version);
  }
  if (version >= 2) w.int8(0);
}

export interface CreatePartitionsRequest {
  topics: CreatePartitionsRequestTopic[];
  timeoutMs: number;
  validateOnly: boolean;
}

/** With the default in every field. */
export function defaultCreatePartitionsRequest(): CreatePartitionsRequest {
  return {
    topics: [],
    timeoutMs: 0,
    validateOnly: false,
  };
}

export function readCreatePartitionsRequest(r: ByteReader, version: number): CreatePartitionsRequest {
  const topics: CreatePartitionsRequestTopic[] = [];
  const topicsCount = version >= 2 ? r.compactArrayLength(7) : r.arrayLength(10);
  for (let i = 0; i < topicsCount; i++) topics.push(readCreatePartitionsRequestTopic(r, version));
  const timeoutMs: number = r.int32();
  const validateOnly: boolean = r.boolean();
  if (version >= 2) r.skipTaggedFields();
  return { topics, timeoutMs, validateOnly };
}

export function writeCreatePartitionsRequest(w: ByteWriter, m: CreatePartitionsRequest, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeCreatePartitionsRequestTopic(w, item, version);
  w.int32(m.timeoutMs);
  w.boolean(m.validateOnly);
  if (version >= 2) w.int8(0);
}

export interface CreatePartitionsResponseResult {
  name: string;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultCreatePartitionsResponseResult(): CreatePartitionsResponseResult {
  return {
    name: '',
    errorCode: 0,
    errorMessage: null,
  };
}

export function readCreatePartitionsResponseResult(r: ByteReader, version: number): CreatePartitionsResponseResult {
  const name: string = version >= 2 ? r.compactString() : r.string();
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  if (version >= 2) r.skipTaggedFields();
  return { name, errorCode, errorMessage };
}

export function writeCreatePartitionsResponseResult(w: ByteWriter, m: CreatePartitionsResponseResult, version: number): void {
  if (version >= 2) { w.compactString(m.name); } else { w.string(m.name); }
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 2) w.int8(0);
}

export interface CreatePartitionsResponse {
  throttleTimeMs: number;
  results: CreatePartitionsResponseResult[];
}

/** With the default in every field. */
export function defaultCreatePartitionsResponse(): CreatePartitionsResponse {
  return {
    throttleTimeMs: 0,
    results: [],
  };
}

export function readCreatePartitionsResponse(r: ByteReader, version: number): CreatePartitionsResponse {
  const throttleTimeMs: number = r.int32();
  const results: CreatePartitionsResponseResult[] = [];
  const resultsCount = version >= 2 ? r.compactArrayLength(5) : r.arrayLength(6);
  for (let i = 0; i < resultsCount; i++) results.push(readCreatePartitionsResponseResult(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, results };
}

export function writeCreatePartitionsResponse(w: ByteWriter, m: CreatePartitionsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 2) { w.compactArrayLength(m.results.length); } else { w.arrayLength(m.results.length); }
  for (const item of m.results) writeCreatePartitionsResponseResult(w, item, version);
  if (version >= 2) w.int8(0);
}

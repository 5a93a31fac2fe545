/**
 * Generated from schema/list-transactions.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Transactional ids by state, producer, duration and name (KIP-664, KIP-994, KIP-1152).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ListTransactionsRequest {
  stateFilters: string[];
  producerIdFilters: number[];
  /** Versions 1+, default -1. */
  durationFilter: number;
  /** Versions 2, null in all, default null. */
  transactionalIdPattern: string | null;
}

/** With the default in every field. */
export function defaultListTransactionsRequest(): ListTransactionsRequest {
  return {
    stateFilters: [],
    producerIdFilters: [],
    durationFilter: -1,
    transactionalIdPattern: null,
  };
}

export function readListTransactionsRequest(r: ByteReader, version: number): ListTransactionsRequest {
  const stateFilters: string[] = [];
  const stateFiltersCount = r.compactArrayLength(1);
  for (let i = 0; i < stateFiltersCount; i++) stateFilters.push(r.compactString());
  const producerIdFilters: number[] = [];
  const producerIdFiltersCount = r.compactArrayLength(8);
  for (let i = 0; i < producerIdFiltersCount; i++) producerIdFilters.push(r.int64());
  const durationFilter: number = version >= 1 ? r.int64() : -1;
  const transactionalIdPattern: string | null = version >= 2 ? r.compactNullableString() : null;
  r.skipTaggedFields();
  return { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern };
}

export function writeListTransactionsRequest(w: ByteWriter, m: ListTransactionsRequest, version: number): void {
  w.compactArrayLength(m.stateFilters.length);
  for (const item of m.stateFilters) w.compactString(item);
  w.compactArrayLength(m.producerIdFilters.length);
  for (const item of m.producerIdFilters) w.int64(item);
  if (version >= 1) {
    w.int64(m.durationFilter);
  } else if (m.durationFilter !== -1) throw new UnsupportedFieldError('ListTransactionsRequest.durationFilter', version);
  if (version >= 2) {
    w.compactNullableString(m.transactionalIdPattern);
  } else if (m.transactionalIdPattern !== null) throw new UnsupportedFieldError('ListTransactionsRequest.transactionalIdPattern', version);
  w.int8(0);
}

export interface ListTransactionsResponseState {
  transactionalId: string;
  producerId: number;
  transactionState: string;
}

/** With the default in every field. */
export function defaultListTransactionsResponseState(): ListTransactionsResponseState {
  return {
    transactionalId: '',
    producerId: 0,
    transactionState: '',
  };
}

export function readListTransactionsResponseState(r: ByteReader, version: number): ListTransactionsResponseState {
  const transactionalId: string = r.compactString();
  const producerId: number = r.int64();
  const transactionState: string = r.compactString();
  r.skipTaggedFields();
  return { transactionalId, producerId, transactionState };
}

export function writeListTransactionsResponseState(w: ByteWriter, m: ListTransactionsResponseState, version: number): void {
  w.compactString(m.transactionalId);
  w.int64(m.producerId);
  w.compactString(m.transactionState);
  w.int8(0);
}

export interface ListTransactionsResponse {
  throttleTimeMs: number;
  errorCode: number;
  unknownStateFilters: string[];
  transactionStates: ListTransactionsResponseState[];
}

/** With the default in every field. */
export function defaultListTransactionsResponse(): ListTransactionsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    unknownStateFilters: [],
    transactionStates: [],
  };
}

export function readListTransactionsResponse(r: ByteReader, version: number): ListTransactionsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const unknownStateFilters: string[] = [];
  const unknownStateFiltersCount = r.compactArrayLength(1);
  for (let i = 0; i < unknownStateFiltersCount; i++) unknownStateFilters.push(r.compactString());
  const transactionStates: ListTransactionsResponseState[] = [];
  const transactionStatesCount = r.compactArrayLength(11);
  for (let i = 0; i < transactionStatesCount; i++) transactionStates.push(readListTransactionsResponseState(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, unknownStateFilters, transactionStates };
}

export function writeListTransactionsResponse(w: ByteWriter, m: ListTransactionsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactArrayLength(m.unknownStateFilters.length);
  for (const item of m.unknownStateFilters) w.compactString(item);
  w.compactArrayLength(m.transactionStates.length);
  for (const item of m.transactionStates) writeListTransactionsResponseState(w, item, version);
  w.int8(0);
}

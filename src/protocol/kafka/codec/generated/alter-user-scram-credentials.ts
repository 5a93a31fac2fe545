/**
 * Generated from schema/alter-user-scram-credentials.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Giving users SCRAM credentials and taking them away (KIP-554).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { EMPTY_BYTES } from '../support.ts';

export interface AlterUserScramCredentialsRequestDeletion {
  name: string;
  mechanism: number;
}

/** With the default in every field. */
export function defaultAlterUserScramCredentialsRequestDeletion(): AlterUserScramCredentialsRequestDeletion {
  return {
    name: '',
    mechanism: 0,
  };
}

export function readAlterUserScramCredentialsRequestDeletion(r: ByteReader, version: number): AlterUserScramCredentialsRequestDeletion {
  const name: string = r.compactString();
  const mechanism: number = r.int8();
  r.skipTaggedFields();
  return { name, mechanism };
}

export function writeAlterUserScramCredentialsRequestDeletion(w: ByteWriter, m: AlterUserScramCredentialsRequestDeletion, version: number): void {
  w.compactString(m.name);
  w.int8(m.mechanism);
  w.int8(0);
}

export interface AlterUserScramCredentialsRequestUpsertion {
  name: string;
  mechanism: number;
  iterations: number;
  salt: Buffer;
  saltedPassword: Buffer;
}

/** With the default in every field. */
export function defaultAlterUserScramCredentialsRequestUpsertion(): AlterUserScramCredentialsRequestUpsertion {
  return {
    name: '',
    mechanism: 0,
    iterations: 0,
    salt: EMPTY_BYTES,
    saltedPassword: EMPTY_BYTES,
  };
}

export function readAlterUserScramCredentialsRequestUpsertion(r: ByteReader, version: number): AlterUserScramCredentialsRequestUpsertion {
  const name: string = r.compactString();
  const mechanism: number = r.int8();
  const iterations: number = r.int32();
  const salt: Buffer = r.compactBytes();
  const saltedPassword: Buffer = r.compactBytes();
  r.skipTaggedFields();
  return { name, mechanism, iterations, salt, saltedPassword };
}

export function writeAlterUserScramCredentialsRequestUpsertion(w: ByteWriter, m: AlterUserScramCredentialsRequestUpsertion, version: number): void {
  w.compactString(m.name);
  w.int8(m.mechanism);
  w.int32(m.iterations);
  w.compactBytes(m.salt);
  w.compactBytes(m.saltedPassword);
  w.int8(0);
}

export interface AlterUserScramCredentialsRequest {
  deletions: AlterUserScramCredentialsRequestDeletion[];
  upsertions: AlterUserScramCredentialsRequestUpsertion[];
}

/** With the default in every field. */
export function defaultAlterUserScramCredentialsRequest(): AlterUserScramCredentialsRequest {
  return {
    deletions: [],
    upsertions: [],
  };
}

export function readAlterUserScramCredentialsRequest(r: ByteReader, version: number): AlterUserScramCredentialsRequest {
  const deletions: AlterUserScramCredentialsRequestDeletion[] = [];
  const deletionsCount = r.compactArrayLength(3);
  for (let i = 0; i < deletionsCount; i++) deletions.push(readAlterUserScramCredentialsRequestDeletion(r, version));
  const upsertions: AlterUserScramCredentialsRequestUpsertion[] = [];
  const upsertionsCount = r.compactArrayLength(9);
  for (let i = 0; i < upsertionsCount; i++) upsertions.push(readAlterUserScramCredentialsRequestUpsertion(r, version));
  r.skipTaggedFields();
  return { deletions, upsertions };
}

export function writeAlterUserScramCredentialsRequest(w: ByteWriter, m: AlterUserScramCredentialsRequest, version: number): void {
  w.compactArrayLength(m.deletions.length);
  for (const item of m.deletions) writeAlterUserScramCredentialsRequestDeletion(w, item, version);
  w.compactArrayLength(m.upsertions.length);
  for (const item of m.upsertions) writeAlterUserScramCredentialsRequestUpsertion(w, item, version);
  w.int8(0);
}

export interface AlterUserScramCredentialsResponseResult {
  user: string;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultAlterUserScramCredentialsResponseResult(): AlterUserScramCredentialsResponseResult {
  return {
    user: '',
    errorCode: 0,
    errorMessage: '',
  };
}

export function readAlterUserScramCredentialsResponseResult(r: ByteReader, version: number): AlterUserScramCredentialsResponseResult {
  const user: string = r.compactString();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { user, errorCode, errorMessage };
}

export function writeAlterUserScramCredentialsResponseResult(w: ByteWriter, m: AlterUserScramCredentialsResponseResult, version: number): void {
  w.compactString(m.user);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface AlterUserScramCredentialsResponse {
  throttleTimeMs: number;
  results: AlterUserScramCredentialsResponseResult[];
}

/** With the default in every field. */
export function defaultAlterUserScramCredentialsResponse(): AlterUserScramCredentialsResponse {
  return {
    throttleTimeMs: 0,
    results: [],
  };
}

export function readAlterUserScramCredentialsResponse(r: ByteReader, version: number): AlterUserScramCredentialsResponse {
  const throttleTimeMs: number = r.int32();
  const results: AlterUserScramCredentialsResponseResult[] = [];
  const resultsCount = r.compactArrayLength(5);
  for (let i = 0; i < resultsCount; i++) results.push(readAlterUserScramCredentialsResponseResult(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, results };
}

export function writeAlterUserScramCredentialsResponse(w: ByteWriter, m: AlterUserScramCredentialsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.results.length);
  for (const item of m.results) writeAlterUserScramCredentialsResponseResult(w, item, version);
  w.int8(0);
}

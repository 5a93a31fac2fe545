/**
 * Generated from schema/describe-user-scram-credentials.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Users and the iterations of their SCRAM credentials (KIP-554).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DescribeUserScramCredentialsRequestUserName {
  name: string;
}

/** With the default in every field. */
export function defaultDescribeUserScramCredentialsRequestUserName(): DescribeUserScramCredentialsRequestUserName {
  return {
    name: '',
  };
}

export function readDescribeUserScramCredentialsRequestUserName(r: ByteReader, version: number): DescribeUserScramCredentialsRequestUserName {
  const name: string = r.compactString();
  r.skipTaggedFields();
  return { name };
}

export function writeDescribeUserScramCredentialsRequestUserName(w: ByteWriter, m: DescribeUserScramCredentialsRequestUserName, version: number): void {
  w.compactString(m.name);
  w.int8(0);
}

export interface DescribeUserScramCredentialsRequest {
  /** Null in all. */
  users: DescribeUserScramCredentialsRequestUserName[] | null;
}

/** With the default in every field. */
export function defaultDescribeUserScramCredentialsRequest(): DescribeUserScramCredentialsRequest {
  return {
    users: [],
  };
}

export function readDescribeUserScramCredentialsRequest(r: ByteReader, version: number): DescribeUserScramCredentialsRequest {
  let users: DescribeUserScramCredentialsRequestUserName[] | null = [];
  const usersCount = r.compactNullableArrayLength(2);
  if (usersCount < 0) users = null;
  else for (let i = 0; i < usersCount; i++) users.push(readDescribeUserScramCredentialsRequestUserName(r, version));
  r.skipTaggedFields();
  return { users };
}

export function writeDescribeUserScramCredentialsRequest(w: ByteWriter, m: DescribeUserScramCredentialsRequest, version: number): void {
  if (m.users === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.users.length);
    for (const item of m.users) writeDescribeUserScramCredentialsRequestUserName(w, item, version);
  }
  w.int8(0);
}

export interface DescribeUserScramCredentialsResponseCredentialInfo {
  mechanism: number;
  iterations: number;
}

/** With the default in every field. */
export function defaultDescribeUserScramCredentialsResponseCredentialInfo(): DescribeUserScramCredentialsResponseCredentialInfo {
  return {
    mechanism: 0,
    iterations: 0,
  };
}

export function readDescribeUserScramCredentialsResponseCredentialInfo(r: ByteReader, version: number): DescribeUserScramCredentialsResponseCredentialInfo {
  const mechanism: number = r.int8();
  const iterations: number = r.int32();
  r.skipTaggedFields();
  return { mechanism, iterations };
}

export function writeDescribeUserScramCredentialsResponseCredentialInfo(w: ByteWriter, m: DescribeUserScramCredentialsResponseCredentialInfo, version: number): void {
  w.int8(m.mechanism);
  w.int32(m.iterations);
  w.int8(0);
}

export interface DescribeUserScramCredentialsResponseResult {
  user: string;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  credentialInfos: DescribeUserScramCredentialsResponseCredentialInfo[];
}

/** With the default in every field. */
export function defaultDescribeUserScramCredentialsResponseResult(): DescribeUserScramCredentialsResponseResult {
  return {
    user: '',
    errorCode: 0,
    errorMessage: '',
    credentialInfos: [],
  };
}

export function readDescribeUserScramCredentialsResponseResult(r: ByteReader, version: number): DescribeUserScramCredentialsResponseResult {
  const user: string = r.compactString();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const credentialInfos: DescribeUserScramCredentialsResponseCredentialInfo[] = [];
  const credentialInfosCount = r.compactArrayLength(6);
  for (let i = 0; i < credentialInfosCount; i++) credentialInfos.push(readDescribeUserScramCredentialsResponseCredentialInfo(r, version));
  r.skipTaggedFields();
  return { user, errorCode, errorMessage, credentialInfos };
}

export function writeDescribeUserScramCredentialsResponseResult(w: ByteWriter, m: DescribeUserScramCredentialsResponseResult, version: number): void {
  w.compactString(m.user);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactArrayLength(m.credentialInfos.length);
  for (const item of m.credentialInfos) writeDescribeUserScramCredentialsResponseCredentialInfo(w, item, version);
  w.int8(0);
}

export interface DescribeUserScramCredentialsResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  results: DescribeUserScramCredentialsResponseResult[];
}

/** With the default in every field. */
export function defaultDescribeUserScramCredentialsResponse(): DescribeUserScramCredentialsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
    results: [],
  };
}

export function readDescribeUserScramCredentialsResponse(r: ByteReader, version: number): DescribeUserScramCredentialsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const results: DescribeUserScramCredentialsResponseResult[] = [];
  const resultsCount = r.compactArrayLength(6);
  for (let i = 0; i < resultsCount; i++) results.push(readDescribeUserScramCredentialsResponseResult(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, results };
}

export function writeDescribeUserScramCredentialsResponse(w: ByteWriter, m: DescribeUserScramCredentialsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactArrayLength(m.results.length);
  for (const item of m.results) writeDescribeUserScramCredentialsResponseResult(w, item, version);
  w.int8(0);
}

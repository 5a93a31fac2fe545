/**
 * Generated from schema/add-raft-voter.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Adds a controller to the quorum (KIP-853, KIP-1186).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface AddRaftVoterRequestListener {
  name: string;
  host: string;
  port: number;
}

/** With the default in every field. */
export function defaultAddRaftVoterRequestListener(): AddRaftVoterRequestListener {
  return {
    name: '',
    host: '',
    port: 0,
  };
}

export function readAddRaftVoterRequestListener(r: ByteReader, version: number): AddRaftVoterRequestListener {
  const name: string = r.compactString();
  const host: string = r.compactString();
  const port: number = r.uint16();
  r.skipTaggedFields();
  return { name, host, port };
}

export function writeAddRaftVoterRequestListener(w: ByteWriter, m: AddRaftVoterRequestListener, version: number): void {
  w.compactString(m.name);
  w.compactString(m.host);
  w.int16(m.port);
  w.int8(0);
}

export interface AddRaftVoterRequest {
  /** Null in all. */
  clusterId: string | null;
  timeoutMs: number;
  voterId: number;
  voterDirectoryId: Uuid;
  listeners: AddRaftVoterRequestListener[];
  /** Versions 1, default true. */
  ackWhenCommitted: boolean;
}

/** With the default in every field. */
export function defaultAddRaftVoterRequest(): AddRaftVoterRequest {
  return {
    clusterId: '',
    timeoutMs: 0,
    voterId: 0,
    voterDirectoryId: ZERO_UUID,
    listeners: [],
    ackWhenCommitted: true,
  };
}

export function readAddRaftVoterRequest(r: ByteReader, version: number): AddRaftVoterRequest {
  const clusterId: string | null = r.compactNullableString();
  const timeoutMs: number = r.int32();
  const voterId: number = r.int32();
  const voterDirectoryId: Uuid = r.uuid();
  const listeners: AddRaftVoterRequestListener[] = [];
  const listenersCount = r.compactArrayLength(5);
  for (let i = 0; i < listenersCount; i++) listeners.push(readAddRaftVoterRequestListener(r, version));
  const ackWhenCommitted: boolean = version >= 1 ? r.boolean() : true;
  r.skipTaggedFields();
  return { clusterId, timeoutMs, voterId, voterDirectoryId, listeners, ackWhenCommitted };
}

export function writeAddRaftVoterRequest(w: ByteWriter, m: AddRaftVoterRequest, version: number): void {
  w.compactNullableString(m.clusterId);
  w.int32(m.timeoutMs);
  w.int32(m.voterId);
  w.uuid(m.voterDirectoryId);
  w.compactArrayLength(m.listeners.length);
  for (const item of m.listeners) writeAddRaftVoterRequestListener(w, item, version);
  if (version >= 1) {
    w.boolean(m.ackWhenCommitted);
  } else if (!m.ackWhenCommitted) throw new UnsupportedFieldError('AddRaftVoterRequest.ackWhenCommitted', version);
  w.int8(0);
}

export interface AddRaftVoterResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultAddRaftVoterResponse(): AddRaftVoterResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
  };
}

export function readAddRaftVoterResponse(r: ByteReader, version: number): AddRaftVoterResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage };
}

export function writeAddRaftVoterResponse(w: ByteWriter, m: AddRaftVoterResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

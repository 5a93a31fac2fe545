/**
 * Generated from schema/remove-raft-voter.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Removes a controller from the quorum (KIP-853).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface RemoveRaftVoterRequest {
  /** Null in all. */
  clusterId: string | null;
  voterId: number;
  voterDirectoryId: Uuid;
}

/** With the default in every field. */
export function defaultRemoveRaftVoterRequest(): RemoveRaftVoterRequest {
  return {
    clusterId: '',
    voterId: 0,
    voterDirectoryId: ZERO_UUID,
  };
}

export function readRemoveRaftVoterRequest(r: ByteReader, version: number): RemoveRaftVoterRequest {
  const clusterId: string | null = r.compactNullableString();
  const voterId: number = r.int32();
  const voterDirectoryId: Uuid = r.uuid();
  r.skipTaggedFields();
  return { clusterId, voterId, voterDirectoryId };
}

export function writeRemoveRaftVoterRequest(w: ByteWriter, m: RemoveRaftVoterRequest, version: number): void {
  w.compactNullableString(m.clusterId);
  w.int32(m.voterId);
  w.uuid(m.voterDirectoryId);
  w.int8(0);
}

export interface RemoveRaftVoterResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultRemoveRaftVoterResponse(): RemoveRaftVoterResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
  };
}

export function readRemoveRaftVoterResponse(r: ByteReader, version: number): RemoveRaftVoterResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage };
}

export function writeRemoveRaftVoterResponse(w: ByteWriter, m: RemoveRaftVoterResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

/**
 * Generated from schema/add-offsets-to-txn.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Adding the offsets of a consumer group to a transaction.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface AddOffsetsToTxnRequest {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
  groupId: string;
}

/** With the default in every field. */
export function defaultAddOffsetsToTxnRequest(): AddOffsetsToTxnRequest {
  return {
    transactionalId: '',
    producerId: 0,
    producerEpoch: 0,
    groupId: '',
  };
}

export function readAddOffsetsToTxnRequest(r: ByteReader, version: number): AddOffsetsToTxnRequest {
  const transactionalId: string = version >= 3 ? r.compactString() : r.string();
  const producerId: number = r.int64();
  const producerEpoch: number = r.int16();
  const groupId: string = version >= 3 ? r.compactString() : r.string();
  if (version >= 3) r.skipTaggedFields();
  return { transactionalId, producerId, producerEpoch, groupId };
}

export function writeAddOffsetsToTxnRequest(w: ByteWriter, m: AddOffsetsToTxnRequest, version: number): void {
  if (version >= 3) { w.compactString(m.transactionalId); } else { w.string(m.transactionalId); }
  w.int64(m.producerId);
  w.int16(m.producerEpoch);
  if (version >= 3) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  if (version >= 3) w.int8(0);
}

export interface AddOffsetsToTxnResponse {
  throttleTimeMs: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultAddOffsetsToTxnResponse(): AddOffsetsToTxnResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
  };
}

export function readAddOffsetsToTxnResponse(r: ByteReader, version: number): AddOffsetsToTxnResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  if (version >= 3) r.skipTaggedFields();
  return { throttleTimeMs, errorCode };
}

export function writeAddOffsetsToTxnResponse(w: ByteWriter, m: AddOffsetsToTxnResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  if (version >= 3) w.int8(0);
}

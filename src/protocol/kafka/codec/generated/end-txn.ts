/**
 * Generated from schema/end-txn.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Ending a transaction. Version 5 answers with the producer id and epoch of the next one (KIP-890).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface EndTxnRequest {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
  committed: boolean;
}

/** With the default in every field. */
export function defaultEndTxnRequest(): EndTxnRequest {
  return {
    transactionalId: '',
    producerId: 0,
    producerEpoch: 0,
    committed: false,
  };
}

export function readEndTxnRequest(r: ByteReader, version: number): EndTxnRequest {
  const transactionalId: string = version >= 3 ? r.compactString() : r.string();
  const producerId: number = r.int64();
  const producerEpoch: number = r.int16();
  const committed: boolean = r.boolean();
  if (version >= 3) r.skipTaggedFields();
  return { transactionalId, producerId, producerEpoch, committed };
}

export function writeEndTxnRequest(w: ByteWriter, m: EndTxnRequest, version: number): void {
  if (version >= 3) { w.compactString(m.transactionalId); } else { w.string(m.transactionalId); }
  w.int64(m.producerId);
  w.int16(m.producerEpoch);
  w.boolean(m.committed);
  if (version >= 3) w.int8(0);
}

export interface EndTxnResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Versions 5, ignorable, default -1. */
  producerId: number;
  /** Versions 5, ignorable, default -1. */
  producerEpoch: number;
}

/** With the default in every field. */
export function defaultEndTxnResponse(): EndTxnResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    producerId: -1,
    producerEpoch: -1,
  };
}

export function readEndTxnResponse(r: ByteReader, version: number): EndTxnResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const producerId: number = version >= 5 ? r.int64() : -1;
  const producerEpoch: number = version >= 5 ? r.int16() : -1;
  if (version >= 3) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, producerId, producerEpoch };
}

export function writeEndTxnResponse(w: ByteWriter, m: EndTxnResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  if (version >= 5) {
    w.int64(m.producerId);
  }
  if (version >= 5) {
    w.int16(m.producerEpoch);
  }
  if (version >= 3) w.int8(0);
}

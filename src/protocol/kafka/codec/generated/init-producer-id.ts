/**
 * Generated from schema/init-producer-id.schema by `npm run codec`. Do not edit: change the schema.
 *
 * A producer id and epoch, for idempotence and for transactions. Version 6 is unstable in Kafka 4.3: not here.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface InitProducerIdRequest {
  /** Null in all. */
  transactionalId: string | null;
  transactionTimeoutMs: number;
  /** Versions 3+, default -1. */
  producerId: number;
  /** Versions 3+, default -1. */
  producerEpoch: number;
}

/** With the default in every field. */
export function defaultInitProducerIdRequest(): InitProducerIdRequest {
  return {
    transactionalId: '',
    transactionTimeoutMs: 0,
    producerId: -1,
    producerEpoch: -1,
  };
}

export function readInitProducerIdRequest(r: ByteReader, version: number): InitProducerIdRequest {
  const transactionalId: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  const transactionTimeoutMs: number = r.int32();
  const producerId: number = version >= 3 ? r.int64() : -1;
  const producerEpoch: number = version >= 3 ? r.int16() : -1;
  if (version >= 2) r.skipTaggedFields();
  return { transactionalId, transactionTimeoutMs, producerId, producerEpoch };
}

export function writeInitProducerIdRequest(w: ByteWriter, m: InitProducerIdRequest, version: number): void {
  if (version >= 2) { w.compactNullableString(m.transactionalId); } else { w.nullableString(m.transactionalId); }
  w.int32(m.transactionTimeoutMs);
  if (version >= 3) {
    w.int64(m.producerId);
  } else if (m.producerId !== -1) throw new UnsupportedFieldError('InitProducerIdRequest.producerId', version);
  if (version >= 3) {
    w.int16(m.producerEpoch);
  } else if (m.producerEpoch !== -1) throw new UnsupportedFieldError('InitProducerIdRequest.producerEpoch', version);
  if (version >= 2) w.int8(0);
}

export interface InitProducerIdResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Default -1. */
  producerId: number;
  producerEpoch: number;
}

/** With the default in every field. */
export function defaultInitProducerIdResponse(): InitProducerIdResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    producerId: -1,
    producerEpoch: 0,
  };
}

export function readInitProducerIdResponse(r: ByteReader, version: number): InitProducerIdResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const producerId: number = r.int64();
  const producerEpoch: number = r.int16();
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, producerId, producerEpoch };
}

export function writeInitProducerIdResponse(w: ByteWriter, m: InitProducerIdResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.int64(m.producerId);
  w.int16(m.producerEpoch);
  if (version >= 2) w.int8(0);
}

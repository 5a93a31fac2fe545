/**
 * Generated from schema/describe-cluster.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Cluster id, controller and brokers (KIP-700).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface DescribeClusterRequest {
  includeClusterAuthorizedOperations: boolean;
  /** Versions 1+, default 1. */
  endpointType: number;
  /** Versions 2. */
  includeFencedBrokers: boolean;
}

/** With the default in every field. */
export function defaultDescribeClusterRequest(): DescribeClusterRequest {
  return {
    includeClusterAuthorizedOperations: false,
    endpointType: 1,
    includeFencedBrokers: false,
  };
}

export function readDescribeClusterRequest(r: ByteReader, version: number): DescribeClusterRequest {
  const includeClusterAuthorizedOperations: boolean = r.boolean();
  const endpointType: number = version >= 1 ? r.int8() : 1;
  const includeFencedBrokers: boolean = version >= 2 ? r.boolean() : false;
  r.skipTaggedFields();
  return { includeClusterAuthorizedOperations, endpointType, includeFencedBrokers };
}

export function writeDescribeClusterRequest(w: ByteWriter, m: DescribeClusterRequest, version: number): void {
  w.boolean(m.includeClusterAuthorizedOperations);
  if (version >= 1) {
    w.int8(m.endpointType);
  } else if (m.endpointType !== 1) throw new UnsupportedFieldError('DescribeClusterRequest.endpointType', version);
  if (version >= 2) {
    w.boolean(m.includeFencedBrokers);
  } else if (m.includeFencedBrokers) throw new UnsupportedFieldError('DescribeClusterRequest.includeFencedBrokers', version);
  w.int8(0);
}

export interface DescribeClusterResponseBroker {
  brokerId: number;
  host: string;
  port: number;
  /** Null in all, default null. */
  rack: string | null;
  /** Versions 2. */
  isFenced: boolean;
}

/** With the default in every field. */
export function defaultDescribeClusterResponseBroker(): DescribeClusterResponseBroker {
  return {
    brokerId: 0,
    host: '',
    port: 0,
    rack: null,
    isFenced: false,
  };
}

export function readDescribeClusterResponseBroker(r: ByteReader, version: number): DescribeClusterResponseBroker {
  const brokerId: number = r.int32();
  const host: string = r.compactString();
  const port: number = r.int32();
  const rack: string | null = r.compactNullableString();
  const isFenced: boolean = version >= 2 ? r.boolean() : false;
  r.skipTaggedFields();
  return { brokerId, host, port, rack, isFenced };
}

export function writeDescribeClusterResponseBroker(w: ByteWriter, m: DescribeClusterResponseBroker, version: number): void {
  w.int32(m.brokerId);
  w.compactString(m.host);
  w.int32(m.port);
  w.compactNullableString(m.rack);
  if (version >= 2) {
    w.boolean(m.isFenced);
  } else if (m.isFenced) throw new UnsupportedFieldError('DescribeClusterResponseBroker.isFenced', version);
  w.int8(0);
}

export interface DescribeClusterResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  /** Versions 1+, default 1. */
  endpointType: number;
  clusterId: string;
  /** Default -1. */
  controllerId: number;
  brokers: DescribeClusterResponseBroker[];
  /** Default -2147483648. */
  clusterAuthorizedOperations: number;
}

/** With the default in every field. */
export function defaultDescribeClusterResponse(): DescribeClusterResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    endpointType: 1,
    clusterId: '',
    controllerId: -1,
    brokers: [],
    clusterAuthorizedOperations: -2147483648,
  };
}

export function readDescribeClusterResponse(r: ByteReader, version: number): DescribeClusterResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const endpointType: number = version >= 1 ? r.int8() : 1;
  const clusterId: string = r.compactString();
  const controllerId: number = r.int32();
  const brokers: DescribeClusterResponseBroker[] = [];
  const brokersCount = r.compactArrayLength(11);
  for (let i = 0; i < brokersCount; i++) brokers.push(readDescribeClusterResponseBroker(r, version));
  const clusterAuthorizedOperations: number = r.int32();
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, endpointType, clusterId, controllerId, brokers, clusterAuthorizedOperations };
}

export function writeDescribeClusterResponse(w: ByteWriter, m: DescribeClusterResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  if (version >= 1) {
    w.int8(m.endpointType);
  } else if (m.endpointType !== 1) throw new UnsupportedFieldError('DescribeClusterResponse.endpointType', version);
  w.compactString(m.clusterId);
  w.int32(m.controllerId);
  w.compactArrayLength(m.brokers.length);
  for (const item of m.brokers) writeDescribeClusterResponseBroker(w, item, version);
  w.int32(m.clusterAuthorizedOperations);
  w.int8(0);
}

/**
 * Brokers with a planted mistake, to prove that the checkers can fail: the real broker behind something that changes what
 * passes between it and its clients. Not for worlds with clients that send garbage.
 */
import { BlockPool } from '../src/base/block-pool.ts';
import { ByteReader } from '../src/base/byte-reader.ts';
import { ByteWriter } from '../src/base/byte-writer.ts';
import type { Connection, Net } from '../src/platform/ports.ts';
import { API_KEY } from '../src/protocol/kafka/codec/api-keys.ts';
import {
  type ConsumerGroupHeartbeatResponse,
  readConsumerGroupHeartbeatRequest,
  readConsumerGroupHeartbeatResponse,
  writeConsumerGroupHeartbeatRequest,
  writeConsumerGroupHeartbeatResponse,
} from '../src/protocol/kafka/codec/generated/consumer-group-heartbeat.ts';
import { readEndTxnRequest, writeEndTxnRequest } from '../src/protocol/kafka/codec/generated/end-txn.ts';
import {
  readFetchRequest,
  readFetchResponse,
  writeFetchRequest,
  writeFetchResponse,
} from '../src/protocol/kafka/codec/generated/fetch.ts';
import {
  readOffsetCommitRequest,
  writeOffsetCommitRequest,
} from '../src/protocol/kafka/codec/generated/offset-commit.ts';
import {
  readProduceRequest,
  readProduceResponse,
  writeProduceResponse,
} from '../src/protocol/kafka/codec/generated/produce.ts';
import {
  readShareAcknowledgeRequest,
  writeShareAcknowledgeRequest,
} from '../src/protocol/kafka/codec/generated/share-acknowledge.ts';
import {
  readShareFetchRequest,
  type ShareFetchRequestTopic,
  writeShareFetchRequest,
} from '../src/protocol/kafka/codec/generated/share-fetch.ts';
import {
  readSyncGroupResponse,
  writeSyncGroupResponse,
} from '../src/protocol/kafka/codec/generated/sync-group.ts';
import {
  readTxnOffsetCommitRequest,
  writeTxnOffsetCommitRequest,
} from '../src/protocol/kafka/codec/generated/txn-offset-commit.ts';
import {
  type RequestHeader,
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from '../src/protocol/kafka/codec/header.ts';
import { RequestAssembler } from '../src/protocol/kafka/framing.ts';
import { batchBaseOffset, batchRecordCount, batchSizeBytes, patchBaseOffset } from '../src/record/batch.ts';
import type { StartBroker } from './broker-host.ts';
import type { Prng } from './prng.ts';

export type Mutation =
  /** Produce requests arrive twice. */
  | 'duplicates'
  /** Now and then two neighbouring batches of an answer have their offsets exchanged. */
  | 'reorders'
  /** Now and then a batch is missing from what is read. */
  | 'skips'
  /** Commits are kept with an older offset. */
  | 'forgets-commits'
  /** What was stored is now and then called refused. */
  | 'refuses-stored'
  /** Every member of a group gets the assignment of the first. */
  | 'assigns-twice'
  /** The same for members of the consumer protocol. */
  | 'assigns-all-twice'
  /** Members of the consumer protocol aren't told what they have to give up, and count as if they had. */
  | 'revokes-silently'
  /** A transaction that is aborted is committed instead. */
  | 'commits-aborted'
  /** Who reads committed records gets all. */
  | 'reads-uncommitted'
  /** Transactions commit another offset than they were told. */
  | 'changes-transaction-offsets'
  /** What consumers of share groups accept is released instead. */
  | 'forgets-accepted';

const FRAME_BYTES_MAX = 200 * 1024 * 1024;
const INVALID_RECORD = 87;
/** AcknowledgeTypes of share groups. */
const RELEASE = 2;
/** Added to the correlation id of a request that nobody asked for. */
const SWALLOWED = 0x40000000;

export function mutant(start: StartBroker, mutation: Mutation, prng: Prng): StartBroker {
  return (platform, options) => {
    const net = mutantNet(platform.net, { mutation, prng, port: options.port });
    return start({ ...platform, net }, options);
  };
}

/** Where other protocols listen nothing is changed. */
function mutantNet(
  net: Net,
  { mutation, prng, port }: { readonly mutation: Mutation; readonly prng: Prng; readonly port: number },
): Net {
  const shared: Shared = { mutation, prng, firstAssignment: null, firstTarget: null };
  return {
    checkTls: net.checkTls,
    listen: (options, accept) =>
      net.listen(options, (inner) =>
        accept(options.port === port ? new MutantConnection(inner, shared) : inner),
      ),
  };
}

interface Shared {
  readonly mutation: Mutation;
  readonly prng: Prng;
  firstAssignment: Buffer | null;
  firstTarget: ConsumerGroupHeartbeatResponse['assignment'];
}

class MutantConnection implements Connection {
  readonly #inner: Connection;
  readonly #shared: Shared;
  readonly #requests = new RequestAssembler(FRAME_BYTES_MAX, new BlockPool({ freeBytesMax: 0 }));
  readonly #responses = new RequestAssembler(FRAME_BYTES_MAX, new BlockPool({ freeBytesMax: 0 }));
  /** Requests whose answers are due, by correlation id. */
  readonly #asked = new Map<number, RequestHeader>();
  /** What the member of the consumer protocol was told to have. */
  #told: ReadonlySet<string> = new Set();

  constructor(inner: Connection, shared: Shared) {
    this.#inner = inner;
    this.#shared = shared;
  }

  get remote(): string {
    return this.#inner.remote;
  }

  get remoteHost(): string {
    return this.#inner.remoteHost;
  }

  get peerName(): string | null {
    return this.#inner.peerName;
  }

  get unsentBytes(): number {
    return this.#inner.unsentBytes;
  }

  onData(handler: (chunk: Buffer) => void): void {
    this.#inner.onData((chunk) => {
      this.#requests.push(chunk);
      for (;;) {
        const frame = this.#requests.next();
        if (frame === null || typeof frame === 'string') return;
        for (const one of this.#request(frame)) handler(framed(one));
      }
    });
  }

  onClose(handler: (reason: string | null) => void): void {
    this.#inner.onClose(handler);
  }

  onDrain(handler: () => void): void {
    this.#inner.onDrain(handler);
  }

  write(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) this.#responses.push(buffer);
    for (;;) {
      const frame = this.#responses.next();
      if (frame === null || typeof frame === 'string') return;
      const response = this.#response(frame);
      if (response !== null) this.#inner.write([framed(response)]);
    }
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(): void {
    this.#inner.destroy();
  }

  /** What the broker gets for a request. */
  #request(frame: Buffer): Buffer[] {
    const { mutation, prng } = this.#shared;
    const reader = new ByteReader(frame);
    const header = readRequestHeader(reader);
    this.#asked.set(header.correlationId, header);
    if (mutation === 'duplicates' && header.apiKey === API_KEY.Produce && prng.chance(0.3)) {
      const again = Buffer.from(frame);
      const { acks } = readProduceRequest(reader, header.apiVersion);
      if (acks === 0) return [frame, again];
      again.writeInt32BE(header.correlationId + SWALLOWED, 4);
      return [frame, again];
    }
    if (mutation === 'forgets-commits' && header.apiKey === API_KEY.OffsetCommit) {
      const request = readOffsetCommitRequest(reader, header.apiVersion);
      for (const topic of request.topics) {
        for (const partition of topic.partitions) {
          partition.committedOffset = Math.max(0, partition.committedOffset - 1);
          partition.committedMetadata = `up to ${partition.committedOffset}`;
        }
      }
      const writer = new ByteWriter();
      writeRequestHeader(writer, header);
      writeOffsetCommitRequest(writer, request, header.apiVersion);
      return [writer.finishContiguous()];
    }
    if (mutation === 'revokes-silently' && header.apiKey === API_KEY.ConsumerGroupHeartbeat) {
      const request = readConsumerGroupHeartbeatRequest(reader, header.apiVersion);
      const writer = new ByteWriter();
      writeRequestHeader(writer, header);
      writeConsumerGroupHeartbeatRequest(writer, { ...request, topicPartitions: [] }, header.apiVersion);
      return [writer.finishContiguous()];
    }
    const changed = this.#transactionRequest(header, reader) ?? this.#shareRequest(header, reader);
    return [changed ?? frame];
  }

  /** A request of transactions as the broker gets it; null: as it was. */
  #transactionRequest(header: RequestHeader, reader: ByteReader): Buffer | null {
    const { mutation } = this.#shared;
    const { apiKey, apiVersion } = header;
    const writer = new ByteWriter();
    writeRequestHeader(writer, header);
    if (mutation === 'commits-aborted' && apiKey === API_KEY.EndTxn) {
      writeEndTxnRequest(writer, { ...readEndTxnRequest(reader, apiVersion), committed: true }, apiVersion);
    } else if (mutation === 'reads-uncommitted' && apiKey === API_KEY.Fetch) {
      writeFetchRequest(writer, { ...readFetchRequest(reader, apiVersion), isolationLevel: 0 }, apiVersion);
    } else if (mutation === 'changes-transaction-offsets' && apiKey === API_KEY.TxnOffsetCommit) {
      const request = readTxnOffsetCommitRequest(reader, apiVersion);
      for (const { partitions } of request.topics)
        for (const partition of partitions) partition.committedOffset++;
      writeTxnOffsetCommitRequest(writer, request, apiVersion);
    } else return null;
    return writer.finishContiguous();
  }

  /** The same of requests of share groups. */
  #shareRequest(header: RequestHeader, reader: ByteReader): Buffer | null {
    const { apiKey, apiVersion } = header;
    if (this.#shared.mutation !== 'forgets-accepted') return null;
    const writer = new ByteWriter();
    writeRequestHeader(writer, header);
    if (apiKey === API_KEY.ShareFetch) {
      const request = readShareFetchRequest(reader, apiVersion);
      writeShareFetchRequest(writer, { ...request, topics: released(request.topics) }, apiVersion);
    } else if (apiKey === API_KEY.ShareAcknowledge) {
      const request = readShareAcknowledgeRequest(reader, apiVersion);
      writeShareAcknowledgeRequest(writer, { ...request, topics: released(request.topics) }, apiVersion);
    } else return null;
    return writer.finishContiguous();
  }

  /** What the client gets for an answer; null: nothing. */
  #response(frame: Buffer): Buffer | null {
    const correlationId = frame.readInt32BE(0);
    if (correlationId >= SWALLOWED) return null;
    const header = this.#asked.get(correlationId)!;
    this.#asked.delete(correlationId);
    const reader = new ByteReader(frame);
    readResponseHeader(reader, header.apiKey, header.apiVersion);
    const writer = new ByteWriter();
    writeResponseHeader(writer, header.apiKey, header.apiVersion, correlationId);
    return this.#mutateResponse(header, reader, writer) ? writer.finishContiguous() : frame;
  }

  /** Writes the body that the client gets; false: as it was. */
  #mutateResponse({ apiKey, apiVersion }: RequestHeader, reader: ByteReader, writer: ByteWriter): boolean {
    const { mutation, prng } = this.#shared;
    if ((mutation === 'reorders' || mutation === 'skips') && apiKey === API_KEY.Fetch) {
      const response = readFetchResponse(reader, apiVersion);
      for (const topic of response.responses) {
        for (const partition of topic.partitions) {
          partition.records = changeBatches(partition.records as Buffer | null, mutation, prng);
        }
      }
      writeFetchResponse(writer, response, apiVersion);
      return true;
    }
    if (mutation === 'reads-uncommitted' && apiKey === API_KEY.Fetch) {
      const response = readFetchResponse(reader, apiVersion);
      for (const { partitions } of response.responses) {
        for (const partition of partitions) {
          partition.abortedTransactions ??= [];
          partition.lastStableOffset = partition.highWatermark;
        }
      }
      writeFetchResponse(writer, response, apiVersion);
      return true;
    }
    if (mutation === 'refuses-stored' && apiKey === API_KEY.Produce) {
      const response = readProduceResponse(reader, apiVersion);
      for (const { partitionResponses } of response.responses) {
        for (const partition of partitionResponses) {
          if (partition.errorCode === 0 && prng.chance(0.2)) partition.errorCode = INVALID_RECORD;
        }
      }
      writeProduceResponse(writer, response, apiVersion);
      return true;
    }
    if (mutation === 'assigns-twice' && apiKey === API_KEY.SyncGroup) {
      const response = readSyncGroupResponse(reader, apiVersion);
      if (response.errorCode === 0) this.#shared.firstAssignment ??= Buffer.from(response.assignment);
      if (response.errorCode === 0) response.assignment = this.#shared.firstAssignment!;
      writeSyncGroupResponse(writer, response, apiVersion);
      return true;
    }
    if (apiKey === API_KEY.ConsumerGroupHeartbeat) return this.#mutateHeartbeat(apiVersion, reader, writer);
    return false;
  }

  #mutateHeartbeat(apiVersion: number, reader: ByteReader, writer: ByteWriter): boolean {
    const { mutation } = this.#shared;
    const response = readConsumerGroupHeartbeatResponse(reader, apiVersion);
    const partitions = partitionsOf(response.assignment);
    if (mutation === 'assigns-all-twice') {
      if (partitions.size > 0) response.assignment = this.#shared.firstTarget ??= response.assignment;
    } else if (mutation === 'revokes-silently') {
      const revokes = [...this.#told].some((one) => !partitions.has(one));
      if (revokes) response.assignment = null;
      else this.#told = partitions;
    } else return false;
    writeConsumerGroupHeartbeatResponse(writer, response, apiVersion);
    return true;
  }
}

function released(topics: readonly ShareFetchRequestTopic[]): ShareFetchRequestTopic[] {
  for (const { partitions } of topics)
    for (const { acknowledgementBatches } of partitions)
      for (const batch of acknowledgementBatches)
        batch.acknowledgeTypes = batch.acknowledgeTypes.map(() => RELEASE);
  return [...topics];
}

function partitionsOf(assignment: ConsumerGroupHeartbeatResponse['assignment']): Set<string> {
  const topics = assignment?.topicPartitions ?? [];
  return new Set(topics.flatMap(({ topicId, partitions }) => partitions.map((one) => `${topicId}${one}`)));
}

function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function changeBatches(records: Buffer | null, mutation: 'reorders' | 'skips', prng: Prng): Buffer | null {
  if (records === null || !prng.chance(0.3)) return records;
  const batches: Buffer[] = [];
  for (let at = 0; at < records.length; at += batchSizeBytes(records, at)) {
    batches.push(Buffer.from(records.subarray(at, at + batchSizeBytes(records, at))));
  }
  if (mutation === 'skips') return batches.length < 2 ? records : Buffer.concat(batches.slice(1));
  for (let i = 0; i + 1 < batches.length; i++) {
    const [first, second] = [batches[i]!, batches[i + 1]!];
    if (batchRecordCount(first) !== batchRecordCount(second)) continue;
    const offset = batchBaseOffset(first);
    patchBaseOffset(first, batchBaseOffset(second));
    patchBaseOffset(second, offset);
    batches.splice(i, 2, second, first);
    break;
  }
  return Buffer.concat(batches);
}

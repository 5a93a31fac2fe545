/**
 * A simulated consumer with assigned partitions: fetches from an offset on, with or without fetch sessions (KIP-227),
 * and checks that it gets every record once, in order (7, 8), and nothing above the high watermark.
 */
import { type Uuid, ZERO_UUID } from '../../src/base/uuid.ts';
import type {
  FetchResponse,
  FetchResponsePartition,
} from '../../src/protocol/kafka/codec/generated/fetch.ts';
import {
  defaultFetchRequest,
  defaultFetchRequestPartition,
} from '../../src/protocol/kafka/codec/generated/fetch.ts';
import type { KeyedRecord } from '../keyed.ts';
import { ERROR, FETCH, LIST_OFFSETS } from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import type { KnownTopic } from './metadata.ts';
import { type ReadRecord, readBatches, readCommitted, readKeyed } from './records.ts';

const EARLIEST = -2;
/** First version of ListOffsets that knows isolation levels. */
const ISOLATION_VERSION = 2;

/** One partition that is read. */
export interface Position {
  readonly topic: KnownTopic;
  readonly partition: number;
  /** Next offset to read; -1: the start, which must be asked for. */
  offset: number;
  /** As the broker said last; -1: not yet. */
  highWatermark: number;
}

export interface FetchOptions {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
  /** Whether fetch sessions are used, where the version has them. */
  readonly sessions: boolean;
  /** Only what transactions have committed, given to `history.transactions`. */
  readonly committed?: boolean;
  /** The topics are compacted: what is read is told to this. */
  readonly onKeyed?: (position: Position, record: KeyedRecord) => void;
}

/** Called for each record, in order. */
export type OnRecord = (position: Position, record: ReadRecord) => void;

export class Fetcher {
  readonly #client: SimClient;
  readonly #options: FetchOptions;
  readonly #onRecord: OnRecord;
  positions: Position[] = [];
  #sessionId = 0;
  #epoch = 0;
  /** What the session holds: offset by key. */
  #session = new Map<string, { position: Position; offset: number }>();

  constructor(client: SimClient, options: FetchOptions, onRecord: OnRecord) {
    this.#client = client;
    this.#options = options;
    this.#onRecord = onRecord;
  }

  /** Begins anew with these. */
  assign(positions: Position[]): void {
    this.positions = positions;
    this.#forget();
  }

  /** One request. Throws Disconnected. */
  async poll(): Promise<void> {
    const client = this.#client;
    for (const position of this.positions) {
      if (position.offset >= 0) continue;
      const start = await listOffset(client, position.topic.name, position.partition, EARLIEST);
      if (start === null) return;
      position.offset = start;
    }
    const ids = this.positions.every((one) => one.topic.id !== ZERO_UUID);
    const version = await client.version(FETCH, ids ? FETCH.maxVersion : 12);
    const sessions = this.#options.sessions && version >= 7;
    const asked = new Map(this.positions.map((one) => [keyOf(one), { position: one, offset: one.offset }]));
    const request = this.#request(asked, sessions);
    const timeoutMs = this.#options.maxWaitMs + client.requestTimeoutMs;
    const response = await client.call(FETCH, request, { version, timeoutMs }).catch((error: unknown) => {
      this.#forget();
      throw error;
    });
    if (response.errorCode !== ERROR.none) {
      const { fetchSessionNotFound, invalidFetchSessionEpoch } = ERROR;
      const known = [fetchSessionNotFound, invalidFetchSessionEpoch].includes(response.errorCode as never);
      if (!known) client.fail(`Fetch ${version}: error ${response.errorCode}`);
      return this.#forget();
    }
    if (sessions) this.#continueSession(response, asked);
    this.#take(response, version, asked, sessions);
  }

  #request(asked: Map<string, { position: Position; offset: number }>, sessions: boolean) {
    const { maxWaitMs, minBytes, maxBytes } = this.#options;
    const incremental = sessions && this.#epoch > 0;
    const changed = [...asked.values()].filter(
      ({ position, offset }) => !incremental || this.#session.get(keyOf(position))?.offset !== offset,
    );
    const gone = incremental
      ? [...this.#session.values()].filter(({ position }) => !asked.has(keyOf(position)))
      : [];
    return {
      ...defaultFetchRequest(),
      isolationLevel: this.#options.committed === true ? 1 : 0,
      maxWaitMs,
      minBytes,
      maxBytes,
      sessionId: sessions ? this.#sessionId : 0,
      sessionEpoch: sessions ? this.#epoch : -1,
      topics: byTopic(changed.map((one) => one.position)).map(({ topic, positions }) => ({
        topic: topic.name,
        topicId: topic.id,
        partitions: positions.map((one) => ({
          ...defaultFetchRequestPartition(),
          partition: one.partition,
          fetchOffset: one.offset,
          partitionMaxBytes: this.#options.partitionMaxBytes,
        })),
      })),
      forgottenTopicsData: byTopic(gone.map((one) => one.position)).map(({ topic, positions }) => ({
        topic: topic.name,
        topicId: topic.id,
        partitions: positions.map((one) => one.partition),
      })),
    };
  }

  #continueSession(
    response: FetchResponse,
    asked: Map<string, { position: Position; offset: number }>,
  ): void {
    if (this.#epoch > 0 && response.sessionId !== this.#sessionId) {
      this.#client.fail(`the fetch session ${this.#sessionId} was answered as ${response.sessionId}`);
    }
    this.#sessionId = response.sessionId;
    if (response.sessionId === 0) {
      this.#forget();
      return;
    }
    this.#epoch = this.#epoch === 0x7fffffff ? 1 : this.#epoch + 1;
    this.#session = asked;
  }

  #take(
    response: FetchResponse,
    version: number,
    asked: Map<string, { position: Position; offset: number }>,
    sessions: boolean,
  ): void {
    let answered = 0;
    for (const topic of response.responses) {
      for (const partition of topic.partitions) {
        const one = [...asked.values()].find(
          ({ position }) =>
            position.partition === partition.partitionIndex && isTopic(position.topic, topic, version),
        );
        if (one === undefined) {
          this.#client.fail(`Fetch ${version} was answered with a partition that was not asked for`);
          continue;
        }
        answered++;
        if (this.positions.includes(one.position)) this.#takePartition(one.position, partition);
      }
    }
    if (!sessions && answered !== asked.size) {
      this.#client.fail(`Fetch ${version} asked for ${asked.size} partitions and got ${answered}`);
    }
  }

  #takePartition(position: Position, partition: FetchResponsePartition): void {
    const client = this.#client;
    const where = `${position.topic.name}-${position.partition}`;
    if (partition.errorCode === ERROR.offsetOutOfRange) {
      this.#outOfRange(position);
      return;
    }
    if (partition.errorCode !== ERROR.none) {
      client.note(`Fetch ${where}: error ${partition.errorCode}`);
      return;
    }
    position.highWatermark = partition.highWatermark;
    const batches = normalRecords(partition.records);
    if (this.#options.onKeyed !== undefined) return this.#takeKeyed(position, batches, this.#options.onKeyed);
    if (this.#options.committed === true) return this.#takeCommitted(position, partition, batches);
    const records = readBatches(batches, client.world.compression);
    if (typeof records === 'string') {
      client.fail(`Fetch ${where}@${position.offset}: ${records}`);
      return;
    }
    for (const record of records) {
      if (record.offset < position.offset) continue;
      const trimmed = client.world.history.topics.get(position.topic.name)?.trimmed === true;
      if (record.offset > position.offset && !trimmed) {
        client.fail(`(8) ${where}: offset ${record.offset} came, and ${position.offset} was next`);
      }
      if (record.offset >= partition.highWatermark) {
        client.fail(
          `(5) ${where}: offset ${record.offset} came with the high watermark at ${partition.highWatermark}`,
        );
      }
      position.offset = record.offset + 1;
      client.world.history.read(
        client.name,
        position.topic.name,
        position.partition,
        record.offset,
        record.id,
      );
      this.#onRecord(position, record);
    }
  }

  #takeKeyed(position: Position, batches: Buffer, onKeyed: NonNullable<FetchOptions['onKeyed']>): void {
    const client = this.#client;
    const where = `${position.topic.name}-${position.partition}`;
    const read = readKeyed(batches, client.world.compression);
    if (typeof read === 'string') return client.fail(`Fetch ${where}@${position.offset}: ${read}`);
    for (const record of read.records) if (record.offset >= position.offset) onKeyed(position, record);
    if (read.nextOffset > position.offset) position.offset = read.nextOffset;
  }

  #takeCommitted(position: Position, partition: FetchResponsePartition, batches: Buffer): void {
    const client = this.#client;
    const where = `${position.topic.name}-${position.partition}`;
    if (partition.abortedTransactions === null)
      client.fail(`Fetch ${where}: no list of aborted transactions`);
    const read = readCommitted(batches, partition.abortedTransactions ?? [], client.world.compression);
    if (typeof read === 'string') return client.fail(`Fetch ${where}@${position.offset}: ${read}`);
    for (const record of read.records) {
      if (record.offset < position.offset) continue;
      if (record.offset >= partition.lastStableOffset) {
        client.fail(`(5) ${where}@${record.offset} came, stable up to ${partition.lastStableOffset}`);
      }
      this.#onRecord(position, record);
    }
    if (read.nextOffset > position.offset) position.offset = read.nextOffset;
  }

  #outOfRange(position: Position): void {
    const facts = this.#client.world.history.topics.get(position.topic.name);
    const where = `${position.topic.name}-${position.partition}`;
    if (facts?.durable && !facts.trimmed)
      this.#client.fail(`${where}: offset ${position.offset} is out of range`);
    this.#client.note(`${where}: offset ${position.offset} is out of range`);
    position.offset = -1;
    position.highWatermark = -1;
  }

  #forget(): void {
    this.#sessionId = 0;
    this.#epoch = 0;
    this.#session.clear();
  }
}

export class Consumer extends SimClient {
  fetch!: FetchOptions;
  /** Longest pause between two fetches, ms. */
  pauseMsMax = 50;
  fetcher!: Fetcher;

  /** Reads for ever. */
  async run(positions: Position[], onRecord: OnRecord = () => {}): Promise<void> {
    this.fetcher = new Fetcher(this, this.fetch, onRecord);
    this.fetcher.assign(positions);
    for (;;) {
      try {
        await this.fetcher.poll();
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      }
      await this.sleep(this.prng.int(1 + this.pauseMsMax));
    }
  }
}

/** One offset a partition by ListOffsets: -1 the end, -2 the start; null when it couldn't be asked. */
export async function listOffset(
  client: SimClient,
  topic: string,
  partition: number,
  timestamp: number,
  isolationLevel = 0,
): Promise<number | null> {
  const version = Math.max(await client.version(LIST_OFFSETS), isolationLevel === 0 ? 0 : ISOLATION_VERSION);
  const request = {
    replicaId: -1,
    isolationLevel,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }] }],
    timeoutMs: 1000,
  };
  const response = await client.call(LIST_OFFSETS, request, { version });
  const result = response.topics[0]?.partitions[0];
  if (result === undefined) {
    client.fail(`ListOffsets was answered without ${topic}-${partition}`);
    return null;
  }
  return result.errorCode === ERROR.none ? result.offset : null;
}

function normalRecords(records: Buffer | readonly Buffer[] | null): Buffer {
  if (records === null) return Buffer.alloc(0);
  return Array.isArray(records) ? Buffer.concat(records) : (records as Buffer);
}

function isTopic(topic: KnownTopic, answered: { topic: string; topicId: Uuid }, version: number): boolean {
  return version >= 13 ? answered.topicId === topic.id : answered.topic === topic.name;
}

function keyOf(position: Position): string {
  return `${position.topic.name}-${position.partition}`;
}

function byTopic(positions: readonly Position[]): { topic: KnownTopic; positions: Position[] }[] {
  const topics = new Map<string, { topic: KnownTopic; positions: Position[] }>();
  for (const position of positions) {
    const entry = topics.get(position.topic.name);
    if (entry === undefined)
      topics.set(position.topic.name, { topic: position.topic, positions: [position] });
    else entry.positions.push(position);
  }
  return [...topics.values()];
}

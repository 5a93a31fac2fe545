// Writes records to a topic: gathers what comes while a request is on the way, sends it as one batch a partition, and
// tries again what may succeed later.
//
// Guarantees: at most `queuedBytesMax` of records wait in memory (`push` resolves when there is room); records of one
// partition keep their order; with acks "all" a batch that is sent again is not stored twice (idempotent producer); what
// isn't taken is tried again until its oldest record has waited for the client's timeout; after `finish` each record counts
// as either sent or failed. With acks 0 "sent" means handed to the connection.

import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordInput } from '../record/build.ts';
import type { RecordHeader } from '../record/walk.ts';
import { byLeader, type Client, type ProducedPartition, type TopicInfo } from './client.ts';
import type { Acks, Compression, OutgoingRecord } from './client-apis.ts';
import { BrokerFailure, CODE, NetworkFailure } from './failures.ts';
import { partitionOfKey } from './murmur2.ts';

export interface SenderOptions {
  readonly client: Client;
  readonly topic: TopicInfo;
  readonly acks: Acks;
  readonly compression: Compression;
  /** Never retry without protection from duplicates; what a benchmark wants. */
  readonly idempotent?: boolean;
  /** Uncompressed bytes of one batch; below the default max.message.bytes (1,048,588). */
  readonly batchBytes?: number;
  readonly queuedBytesMax?: number;
  /** Called for each answered request: records in it, and how long it took. */
  readonly onAnswer?: (records: number, elapsedMs: number) => void;
}

export interface NewRecord {
  /** Undefined: by key, or one partition after the other where there is no key. */
  readonly partition?: number | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
  readonly timestampMs?: number;
}

interface Batch {
  readonly partition: number;
  readonly records: OutgoingRecord[];
  readonly bytes: number;
  /** Of the oldest record. */
  readonly pushedMs: number;
  failure?: BrokerFailure | NetworkFailure;
}

interface QueuedRecord extends OutgoingRecord {
  readonly pushedMs: number;
}

interface Queue {
  records: QueuedRecord[];
  bytes: number;
}

const RETRY_MS = 100;
const RECORD_OVERHEAD_BYTES = 24;
const SEQUENCES = 2 ** 31;
/** Small records weigh more as objects than as bytes. */
const QUEUED_RECORDS_MAX = 50_000;

export class Sender {
  readonly #options: SenderOptions;
  readonly #batchBytes: number;
  readonly #queuedBytesMax: number;
  #topic: TopicInfo;
  readonly #queues = new Map<number, Queue>();
  #queuedBytes = 0;
  #queuedRecords = 0;
  #nextPartition: number;
  #producer: { id: number; epoch: number } | undefined;
  readonly #sequences = new Map<number, number>();
  #pump: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  sent = 0;
  sentBytes = 0;
  failed = 0;
  /** Why the first record failed. */
  firstFailure: BrokerFailure | NetworkFailure | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#topic = options.topic;
    // Many short runs of a command shall not all fill the first partition.
    this.#nextPartition = randomInt(options.topic.partitions.length);
    this.#batchBytes = options.batchBytes ?? 900 * 1024;
    this.#queuedBytesMax = options.queuedBytesMax ?? 8 * 1024 * 1024;
  }

  /** Resolves when there is room for more. */
  async push(record: NewRecord): Promise<void> {
    const partition = record.partition ?? this.#choose(record.key);
    const bytes = sizeOf(record);
    const queue = this.#queues.get(partition) ?? { records: [], bytes: 0 };
    this.#queues.set(partition, queue);
    const pushedMs = Date.now();
    queue.records.push({
      pushedMs,
      partition,
      timestampMs: record.timestampMs ?? pushedMs,
      key: record.key,
      value: record.value,
      headers: record.headers,
    });
    queue.bytes += bytes;
    this.#queuedBytes += bytes;
    this.#queuedRecords++;
    this.#pump ??= this.#run();
    if (this.#queuedBytes > this.#queuedBytesMax || this.#queuedRecords > QUEUED_RECORDS_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when every record was sent or has failed. */
  async finish(): Promise<void> {
    while (this.#pump !== undefined) await this.#pump;
  }

  #choose(key: Buffer | null): number {
    const count = this.#topic.partitions.length;
    if (key !== null) return partitionOfKey(key, count);
    this.#nextPartition = (this.#nextPartition + 1) % count;
    return this.#nextPartition;
  }

  async #run(): Promise<void> {
    // Lets a burst of pushes gather before the first request.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      if (this.#options.acks === -1 && this.#options.idempotent !== false) {
        this.#producer ??= await this.#options.client.producerId();
      }
      while (this.#queuedBytes > 0) {
        await this.#deliver(this.#takeBatches());
        for (const resolve of this.#waiting.splice(0)) resolve();
      }
    } finally {
      this.#pump = undefined;
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** One batch of each partition that has records. */
  #takeBatches(): Batch[] {
    const batches: Batch[] = [];
    for (const [partition, queue] of this.#queues) {
      let bytes = 0;
      let count = 0;
      while (count < queue.records.length) {
        const size = sizeOf(queue.records[count]!);
        if (count > 0 && bytes + size > this.#batchBytes) break;
        bytes += size;
        count++;
      }
      if (count === 0) continue;
      const records = count === queue.records.length ? queue.records : queue.records.slice(0, count);
      queue.records = count === queue.records.length ? [] : queue.records.slice(count);
      queue.bytes -= bytes;
      this.#queuedBytes -= bytes;
      this.#queuedRecords -= count;
      batches.push({ partition, records, bytes, pushedMs: records[0]!.pushedMs });
    }
    return batches;
  }

  /** Sends until each batch is stored or has failed for good. */
  async #deliver(batches: Batch[]): Promise<void> {
    let open = batches;
    while (open.length > 0) {
      await this.#attempt(open);
      const again: Batch[] = [];
      let lost = false;
      for (const batch of open) {
        if (batch.failure === undefined) continue;
        if (this.#mayRetry(batch)) {
          again.push(batch);
          continue;
        }
        lost = true;
        this.failed += batch.records.length;
        this.firstFailure ??= batch.failure;
      }
      if (lost && this.#producer !== undefined) await this.#renewProducer(again);
      if (again.length > 0) {
        await sleep(RETRY_MS);
        await this.#refresh();
      }
      open = again;
    }
  }

  #mayRetry(batch: Batch): boolean {
    const { failure } = batch;
    const retriable = failure instanceof NetworkFailure || (failure?.retriable ?? false);
    const protectedFromDuplicates = this.#producer !== undefined || failure instanceof BrokerFailure;
    const inTime = Date.now() - batch.pushedMs < this.#options.client.timeoutMs;
    return retriable && protectedFromDuplicates && inTime;
  }

  /** After a batch was given up, the broker expects another sequence: start a new producer. */
  async #renewProducer(again: readonly Batch[]): Promise<void> {
    if (again.length > 0) return;
    try {
      this.#producer = await this.#options.client.producerId();
      this.#sequences.clear();
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
    }
  }

  async #refresh(): Promise<void> {
    try {
      const [topic] = await this.#options.client.topics([this.#topic.name]);
      if (topic !== undefined && topic.errorCode === 0) this.#topic = topic;
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
    }
  }

  async #attempt(batches: readonly Batch[]): Promise<void> {
    const byPartition = new Map(batches.map((batch) => [batch.partition, batch]));
    let nodes: ReturnType<typeof byLeader>;
    try {
      nodes = byLeader(this.#topic, [...byPartition.keys()]);
    } catch (error) {
      if (!(error instanceof BrokerFailure)) throw error;
      for (const batch of batches) batch.failure = error;
      return;
    }
    await Promise.all(
      [...nodes].map(([node, partitions]) =>
        this.#request(
          node,
          partitions.map(({ partition }) => byPartition.get(partition)!),
        ),
      ),
    );
  }

  async #request(node: number, batches: readonly Batch[]): Promise<void> {
    const { client, acks, compression, onAnswer } = this.#options;
    const startedMs = performance.now();
    const producer = this.#producer;
    try {
      const answers = await client.produce({
        node,
        topic: this.#topic.name,
        records: batches.flatMap(({ records }) => records),
        acks,
        compression,
        producer:
          producer === undefined
            ? undefined
            : { ...producer, sequenceOf: (partition) => this.#sequences.get(partition) ?? 0 },
      });
      for (const batch of batches) this.#settle(batch, answers);
      onAnswer?.(
        batches.reduce((sum, { records }) => sum + records.length, 0),
        performance.now() - startedMs,
      );
    } catch (error) {
      if (!(error instanceof NetworkFailure) && !(error instanceof BrokerFailure)) throw error;
      for (const batch of batches) batch.failure = error;
    }
  }

  #settle(batch: Batch, answers: readonly ProducedPartition[]): void {
    delete batch.failure;
    const answer = answers.find(({ partition }) => partition === batch.partition);
    const code = answer?.errorCode ?? (this.#options.acks === 0 ? 0 : CODE.unknownTopicOrPartition);
    // A batch that was stored at an earlier attempt is a success.
    if (code !== 0 && code !== CODE.duplicateSequence) {
      batch.failure = new BrokerFailure(code, answer?.message);
      return;
    }
    this.sent += batch.records.length;
    this.sentBytes += batch.bytes;
    const next = (this.#sequences.get(batch.partition) ?? 0) + batch.records.length;
    this.#sequences.set(batch.partition, next % SEQUENCES);
  }
}

/** About what a record takes in a batch, uncompressed. */
function sizeOf(record: RecordInput): number {
  let bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const { key, value } of record.headers ?? [])
    bytes += Buffer.byteLength(key) + (value?.length ?? 0) + 8;
  return bytes;
}

/** The topic, created by the broker where it does that by itself; undefined where there is none. */
export async function findOrAutoCreate(client: Client, name: string): Promise<TopicInfo | undefined> {
  const startedMs = Date.now();
  for (;;) {
    const [topic] = await client.topics([name], true);
    const code = topic?.errorCode ?? CODE.unknownTopicOrPartition;
    if (topic !== undefined && code === 0 && topic.partitions.every(({ leader }) => leader >= 0))
      return topic;
    const pending = code === 0 || code === CODE.leaderNotAvailable || code === CODE.unknownTopicOrPartition;
    if (!pending) throw new BrokerFailure(code);
    // A broker that creates topics has done so by now.
    const patienceMs = code === CODE.unknownTopicOrPartition ? 1500 : client.timeoutMs;
    if (Date.now() - startedMs > patienceMs) {
      if (code === CODE.unknownTopicOrPartition) return undefined;
      throw new BrokerFailure(CODE.leaderNotAvailable);
    }
    await sleep(RETRY_MS);
  }
}

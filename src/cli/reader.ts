// Reads partitions of one topic from given offsets, one request a broker on the way at a time.
//
// Guarantees: the records of a partition come in order, none left out and none twice; a moved leader or a broken
// connection is retried for the client's time-out (without end where `patient`).

import { setTimeout as sleep } from 'node:timers/promises';
import { byLeader, type Client, type TopicInfo } from './client.ts';
import type { FetchedPartition } from './client-apis.ts';
import { CliError } from './errors.ts';
import { BrokerFailure, CODE, NetworkFailure } from './failures.ts';

export interface ReaderOptions {
  readonly client: Client;
  readonly topic: TopicInfo;
  /** Wait for a lost broker without end. */
  readonly patient: boolean;
  /** How long a request waits at the broker for records. */
  readonly maxWaitMs?: number;
  /** Bytes asked for at once. */
  readonly maxBytes?: number;
  /** Told once each time that the broker is lost. */
  readonly onLost?: () => void;
}

interface Position {
  offset: number;
  /** Where reading ends; undefined: nowhere. */
  readonly end: number | undefined;
}

type Arrival = { node: number; parts?: FetchedPartition[]; failure?: unknown };

const RETRY_MS = 200;

export class Reader {
  readonly #options: ReaderOptions;
  #topic: TopicInfo;
  #positions = new Map<number, Position>();
  #pending = new Map<number, Promise<Arrival>>();
  #failingSinceMs: number | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#topic = options.topic;
  }

  /** From here on these partitions are read, from these offsets. */
  assign(positions: readonly { partition: number; offset: number; end?: number | undefined }[]): void {
    this.#positions = new Map(positions.map(({ partition, offset, end }) => [partition, { offset, end }]));
    // What is on the way belongs to the former assignment.
    this.#pending = new Map();
  }

  /** Every partition has reached its end. */
  get done(): boolean {
    for (const { offset, end } of this.#positions.values())
      if (end === undefined || offset < end) return false;
    return true;
  }

  /** What arrived; empty where nothing did within the wait, or when the signal was given. */
  async next(signal: AbortSignal): Promise<FetchedPartition[]> {
    try {
      this.#request();
      if (this.#pending.size === 0) return [];
      const arrival = await firstOf([...this.#pending.values()], signal);
      if (arrival === undefined) return [];
      this.#pending.delete(arrival.node);
      if (arrival.failure !== undefined) throw arrival.failure;
      const parts = this.#accept(arrival.parts ?? []);
      this.#failingSinceMs = undefined;
      return parts;
    } catch (error) {
      await this.#recover(error, signal);
      return [];
    }
  }

  /** One request to each broker that has none on the way and leads a partition that isn't finished. */
  #request(): void {
    const open = [...this.#positions]
      .filter(([, { offset, end }]) => end === undefined || offset < end)
      .map(([partition]) => partition);
    const { client, maxWaitMs = 500, maxBytes = 4 * 1024 * 1024 } = this.#options;
    for (const [node, partitions] of byLeader(this.#topic, open)) {
      if (this.#pending.has(node)) continue;
      const request = {
        node,
        topicId: this.#topic.id,
        partitions: partitions.map(({ partition }) => ({
          partition,
          offset: this.#positions.get(partition)!.offset,
        })),
        maxWaitMs,
        maxBytes,
      };
      this.#pending.set(
        node,
        client.fetch(request).then(
          (parts) => ({ node, parts }),
          (failure: unknown) => ({ node, failure }),
        ),
      );
    }
  }

  #accept(parts: readonly FetchedPartition[]): FetchedPartition[] {
    const accepted: FetchedPartition[] = [];
    let failure: BrokerFailure | undefined;
    for (const part of parts) {
      const position = this.#positions.get(part.partition);
      if (position === undefined) continue;
      if (part.errorCode === CODE.offsetOutOfRange) throw outOfRange(this.#topic.name, part, position.offset);
      if (part.errorCode !== 0) {
        failure = new BrokerFailure(part.errorCode);
        continue;
      }
      position.offset = part.nextOffset;
      const { end } = position;
      const records = end === undefined ? part.records : part.records.filter(({ offset }) => offset < end);
      if (records.length > 0) accepted.push({ ...part, records });
    }
    if (accepted.length === 0 && failure !== undefined) throw failure;
    return accepted;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const retriable = error instanceof NetworkFailure || (error instanceof BrokerFailure && error.retriable);
    if (!retriable || signal.aborted) {
      if (signal.aborted) return;
      throw error;
    }
    const nowMs = Date.now();
    if (this.#failingSinceMs === undefined) {
      this.#failingSinceMs = nowMs;
      if (error instanceof NetworkFailure) this.#options.onLost?.();
    }
    if (!this.#options.patient && nowMs - this.#failingSinceMs > this.#options.client.timeoutMs) throw error;
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    const [topic] = await this.#options.client.topics([this.#topic.name]).catch(() => []);
    if (topic === undefined || topic.errorCode !== 0) return;
    if (topic.id !== this.#topic.id) {
      throw new CliError(`topic "${topic.name}" was deleted and made anew while it was read: start again`);
    }
    this.#topic = topic;
  }
}

function outOfRange(topic: string, part: FetchedPartition, asked: number): CliError {
  const holds = part.logStartOffset >= 0 ? `: it holds ${part.logStartOffset} to ${part.highWatermark}` : '';
  return new CliError(
    `offset ${asked} of ${topic}, partition ${part.partition}, is not kept${holds}; choose another --offset, or --from-beginning`,
  );
}

/** The first arrival, or undefined when the signal is given. */
async function firstOf(
  arrivals: readonly Promise<Arrival>[],
  signal: AbortSignal,
): Promise<Arrival | undefined> {
  if (signal.aborted) return undefined;
  let stop = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([...arrivals, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

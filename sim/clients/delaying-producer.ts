/**
 * A simulated producer to a topic with `polylog.headers`: some records are delayed, all have an id, and some are sent once more in a later
 * batch. Idempotent, one batch at a time, sent again until it is acknowledged.
 */
import { ZERO_UUID } from '../../src/base/uuid.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import { buildBatch, type RecordInput } from '../../src/record/build.ts';
import type { DelayHistory } from '../delays.ts';
import { ERROR, INIT_PRODUCER_ID, PRODUCE } from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { type KnownTopic, learnTopics } from './metadata.ts';
import { valueFor } from './records.ts';

export interface DelayingProducerOptions {
  readonly topic: string;
  readonly batches: number;
  readonly recordsMax: number;
  readonly valueBytesMax: number;
  /** The part of the records that are delayed. */
  readonly delays: number;
  readonly delayMsMax: number;
  /** The part of the records that were sent before. */
  readonly repeats: number;
  readonly codec: CompressionCodec;
  readonly pauseMsMax: number;
}

export class DelayingProducer extends SimClient {
  options!: DelayingProducerOptions;
  history!: DelayHistory;
  done = false;
  #topic!: KnownTopic;
  #producerId = -1;
  #epoch = -1;
  #records = 0;
  readonly #sequences = new Map<number, number>();
  readonly #acked: string[] = [];

  async run(): Promise<void> {
    const { topic, batches, pauseMsMax } = this.options;
    this.#topic = (await learnTopics(this, [topic])).get(topic)!;
    await this.#init();
    for (let left = batches; left > 0; left--) {
      await this.#write();
      await this.sleep(this.prng.int(1 + pauseMsMax));
    }
    this.done = true;
  }

  async #init(): Promise<void> {
    const request = {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1,
      producerEpoch: -1,
    };
    while (this.#producerId < 0) {
      const answer = await this.call(INIT_PRODUCER_ID, request).catch(nullIfDisconnected);
      if (answer?.errorCode === ERROR.none) {
        this.#producerId = answer.producerId;
        this.#epoch = answer.producerEpoch;
      } else await this.sleep(50);
    }
  }

  #record(id: string): RecordInput {
    const { delays, delayMsMax, valueBytesMax } = this.options;
    const headers = [{ key: 'dedup-id', value: Buffer.from(id) }];
    if (this.prng.chance(delays)) {
      const atMs = this.clock.nowMs() + this.prng.int(delayMsMax);
      headers.push({ key: 'deliver-at-ms', value: Buffer.from(String(atMs)) });
    }
    return { key: Buffer.from(id), value: valueFor(id, this.prng.int(valueBytesMax)), headers };
  }

  async #write(): Promise<void> {
    const { recordsMax, repeats, codec } = this.options;
    const ids = Array.from({ length: this.prng.between(1, recordsMax) }, () => {
      if (this.#acked.length > 0 && this.prng.chance(repeats)) return this.prng.pick(this.#acked);
      return `${this.name}-${this.#records++}`;
    });
    for (const id of ids) this.history.sending(id);
    const partition = this.prng.int(this.#topic.partitions);
    const baseSequence = this.#sequences.get(partition) ?? 0;
    const batch = buildBatch(
      ids.map((id) => this.#record(id)),
      {
        timestampMs: this.clock.nowMs(),
        producerId: this.#producerId,
        producerEpoch: this.#epoch,
        baseSequence,
        codec,
        compression: this.world.compression,
      },
    );
    for (;;) {
      const code = await this.#send(partition, Buffer.from(batch));
      if (code === ERROR.none) break;
      if (code !== null) this.note(`Produce: error ${code}`);
      await this.sleep(this.prng.between(10, 200));
    }
    this.#sequences.set(partition, baseSequence + ids.length);
    for (const id of ids) this.history.acked(id);
    this.#acked.push(...ids);
  }

  async #send(index: number, records: Buffer): Promise<number | null> {
    const { name, id } = this.#topic;
    // zstd is known from version 7 on, ids from 13.
    const version = Math.max(7, await this.version(PRODUCE, id === ZERO_UUID ? 12 : PRODUCE.maxVersion));
    const topicData = [{ name, topicId: id, partitionData: [{ index, records }] }];
    const request = { transactionalId: null, acks: -1, timeoutMs: 10_000, topicData };
    const answer = await this.call(PRODUCE, request, { version }).catch(nullIfDisconnected);
    return answer === null ? null : answer.responses[0]!.partitionResponses[0]!.errorCode;
  }
}

function nullIfDisconnected(error: unknown): null {
  if (error instanceof Disconnected) return null;
  throw error;
}

/**
 * A simulated producer to a compacted topic: few keys, of which each gets one version after the other and now and then is
 * deleted. Idempotent, one batch at a time, sent again until it is acknowledged. A key is always in the same partition.
 */
import { ZERO_UUID } from '../../src/base/uuid.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import { buildBatch } from '../../src/record/build.ts';
import type { KeyedHistory } from '../keyed.ts';
import { ERROR, INIT_PRODUCER_ID, PRODUCE } from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { type KnownTopic, learnTopics } from './metadata.ts';
import { keyedHeaders } from './records.ts';

export interface KeyedProducerOptions {
  readonly topic: string;
  readonly keys: number;
  readonly batches: number;
  readonly recordsMax: number;
  readonly valueBytesMax: number;
  /** The part of the records that delete their key. */
  readonly deletes: number;
  readonly codec: CompressionCodec;
  readonly pauseMsMax: number;
}

export class KeyedProducer extends SimClient {
  options!: KeyedProducerOptions;
  history!: KeyedHistory;
  done = false;
  #topic!: KnownTopic;
  #producerId = -1;
  #epoch = -1;
  readonly #sequences = new Map<number, number>();

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
    while (this.#producerId < 0) {
      const request = {
        transactionalId: null,
        transactionTimeoutMs: 60_000,
        producerId: -1,
        producerEpoch: -1,
      };
      const answer = await this.call(INIT_PRODUCER_ID, request).catch(nullIfDisconnected);
      if (answer?.errorCode === ERROR.none) {
        this.#producerId = answer.producerId;
        this.#epoch = answer.producerEpoch;
      } else await this.sleep(50);
    }
  }

  async #write(): Promise<void> {
    const { keys, recordsMax, valueBytesMax, deletes, codec } = this.options;
    const partition = this.prng.int(this.#topic.partitions);
    const sent: { key: string; version: number }[] = [];
    const records = Array.from({ length: this.prng.between(1, recordsMax) }, () => {
      const key = `${this.name}-${partition}-${this.prng.int(keys)}`;
      const isDelete = this.prng.chance(deletes);
      const version = this.history.sending(key, isDelete);
      sent.push({ key, version });
      const value = isDelete ? null : Buffer.alloc(this.prng.int(valueBytesMax), version);
      return { key: Buffer.from(key), value, headers: keyedHeaders(version) };
    });
    const baseSequence = this.#sequences.get(partition) ?? 0;
    const batch = buildBatch(records, {
      timestampMs: this.clock.nowMs(),
      producerId: this.#producerId,
      producerEpoch: this.#epoch,
      baseSequence,
      codec,
      compression: this.world.compression,
    });
    for (;;) {
      const code = await this.#send(partition, Buffer.from(batch));
      if (code === ERROR.none) break;
      if (code !== null) this.note(`Produce: error ${code}`);
      await this.sleep(this.prng.between(10, 200));
    }
    this.#sequences.set(partition, baseSequence + records.length);
    for (const { key, version } of sent) this.history.acked(key, version);
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

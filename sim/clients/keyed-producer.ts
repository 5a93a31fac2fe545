/**
 * A simulated producer to a compacted topic: few keys, of which each gets one version after the other and now and then is
 * deleted. Idempotent, one batch at a time, sent again until it is acknowledged. A key is always in the same partition.
 */
import type { CompressionCodec } from '../../src/platform/ports.ts';
import type { KeyedHistory } from '../keyed.ts';
import { SimClient } from './client.ts';
import { IdempotentWriter } from './idempotent.ts';
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
  #writer!: IdempotentWriter;

  async run(): Promise<void> {
    const { topic, batches, pauseMsMax } = this.options;
    this.#topic = (await learnTopics(this, [topic])).get(topic)!;
    this.#writer = await IdempotentWriter.open(this, this.#topic, this.options.codec);
    for (let left = batches; left > 0; left--) {
      await this.#write();
      await this.sleep(this.prng.int(1 + pauseMsMax));
    }
    this.done = true;
  }

  async #write(): Promise<void> {
    const { keys, recordsMax, valueBytesMax, deletes } = this.options;
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
    await this.#writer.write(partition, records);
    for (const { key, version } of sent) this.history.acked(key, version);
  }
}

/**
 * A simulated producer to a topic with `polylog.headers`: some records are delayed, all have an id, and some are sent once more in a later
 * batch. Idempotent, one batch at a time, sent again until it is acknowledged.
 */
import type { CompressionCodec } from '../../src/platform/ports.ts';
import type { RecordInput } from '../../src/record/build.ts';
import type { DelayHistory } from '../delays.ts';
import { SimClient } from './client.ts';
import { IdempotentWriter } from './idempotent.ts';
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
  #writer!: IdempotentWriter;
  #records = 0;
  readonly #acked: string[] = [];

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
    const { recordsMax, repeats } = this.options;
    const ids = Array.from({ length: this.prng.between(1, recordsMax) }, () => {
      if (this.#acked.length > 0 && this.prng.chance(repeats)) return this.prng.pick(this.#acked);
      return `${this.name}-${this.#records++}`;
    });
    for (const id of ids) this.history.sending(id);
    const partition = this.prng.int(this.#topic.partitions);
    const records = ids.map((id) => this.#record(id));
    await this.#writer.write(partition, records);
    for (const id of ids) this.history.acked(id);
    this.#acked.push(...ids);
  }
}

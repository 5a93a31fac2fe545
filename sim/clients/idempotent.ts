/** The producer id of a simulated client, and batches of it one at a time, each sent again until it is acknowledged. */
import { ZERO_UUID } from '../../src/base/uuid.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import { buildBatch, type RecordInput } from '../../src/record/build.ts';
import { ERROR, INIT_PRODUCER_ID, PRODUCE } from './api.ts';
import { Disconnected, type SimClient } from './client.ts';
import type { KnownTopic } from './metadata.ts';

/** Asks for a producer id outside of transactions. */
export const NEW_PRODUCER_ID = {
  transactionalId: null,
  transactionTimeoutMs: 60_000,
  producerId: -1,
  producerEpoch: -1,
};

export class IdempotentWriter {
  readonly #client: SimClient;
  readonly #topic: KnownTopic;
  readonly #codec: CompressionCodec;
  #producerId = -1;
  #epoch = -1;
  readonly #sequences = new Map<number, number>();

  private constructor(client: SimClient, topic: KnownTopic, codec: CompressionCodec) {
    this.#client = client;
    this.#topic = topic;
    this.#codec = codec;
  }

  static async open(
    client: SimClient,
    topic: KnownTopic,
    codec: CompressionCodec,
  ): Promise<IdempotentWriter> {
    const writer = new IdempotentWriter(client, topic, codec);
    await writer.#init();
    return writer;
  }

  /** Resolves when the batch is acknowledged. */
  async write(partition: number, records: readonly RecordInput[]): Promise<void> {
    const client = this.#client;
    const baseSequence = this.#sequences.get(partition) ?? 0;
    const batch = buildBatch(records, {
      timestampMs: client.clock.nowMs(),
      producerId: this.#producerId,
      producerEpoch: this.#epoch,
      baseSequence,
      codec: this.#codec,
      compression: client.world.compression,
    });
    for (;;) {
      const code = await this.#send(partition, Buffer.from(batch));
      if (code === ERROR.none) break;
      if (code !== null) client.note(`Produce: error ${code}`);
      await client.sleep(client.prng.between(10, 200));
    }
    this.#sequences.set(partition, baseSequence + records.length);
  }

  async #init(): Promise<void> {
    while (this.#producerId < 0) {
      const answer = await this.#client.call(INIT_PRODUCER_ID, NEW_PRODUCER_ID).catch(nullIfDisconnected);
      if (answer?.errorCode === ERROR.none) {
        this.#producerId = answer.producerId;
        this.#epoch = answer.producerEpoch;
      } else await this.#client.sleep(50);
    }
  }

  async #send(index: number, records: Buffer): Promise<number | null> {
    const { name, id } = this.#topic;
    // zstd is known from version 7 on, ids from 13.
    const versionMax = id === ZERO_UUID ? 12 : PRODUCE.maxVersion;
    const version = Math.max(7, await this.#client.version(PRODUCE, versionMax));
    const topicData = [{ name, topicId: id, partitionData: [{ index, records }] }];
    const request = { transactionalId: null, acks: -1, timeoutMs: 10_000, topicData };
    const answer = await this.#client.call(PRODUCE, request, { version }).catch(nullIfDisconnected);
    return answer === null ? null : answer.responses[0]!.partitionResponses[0]!.errorCode;
  }
}

function nullIfDisconnected(error: unknown): null {
  if (error instanceof Disconnected) return null;
  throw error;
}

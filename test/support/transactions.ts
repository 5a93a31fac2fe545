/** A transactional producer, request by request, and readers that see what it has committed. */
import { expect } from 'vitest';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { batchBaseOffset, batchIsControl, batchLastOffset, batchProducerId } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { CONTROL_COMMIT, controlType } from '../../src/record/control.ts';
import {
  ADD_OFFSETS_TO_TXN,
  ADD_PARTITIONS_TO_TXN,
  END_TXN,
  FETCH,
  INIT_PRODUCER_ID,
  OFFSET_FETCH,
  PRODUCE,
  TXN_OFFSET_COMMIT,
} from './kafka-apis.ts';
import { fetchTopic, produceFields, type TestClient } from './kafka-client.ts';
import { recordsOf } from './records.ts';

/** `v1`: partitions are added before, and the epoch stays. `v2`: KIP-890. */
export type Protocol = 'v1' | 'v2';

export class Producer {
  producerId = -1;
  epoch = -1;
  readonly id: string;
  readonly #client: () => TestClient;
  readonly protocol: Protocol;
  readonly #sequences = new Map<string, number>();

  /** `client`: whichever there is, as it is another after a restart of the broker. */
  constructor(client: () => TestClient, id: string, protocol: Protocol) {
    this.#client = client;
    this.id = id;
    this.protocol = protocol;
  }

  static async make(client: () => TestClient, id: string, protocol: Protocol = 'v2'): Promise<Producer> {
    const producer = new Producer(client, id, protocol);
    expect(await producer.init()).toBe(0);
    return producer;
  }

  async init(timeoutMs = 60_000, goesOn = false): Promise<number> {
    const had = goesOn ? { producerId: this.producerId, producerEpoch: this.epoch } : {};
    const answer = await this.#client().call(INIT_PRODUCER_ID, {
      transactionalId: this.id,
      transactionTimeoutMs: timeoutMs,
      ...had,
    });
    if (answer.errorCode === 0) this.#take(answer);
    return answer.errorCode;
  }

  #take(got: { producerId: number; producerEpoch: number }): void {
    if (got.producerId === this.producerId && got.producerEpoch === this.epoch) return;
    this.producerId = got.producerId;
    this.epoch = got.producerEpoch;
    this.#sequences.clear();
  }

  async add(topic: string, partition: number): Promise<number> {
    const answer = await this.#client().call(
      ADD_PARTITIONS_TO_TXN,
      {
        v3AndBelowTransactionalId: this.id,
        v3AndBelowProducerId: this.producerId,
        v3AndBelowProducerEpoch: this.epoch,
        v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
      },
      3,
    );
    return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode;
  }

  batch(topic: string, partition: number, values: readonly string[], transactional = true): Buffer {
    const place = `${topic}-${partition}`;
    const baseSequence = this.#sequences.get(place) ?? 0;
    return buildBatch(
      values.map((value) => ({ key: null, value: Buffer.from(value) })),
      {
        timestampMs: Date.now(),
        producerId: this.producerId,
        producerEpoch: this.epoch,
        baseSequence,
        transactional,
      },
    );
  }

  /** Writes as its protocol does; gives the error code. */
  async send(topic: string, partition: number, ...values: string[]): Promise<number> {
    if (this.protocol === 'v1') {
      const code = await this.add(topic, partition);
      if (code !== 0) return code;
    }
    const place = `${topic}-${partition}`;
    const fields = produceFields(topic, { [partition]: this.batch(topic, partition, values) });
    const answer = await this.#client().call(
      PRODUCE,
      { ...fields, transactionalId: this.id },
      this.protocol === 'v1' ? 9 : 12,
    );
    const { errorCode } = answer.responses[0]!.partitionResponses[0]!;
    if (errorCode === 0) this.#sequences.set(place, (this.#sequences.get(place) ?? 0) + values.length);
    return errorCode;
  }

  async sendOffset(group: string, topic: string, offset: number): Promise<number> {
    const of = { transactionalId: this.id, producerId: this.producerId, producerEpoch: this.epoch };
    if (this.protocol === 'v1') {
      const { errorCode } = await this.#client().call(ADD_OFFSETS_TO_TXN, { ...of, groupId: group }, 3);
      if (errorCode !== 0) return errorCode;
    }
    const partition = {
      partitionIndex: 0,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      committedMetadata: 'm',
    };
    const answer = await this.#client().call(
      TXN_OFFSET_COMMIT,
      { ...of, groupId: group, topics: [{ name: topic, partitions: [partition] }] },
      this.protocol === 'v1' ? 3 : 5,
    );
    return answer.topics[0]!.partitions[0]!.errorCode;
  }

  async end(committed: boolean): Promise<number> {
    const answer = await this.#client().call(
      END_TXN,
      { transactionalId: this.id, producerId: this.producerId, producerEpoch: this.epoch, committed },
      this.protocol === 'v1' ? 4 : 5,
    );
    if (answer.errorCode === 0 && this.protocol === 'v2') this.#take(answer);
    return answer.errorCode;
  }
}

interface Read {
  /** What an application gets. */
  readonly values: string[];
  readonly stable: number;
  readonly end: number;
}

async function fetchFrom(
  client: TestClient,
  {
    topic,
    partition,
    offset,
    committed,
  }: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly committed: boolean;
  },
) {
  const answer = await client.call(
    FETCH,
    {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1 << 26,
      sessionEpoch: -1,
      isolationLevel: committed ? 1 : 0,
      topics: [fetchTopic(topic, [{ partition, offset }])],
    },
    12,
  );
  const one = answer.responses[0]!.partitions[0]!;
  expect(one.errorCode).toBe(0);
  expect(one.abortedTransactions === null).toBe(!committed);
  return one;
}

/** Reads a partition from its start, and leaves out what was aborted as a consumer does. */
export async function readAll(
  client: TestClient,
  {
    topic,
    partition = 0,
    committed = true,
  }: {
    readonly topic: string;
    readonly partition?: number | undefined;
    readonly committed?: boolean | undefined;
  },
): Promise<Read> {
  const dropping = new Set<number>();
  const values: string[] = [];
  for (let offset = 0; ; ) {
    const one = await fetchFrom(client, { topic, partition, offset, committed });
    const { batches } = recordsOf(one.records);
    if (batches.length === 0) return { values, stable: one.lastStableOffset, end: one.highWatermark };
    const aborted = [...(one.abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
    for (const batch of batches) {
      offset = batchLastOffset(batch) + 1;
      while (aborted.length > 0 && aborted[0]!.firstOffset <= batchBaseOffset(batch)) {
        dropping.add(aborted.shift()!.producerId);
      }
      const producerId = batchProducerId(batch);
      if (batchIsControl(batch)) {
        if (controlType(batch) !== CONTROL_COMMIT) dropping.delete(producerId);
      } else if (!dropping.has(producerId)) values.push(...recordsOf([batch]).values);
    }
  }
}

/** Of its partition 0: the offset, or the error that stands in its place. */
export async function committedOffsetOf(
  client: TestClient,
  {
    group,
    topic,
    requireStable = false,
  }: { readonly group: string; readonly topic: string; readonly requireStable?: boolean | undefined },
): Promise<number | string> {
  const answer = await client.call(
    OFFSET_FETCH,
    {
      requireStable,
      groups: [
        {
          groupId: group,
          memberId: null,
          memberEpoch: -1,
          topics: [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [0] }],
        },
      ],
    },
    8,
  );
  const { committedOffset, errorCode } = answer.groups[0]!.topics[0]!.partitions[0]!;
  return errorCode === 0 ? committedOffset : `error ${errorCode}`;
}

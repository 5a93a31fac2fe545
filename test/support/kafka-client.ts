/**
 * A Kafka client of one connection for tests: requests by name or bytes as they are, answers in order. It hides nothing:
 * no retries, no metadata, no batching.
 */

import { connect, type Socket } from 'node:net';
import { BlockPool } from '../../src/base/block-pool.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { readResponseHeader, writeRequestHeader } from '../../src/protocol/kafka/codec/header.ts';
import { RequestAssembler } from '../../src/protocol/kafka/framing.ts';
import { buildBatch } from '../../src/record/build.ts';
import { type ClientApi, CREATE_TOPICS, FETCH, INIT_PRODUCER_ID, METADATA, PRODUCE } from './kafka-apis.ts';

const ANSWER_BYTES_MAX = 1 << 30;

/** One request in the form in which it goes over the wire, size included. */
export function encodeRequest<Request>(
  api: Pick<ClientApi<Request, unknown>, 'key' | 'write'>,
  request: Request,
  header: { readonly version: number; readonly correlationId?: number; readonly clientId?: string | null },
): Buffer {
  const writer = new ByteWriter();
  writer.int32(0);
  const { version, correlationId = 0, clientId = 'test' } = header;
  writeRequestHeader(writer, { apiKey: api.key, apiVersion: version, correlationId, clientId });
  api.write(writer, request, version);
  const bytes = writer.finishContiguous();
  bytes.writeInt32BE(bytes.length - 4, 0);
  return bytes;
}

export class TestClient {
  readonly socket: Socket;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #assembler = new RequestAssembler(ANSWER_BYTES_MAX, new BlockPool({ freeBytesMax: 0 }));
  readonly #waiting: { resolve: (answer: Buffer) => void; reject: (error: Error) => void }[] = [];
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection was closed'));
        resolve();
      });
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.#receive(chunk));
  }

  /** Connects to `host:port`. */
  static async connect(bootstrap: string): Promise<TestClient> {
    const cut = bootstrap.lastIndexOf(':');
    const socket = connect({
      host: bootstrap.slice(0, cut),
      port: Number(bootstrap.slice(cut + 1)),
      noDelay: true,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new TestClient(socket);
  }

  #receive(chunk: Buffer): void {
    this.#assembler.push(chunk);
    for (;;) {
      const answer = this.#assembler.next();
      if (answer === null) return;
      if (typeof answer === 'string') throw new Error(answer);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) throw new Error('an answer came that nobody asked for');
      waiting.resolve(answer);
    }
  }

  /** Sends bytes as they are and waits for the next answer, without its size. */
  exchange(bytes: Buffer): Promise<Buffer> {
    this.socket.write(bytes);
    return this.nextAnswer();
  }

  nextAnswer(): Promise<Buffer> {
    if (this.socket.closed) return Promise.reject(new Error('the connection was closed'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Asks; fields that are not given have their defaults. Version: the newest. */
  async call<Request, Response>(
    api: ClientApi<Request, Response>,
    fields: Partial<Request> = {},
    version = api.maxVersion,
  ): Promise<Response> {
    const correlationId = ++this.#correlationId;
    const answer = await this.exchange(
      encodeRequest(api, { ...api.defaults(), ...fields }, { version, correlationId }),
    );
    const reader = new ByteReader(answer);
    const answered = readResponseHeader(reader, api.key, version);
    if (answered !== correlationId) throw new Error(`answer ${answered} to request ${correlationId}`);
    const response = api.read(reader, version);
    reader.expectEnd();
    return response;
  }

  /** Sends a request that has no answer (acks=0). */
  tell<Request>(api: ClientApi<Request, unknown>, fields: Partial<Request>, version = api.maxVersion): void {
    this.socket.write(encodeRequest(api, { ...api.defaults(), ...fields }, { version }));
  }

  close(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One batch of values, as a producer sends it. */
export function batchOf(
  values: readonly string[],
  options: {
    readonly timestampMs?: number;
    readonly producerId?: number;
    readonly producerEpoch?: number;
    readonly baseSequence?: number;
  } = {},
): Buffer {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value) }));
  return buildBatch(records, { timestampMs: Date.now(), ...options });
}

export interface ProduceOptions {
  readonly acks?: number;
  readonly version?: number;
  readonly timeoutMs?: number;
}

/** The fields of a Produce up to version 12 for one topic. */
export function produceFields(topic: string, batches: Readonly<Record<number, Buffer | null>>, acks = -1) {
  const partitionData = Object.entries(batches).map(([index, records]) => ({
    index: Number(index),
    records,
  }));
  return { acks, timeoutMs: 30_000, topicData: [{ name: topic, topicId: ZERO_UUID, partitionData }] };
}

/** Produces one batch to one partition; gives the answer for it. */
export async function produceOne(
  client: TestClient,
  topic: string,
  batch: Buffer,
  { partition = 0, acks = -1, version = 9 }: ProduceOptions & { readonly partition?: number } = {},
) {
  const answer = await client.call(PRODUCE, produceFields(topic, { [partition]: batch }, acks), version);
  return answer.responses[0]!.partitionResponses[0]!;
}

export interface FetchOneOptions {
  readonly offset?: number;
  readonly partition?: number;
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly currentLeaderEpoch?: number;
}

/** Fetches one partition without a session. */
export async function fetchOne(client: TestClient, topic: string, options: FetchOneOptions = {}) {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 26 } = options;
  const answer = await client.call(
    FETCH,
    {
      maxWaitMs,
      minBytes,
      maxBytes,
      sessionEpoch: -1,
      topics: [fetchTopic(topic, [{ ...options, partition: options.partition ?? 0 }])],
    },
    12,
  );
  return answer.responses[0]!.partitions[0]!;
}

/** One topic of a fetch by name. */
export function fetchTopic(
  topic: string,
  partitions: readonly (FetchOneOptions & { readonly partition: number })[],
  topicId: string = ZERO_UUID,
) {
  return {
    topic,
    topicId: topicId as never,
    partitions: partitions.map(
      ({ partition, offset = 0, partitionMaxBytes = 1 << 20, currentLeaderEpoch = -1 }) => ({
        partition,
        currentLeaderEpoch,
        fetchOffset: offset,
        lastFetchedEpoch: -1,
        logStartOffset: -1,
        partitionMaxBytes,
        replicaDirectoryId: ZERO_UUID,
        highWatermark: 2 ** 63,
      }),
    ),
  };
}

/** Creates topics by name with a number of partitions; throws when one is refused. Gives their ids. */
export async function createTopics(
  client: TestClient,
  topics: Readonly<Record<string, number>>,
  configs: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const answer = await client.call(CREATE_TOPICS, {
    timeoutMs: 30_000,
    topics: Object.entries(topics).map(([name, numPartitions]) => ({
      name,
      numPartitions,
      replicationFactor: -1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })),
  });
  for (const { errorCode, errorMessage, name } of answer.topics) {
    if (errorCode !== 0) throw new Error(`${name}: ${errorMessage}`);
  }
  return answer.topics.map(({ topicId }) => topicId);
}

export async function newProducerId(client: TestClient): Promise<number> {
  const { errorCode, producerId } = await client.call(INIT_PRODUCER_ID, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
  });
  if (errorCode !== 0) throw new Error(`InitProducerId: error ${errorCode}`);
  return producerId;
}

/** Metadata of topics by name. */
export async function describeTopics(client: TestClient, names: readonly string[], create = false) {
  const answer = await client.call(METADATA, {
    topics: names.map((name) => ({ topicId: ZERO_UUID, name })),
    allowAutoTopicCreation: create,
  });
  return answer.topics;
}

/**
 * A whole broker, reached over its port: requests of every API with values by chance, mutated, in rows, or plain garbage.
 * Whatever comes, the broker lives, nothing escapes as an exception or an unhandled rejection, and another client is
 * served.
 *
 * Input: what one connection sends.
 */

import { BrokerHost } from '../../sim/broker-host.ts';
import { startBroker } from '../../sim/broker-under-test.ts';
import { METADATA } from '../../sim/clients/api.ts';
import { type ClientWorld, SimClient } from '../../sim/clients/client.ts';
import { History } from '../../sim/history.ts';
import { SimNetwork } from '../../sim/net.ts';
import { Prng } from '../../sim/prng.ts';
import { SimProcess } from '../../sim/process.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { SimVolume } from '../../sim/volume.ts';
import { catchRejections } from '../../sim/world.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { writeRequestHeader } from '../../src/protocol/kafka/codec/header.ts';
import { buildBatch } from '../../src/record/build.ts';
import { messageCodec } from '../codec-table.ts';
import { mutate } from '../mutate.ts';
import { loadSchema, randomMessage, type SchemaMessage } from '../schema-values.ts';
import { Finding, type FuzzTarget } from '../target.ts';

/** Inputs that one broker gets before the next is started on an empty disk. */
const INPUTS_A_BROKER = 200;
/** Simulated time that one input has, ms. */
const SERVE_MS = 30;
const ADDRESS = { host: 'broker', port: 9092 };
/** Limits that a fuzzer reaches. */
const SETTINGS = { 'socket.request.max.bytes': '100000', 'queued.max.request.bytes': '1000000' };

export function sessionTarget(): FuzzTarget {
  const requests = loadSchema().filter((schema) => schema.kind === 'request');
  let broker: FuzzedBroker | null = null;
  let inputs = 0;
  return {
    name: 'session',
    weight: 2,
    generate(prng) {
      if (prng.chance(0.05)) return prng.bytes(prng.int(500));
      const parts: Buffer[] = [];
      for (let count = prng.between(1, 4); count > 0; count--) parts.push(request(prng, prng.pick(requests)));
      const whole = Buffer.concat(parts);
      return prng.chance(0.6) ? whole : mutate(whole, prng, 3);
    },
    async execute(input) {
      if (broker === null || inputs % INPUTS_A_BROKER === 0) {
        broker?.end();
        broker = new FuzzedBroker(inputs);
        await broker.start();
      }
      inputs++;
      try {
        await broker.serve(input);
      } catch (error) {
        broker.end();
        broker = null;
        inputs = 0;
        throw error;
      }
    },
    close() {
      broker?.end();
      broker = null;
    },
  };
}

/** A framed request with a right header, mostly. */
function request(prng: Prng, schema: SchemaMessage): Buffer {
  const { min, max } = schema.versions;
  const apiVersion = prng.chance(0.03) ? prng.int(40) : prng.between(min, max);
  const apiKey = prng.chance(0.02) ? prng.int(120) : schema.apiKey!;
  const body = new ByteWriter();
  const version = Math.min(max, Math.max(min, apiVersion));
  const message = randomMessage(schema, version, prng);
  if (schema.name === 'ProduceRequest') fillBatches(message, prng);
  messageCodec(schema.name).write(body, message, version);
  const bytes = body.finishContiguous();
  const writer = new ByteWriter();
  const mark = writer.reserveInt32();
  writeRequestHeader(writer, { apiKey, apiVersion, correlationId: prng.int(1000), clientId: 'fuzz' });
  writer.raw(prng.chance(0.2) ? mutate(bytes, prng, 2) : bytes);
  writer.lengthPatch(mark);
  return writer.finishContiguous();
}

/** Records that are worth a look, and a topic that can be there. */
function fillBatches(message: object, prng: Prng): void {
  const { topicData } = message as {
    topicData: { name: string; partitionData: { records: Buffer | null; index: number }[] }[];
  };
  for (const topic of topicData) {
    topic.name = 'orders';
    for (const partition of topic.partitionData) {
      partition.index = prng.int(2);
      const records = [{ key: null, value: prng.bytes(prng.int(50)) }];
      const batch = buildBatch(records, { timestampMs: 1_767_225_600_000 });
      partition.records = prng.chance(0.5) ? batch : mutate(batch, prng, 3);
    }
  }
}

/** A broker on a simulated machine, and a client that asks it after each input. */
class FuzzedBroker {
  readonly #prng: Prng;
  readonly #scheduler: Scheduler;
  readonly #network: SimNetwork;
  readonly #history = new History();
  readonly #host: BrokerHost;
  readonly #other: SimClient;
  readonly #restore: () => void;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    this.#scheduler = new Scheduler(this.#prng.fork());
    this.#network = new SimNetwork(this.#scheduler, this.#prng.fork());
    this.#restore = catchRejections(this.#history);
    const volume = new SimVolume(this.#prng.fork());
    volume.faults.capacityBytes = 300 * 1024 * 1024;
    this.#host = new BrokerHost({
      scheduler: this.#scheduler,
      volume,
      network: this.#network,
      history: this.#history,
      prng: this.#prng.fork(),
      compression: nodeCompression,
      address: ADDRESS,
      settings: { ...SETTINGS, 'polylog.chunk.bytes': '1000000', 'polylog.disk.reserve.bytes': '0' },
      rocketmq: false,
      start: startBroker,
      note: () => {},
    });
    const world: ClientWorld = {
      scheduler: this.#scheduler,
      network: this.#network,
      history: this.#history,
      compression: nodeCompression,
      address: ADDRESS,
      calm: true,
      note: () => {},
    };
    this.#other = new SimClient(world, 'other', this.#prng.fork());
  }

  async start(): Promise<void> {
    this.#host.boot();
    await this.#scheduler.runUntil(() => this.#host.serving, 10_000);
    await this.#ask();
  }

  async serve(input: Buffer): Promise<void> {
    const process = new SimProcess('fuzzer');
    const connection = this.#network.connect(process, 'fuzzer', ADDRESS);
    if (connection === null) throw new Finding('the broker no longer listens');
    connection.onData(() => {});
    connection.onClose(() => {});
    connection.write([input]);
    await this.#scheduler.runFor(SERVE_MS);
    connection.destroy();
    await this.#ask();
    process.kill();
    const failure = this.#history.failures[0];
    if (failure !== undefined) throw new Finding(failure);
    if (this.#host.crashes > 0) throw new Finding('the broker died');
  }

  end(): void {
    this.#restore();
    this.#other.kill();
    this.#host.keepRunning = false;
    this.#host.crash('all');
  }

  /** The other client gets its answer. */
  async #ask(): Promise<void> {
    const asking = this.#other.call(
      METADATA,
      {
        topics: [],
        allowAutoTopicCreation: true,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      },
      { version: 4 },
    );
    await this.#scheduler.settle(asking, null, 20_000);
  }
}

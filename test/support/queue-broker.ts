/** A broker in memory whose subscriptions a test uses from inside, while the command `polylog` asks it from outside. */
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type {
  Acquired,
  QueueSubscription,
  SettleEntry,
  SubscriptionSettings,
} from '../../src/broker/queues.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { silentLogger } from '../../src/platform/node/logger.ts';
import { buildBatch, type RecordInput } from '../../src/record/build.ts';
import { composeBroker, type RunningBroker } from '../../src/server/compose.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { polylog, type Result } from './polylog-command.ts';

export class QueueBroker implements AsyncDisposable {
  readonly #running: RunningBroker;

  private constructor(running: RunningBroker) {
    this.#running = running;
  }

  static async start(): Promise<QueueBroker> {
    const flags = [
      { name: 'log.dirs', value: '/data', flag: 'test' },
      { name: 'listeners', value: 'kafka://127.0.0.1:0', flag: 'test' },
    ];
    const config = loadBrokerConfig({ flags });
    if (config instanceof BrokerError) throw config;
    const platform = nodePlatform(silentLogger, createMemoryDisk({ clock: nodeClock }));
    const onFatal = (error: BrokerError): never => {
      throw error;
    };
    return new QueueBroker(await composeBroker({ platform, ...config, onFatal }));
  }

  get broker(): Broker {
    return this.#running.broker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.close();
  }

  /** Runs `polylog` against it. */
  run(args: string | readonly string[], input = ''): Promise<Result> {
    const { host, port } = this.#running.kafka[0]!;
    const words = typeof args === 'string' ? args.split(' ') : args;
    return polylog(words, { input, environment: { POLYLOG_BOOTSTRAP: `${host}:${port}` } });
  }

  /** The answer of a command that prints a line of JSON. */
  async json<Answer = Record<string, unknown>>(args: string): Promise<Answer> {
    const { code, out, err } = await this.run(`${args} --json`);
    if (code !== 0) throw new Error(err);
    return JSON.parse(out) as Answer;
  }

  async topic(name: string, partitionCount = 1): Promise<void> {
    const refusals = await this.broker.createTopics([
      { name, partitionCount, replicationFactor: -1, configs: [] },
    ]);
    for (const error of refusals.values()) throw error;
  }

  /** `options`: of the batch, e.g. of a transaction. */
  publish(
    topic: string,
    values: readonly (string | RecordInput)[],
    options: Partial<Parameters<typeof buildBatch>[1]> = {},
  ): Promise<void> {
    const { stream, producers } = this.broker.topics.partition(this.broker.topics.byName(topic)!, 0)!;
    if (values.length === 0) return Promise.resolve();
    const records = values.map((value) =>
      typeof value === 'string' ? { key: null, value: Buffer.from(value) } : value,
    );
    const batch = buildBatch(records, { timestampMs: Date.now(), ...options });
    return new Promise((resolve, reject) => {
      const entries = [{ stream, batch }];
      const outcome = this.broker.log.append({ entries, durability: 'fsync', onCommitted: resolve });
      if (outcome instanceof BrokerError) reject(outcome);
      else if (options.transactional === true) producers.note(batch, outcome.baseOffsets[0]!, Date.now());
    });
  }

  subscribe(
    topic: string,
    name: string,
    settings: Partial<SubscriptionSettings> = {},
  ): Promise<QueueSubscription> {
    const { id: topicId } = this.broker.topics.byName(topic)!;
    return new Promise((resolve, reject) =>
      this.broker.queues.subscribe({ topicId, name, settings, startFrom: 'earliest' }, (answer) =>
        answer instanceof BrokerError ? reject(answer) : resolve(answer),
      ),
    );
  }

  /** What there is now, or what comes within `waitMs`. */
  acquire(
    subscription: QueueSubscription,
    { consumer = 'c', count = 100, waitMs = 0 } = {},
  ): Promise<readonly Acquired[]> {
    return new Promise((resolve, reject) =>
      this.broker.queues.acquire({
        subscription,
        consumer,
        partitions: null,
        messagesMax: count,
        bytesMax: 1_000_000,
        waitMs,
        wanted: null,
        done: (answer) => {
          if (answer instanceof BrokerError) return reject(answer);
          for (const { batches } of answer) this.broker.queues.releaseBlocks(batches);
          resolve(answer);
        },
      }),
    );
  }

  /** All of what was acquired. */
  settle(
    subscription: QueueSubscription,
    acquired: readonly Acquired[],
    what: Pick<SettleEntry, 'action' | 'ms'>,
  ): Promise<void> {
    const entries = acquired.flatMap(({ partition, lease, ranges }) =>
      ranges.map(({ first, last }) => ({ partition, lease, first, last, ...what })),
    );
    return new Promise((resolve, reject) =>
      this.broker.queues.settle({ subscription, consumer: null, entries }, (answer) => {
        if (answer instanceof BrokerError) return reject(answer);
        const refused = answer.find((one) => one instanceof BrokerError);
        if (refused !== undefined) reject(refused);
        else resolve();
      }),
    );
  }
}

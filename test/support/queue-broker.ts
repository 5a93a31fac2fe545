/** A broker in memory whose subscriptions a test uses from inside, while the command `polylog` asks it from outside. */
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type { QueueSubscription, SubscriptionSettings } from '../../src/broker/queues.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { silentLogger } from '../../src/platform/node/logger.ts';
import type { BatchOptions, RecordInput } from '../../src/record/build.ts';
import { composeBroker, type RunningBroker } from '../../src/server/compose.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { polylog, type Result } from './polylog-command.ts';
import {
  acquireFrom,
  createTopic,
  type Delivery,
  publishTo,
  type Settlement,
  settleAll,
  subscribeTo,
  type Wish,
} from './subscriptions.ts';

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

  topic(name: string, partitionCount = 1): Promise<void> {
    return createTopic(this.broker, name, { partitionCount });
  }

  /** `options`: of the batch, e.g. of a transaction. */
  publish(
    topic: string,
    messages: readonly (string | RecordInput)[],
    options?: Partial<BatchOptions>,
  ): Promise<void> {
    return publishTo(this.broker, { topic }, messages, options);
  }

  subscribe(
    topic: string,
    name: string,
    settings: Partial<SubscriptionSettings> = {},
  ): Promise<QueueSubscription> {
    return subscribeTo(this.broker, topic, { name, settings });
  }

  /** What there is now, or what comes within `waitMs`. */
  acquire(subscription: QueueSubscription, wish?: Wish): Promise<Delivery[]> {
    return acquireFrom(this.broker, subscription, wish);
  }

  settle(
    subscription: QueueSubscription,
    deliveries: readonly Delivery[],
    settlement: Settlement,
  ): Promise<void> {
    return settleAll(this.broker, subscription, deliveries, settlement);
  }
}

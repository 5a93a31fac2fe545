/** A broker in this process on the real disk, for what is measured without a protocol. It says nothing but warnings and errors. */
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { openBroker } from '../../src/broker/open.ts';
import type { QueueSubscription, SubscriptionSettings } from '../../src/broker/queues.ts';
import { nodeDisk } from '../../src/platform/node/disk.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';

const logger = { debug() {}, info() {}, warn: console.warn, error: console.error };

/** Throws what a call answers instead of a value. */
export function must<Value>(value: Value | BrokerError): Value {
  if (value instanceof BrokerError) throw value;
  return value;
}

export function open(directory: string): Promise<Broker> {
  const config = must(loadBrokerConfig({ flags: [{ name: 'log.dirs', value: directory, flag: '--data' }] }));
  const onFatal = (error: Error): never => {
    throw error;
  };
  return openBroker({ platform: nodePlatform(logger, nodeDisk), ...config, onFatal });
}

/** From the beginning of the topic. */
export function subscribe(
  broker: Broker,
  topic: string,
  { name, settings = {} }: { readonly name: string; readonly settings?: Partial<SubscriptionSettings> },
): Promise<QueueSubscription> {
  const { id: topicId } = broker.topics.byName(topic)!;
  return new Promise((resolve) =>
    broker.queues.subscribe({ topicId, name, settings, startFrom: 'earliest' }, (answer) =>
      resolve(must(answer)),
    ),
  );
}

/** Topics and subscriptions of a broker used from inside, as protocols use them: publish, subscribe, acquire, settle. */
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type {
  Acquired,
  ChannelInterest,
  QueueSubscription,
  SettleEntry,
  SubscriptionSettings,
} from '../../src/broker/queues.ts';
import { messagesOf } from '../../src/broker/stored-messages.ts';
import type { Partition } from '../../src/broker/topics.ts';
import type { Filter } from '../../src/filter/filter.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { batchIsTransactional, eachBatch } from '../../src/record/batch.ts';
import { type BatchOptions, buildBatch, type RecordInput } from '../../src/record/build.ts';

const BYTES_MAX = 1_000_000;

export async function createTopic(
  broker: Broker,
  name: string,
  {
    partitionCount = 1,
    configs = [],
  }: {
    readonly partitionCount?: number;
    readonly configs?: readonly (readonly [name: string, value: string])[];
  } = {},
): Promise<void> {
  const wanted = { name, partitionCount, replicationFactor: -1, configs };
  const refusals = await broker.createTopics([wanted]);
  for (const error of refusals.values()) throw error;
}

interface Place {
  readonly topic: string;
  readonly partition?: number;
}

function partitionAt({ topics }: Broker, { topic, partition = 0 }: Place): Partition {
  return topics.partition(topics.byName(topic)!, partition)!;
}

type Message = string | RecordInput;

function batchOf(
  { clock }: Broker,
  messages: readonly Message[],
  options: Partial<BatchOptions> = {},
): Buffer {
  const records = messages.map((message) =>
    typeof message === 'string' ? { key: null, value: Buffer.from(message) } : message,
  );
  return buildBatch(records, { timestampMs: clock.nowMs(), ...options });
}

/** As it is, without what is asked of producers. What is of a transaction, its marker too, is known to be. */
export function appendTo(broker: Broker, place: Place, batch: Buffer): Promise<void> {
  const { stream, producers } = partitionAt(broker, place);
  return new Promise((resolve, reject) => {
    const entries = [{ stream, batch }];
    const outcome = broker.log.append({ entries, durability: 'fsync', onCommitted: resolve });
    if (outcome instanceof BrokerError) reject(outcome);
    else if (batchIsTransactional(batch))
      producers.note(batch, outcome.baseOffsets[0]!, broker.clock.nowMs());
  });
}

/** In one batch; `options`: what it has beside its messages, e.g. its transaction. */
export async function publishTo(
  broker: Broker,
  place: Place,
  messages: readonly Message[],
  options?: Partial<BatchOptions>,
): Promise<void> {
  if (messages.length > 0) await appendTo(broker, place, batchOf(broker, messages, options));
}

/** As a producer does it: the code of what is refused, or null. */
export function produceTo(
  broker: Broker,
  place: Place,
  messages: readonly Message[],
): Promise<string | null> {
  const entry = { partition: partitionAt(broker, place), batch: batchOf(broker, messages) };
  const request = {
    entries: [entry],
    acks: -1,
    timeoutMs: 1000,
    zstdAllowed: true,
    transactionalId: null,
    joinsTransaction: false,
  } as const;
  return new Promise((resolve) =>
    broker.publisher.publish(request, ([result]) => resolve(result!.error?.code ?? null)),
  );
}

export function subscribeTo(
  broker: Broker,
  topic: string,
  {
    name = 's',
    settings = {},
  }: { readonly name?: string; readonly settings?: Partial<SubscriptionSettings> } = {},
): Promise<QueueSubscription> {
  const { id: topicId } = broker.topics.byName(topic)!;
  return new Promise((resolve, reject) =>
    broker.queues.subscribe({ topicId, name, settings, startFrom: 'earliest' }, (answer) =>
      answer instanceof BrokerError ? reject(answer) : resolve(answer),
    ),
  );
}

/** A message that was handed out. */
export interface Delivery {
  readonly text: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition: number;
  readonly offset: number;
  readonly lease: number;
  readonly deliveries: number;
}

export interface Wish {
  readonly consumer?: string;
  readonly count?: number;
  readonly waitMs?: number;
  readonly partitions?: readonly number[];
  readonly wanted?: Filter;
  readonly wholeBatches?: boolean;
  readonly channels?: ChannelInterest;
}

/** What there is now, or what comes within `waitMs`. */
export function beginAcquire(
  broker: Broker,
  subscription: QueueSubscription,
  { consumer = 'c', count = 100, waitMs = 0, partitions, wanted, ...rest }: Wish = {},
): { readonly deliveries: Promise<Delivery[]>; cancel(): void } {
  let cancel = (): void => undefined;
  const deliveries = new Promise<Delivery[]>((resolve, reject) => {
    const wait = broker.queues.acquire({
      subscription,
      consumer,
      partitions: partitions ?? null,
      messagesMax: count,
      bytesMax: BYTES_MAX,
      waitMs,
      wanted: wanted ?? null,
      ...rest,
      done: (answer) => {
        if (answer instanceof BrokerError) return reject(answer);
        resolve(answer.flatMap(deliveriesOf));
        for (const { batches } of answer) broker.queues.releaseBlocks(batches);
      },
    });
    cancel = () => wait.cancel();
  });
  return { deliveries, cancel };
}

export function acquireFrom(
  broker: Broker,
  subscription: QueueSubscription,
  wish?: Wish,
): Promise<Delivery[]> {
  return beginAcquire(broker, subscription, wish).deliveries;
}

function deliveriesOf({ partition, lease, batches, ranges }: Acquired): Delivery[] {
  const options = { compression: nodeCompression, bytesMax: BYTES_MAX };
  return ranges.flatMap(({ first, last, deliveries }) =>
    [...eachBatch(batches)]
      .flatMap((batch) => messagesOf(batch, { first, last }, options))
      .map(({ offset, key, value, headers }) => ({
        text: String(value),
        key: key?.toString() ?? null,
        headers: Object.fromEntries(headers.map((header) => [header.key, String(header.value)])),
        ...{ partition, offset, lease, deliveries },
      })),
  );
}

type Delivered = Pick<Delivery, 'partition' | 'offset' | 'lease'>;
export type Settlement = Pick<SettleEntry, 'action' | 'ms' | 'isUncounted'>;

/** Each by itself: what the broker says of it, or the code of the refusal. */
export function settle(
  { queues }: Broker,
  subscription: QueueSubscription,
  deliveries: readonly Delivered[],
  settlement: Settlement,
): Promise<(number | string)[]> {
  const entries = deliveries.map(({ partition, offset, lease }) => {
    return { partition, first: offset, last: offset, lease, ...settlement };
  });
  return new Promise((resolve, reject) =>
    queues.settle({ subscription, consumer: null, entries }, (answer) => {
      if (answer instanceof BrokerError) reject(answer);
      else resolve(answer.map((result) => (result instanceof BrokerError ? result.code : result)));
    }),
  );
}

/** The same, of which none may be refused. */
export async function settleAll(...request: Parameters<typeof settle>): Promise<void> {
  const refused = (await settle(...request)).find((result) => typeof result === 'string');
  if (refused !== undefined) throw new Error(`it was refused: ${refused}`);
}

/** queue.peek, and what shows messages elsewhere: they are read as they are stored, and nothing changes. */
import { BrokerError } from '../../base/errors.ts';
import type { Broker } from '../broker.ts';
import { stateOf } from '../queue-explain.ts';
import type { QueueSubscription } from '../queues.ts';
import type { Partition } from '../topics.ts';
import type { Peek, PeekedMessage } from './answers.ts';
import { type AdminCommand, PAGE_MAX, readMax, readSubscription, requireTopic } from './command.ts';
import { type Fields, NATURAL, PARTITION } from './fields.ts';
import { ANSWER_BYTES_MAX, printedSize, printMessage } from './messages.ts';

const VALUE_BYTES = { min: 0, max: 1024 * 1024 };
const VALUE_BYTES_DEFAULT = 4096;
/** Looks into a partition for one answer. */
const LOOKS_MAX = 16;

interface PeekRequest {
  readonly partition: number;
  /** Undefined: the first that isn't done. */
  readonly offset: number | undefined;
  readonly max: number;
  readonly valueBytesMax: number;
  /** With those that are done. */
  readonly all: boolean;
}

export function readPeek(fields: Fields): PeekRequest {
  const request = {
    partition: fields.integer('partition', PARTITION),
    offset: fields.integerIfGiven('offset', NATURAL),
    max: readMax(fields),
    valueBytesMax: fields.integerIfGiven('valueBytesMax', VALUE_BYTES) ?? VALUE_BYTES_DEFAULT,
    all: fields.booleanIfGiven('all') ?? false,
  };
  fields.end();
  return request;
}

export const peekQueue: AdminCommand<Peek> = (call) => {
  const { topic, subscription } = readSubscription(call, { ofTopic: 'read', ofGroup: 'describe' });
  return peek(call.broker, { topic, subscription, request: readPeek(call.fields) });
};

/** `subscription`: whose states are told; undefined: nobody has seen anything of the topic. */
export async function peek(
  broker: Broker,
  {
    topic,
    subscription,
    request,
  }: {
    readonly topic: string;
    readonly subscription: QueueSubscription | undefined;
    readonly request: PeekRequest;
  },
): Promise<Peek> {
  const partition = broker.topics.partition(requireTopic(broker, topic), request.partition);
  if (partition === undefined) {
    throw new BrokerError('invalid-partitions', `topic '${topic}' has no partition ${request.partition}`);
  }
  if (partition.view !== null)
    throw new BrokerError('invalid-topic', `'${topic}' is a view: look at its origin`);
  const messages: PeekedMessage[] = [];
  let bytes = 0;
  let next: number | null = startOf(partition, subscription, request);
  for (let look = 0; look < LOOKS_MAX && next !== null && messages.length < request.max; look++) {
    const found = await broker.queueAdmin.look(partition, { offset: next, count: PAGE_MAX });
    if (found instanceof BrokerError) throw found;
    next = null;
    for (const message of found) {
      next = message.offset;
      if (messages.length === request.max || bytes >= ANSWER_BYTES_MAX) break;
      next = message.offset + 1;
      const window = subscription?.state.windows.get(partition.index);
      const state = stateOf(window, partition, message.offset);
      if (state === 'done' && !request.all) continue;
      const deliveries = window?.at(message.offset)?.deliveries ?? 0;
      const printed = { ...printMessage(message, request), state, deliveries };
      bytes += printedSize(printed);
      messages.push(printed);
    }
    if (bytes >= ANSWER_BYTES_MAX) break;
  }
  const isEnd = next === null || next >= partition.stream.highWatermark;
  return { messages, nextOffset: isEnd ? null : next };
}

function startOf(
  { stream, index }: Partition,
  subscription: QueueSubscription | undefined,
  { offset, all }: PeekRequest,
): number {
  if (offset !== undefined) return offset;
  return all ? stream.startOffset : (subscription?.state.windows.get(index)?.start ?? 0);
}

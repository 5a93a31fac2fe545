/**
 * SendMessage: the messages of a request become one batch for each partition that they go to, all in one frame, and are
 * answered when that is durable. What is wrong with one message is said of that one; the others are stored.
 *
 * A DELAY message is put aside (broker.schedules) and enters its partition when it is due; the answer has the handle by which it can
 * be recalled until then.
 *
 * A TRANSACTION message is a half message (broker.halfMessages) until EndTransaction: the answer has the transaction's id.
 *
 * A message group, or lite topic, always goes to the same partition; other messages go round. The queue that the client has chosen is not
 * asked for: some clients always say 0.
 */
import { BrokerError } from '../../../base/errors.ts';
import { partitionOfPriority } from '../../../broker/priority.ts';
import type { PublishEntry, PublishResult } from '../../../broker/publish.ts';
import { delayedRecord } from '../../../broker/schedule/delayed-record.ts';
import type { NewMessage } from '../../../broker/schedule/schedules.ts';
import type { Partition } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import { buildBatch, type RecordInput } from '../../../record/build.ts';
import { WELL_KNOWN_HEADERS } from '../../../record/well-known-headers.ts';
import { messageProblem } from '../check-message.ts';
import {
  CODE,
  MESSAGE_TYPE,
  type Message,
  newSendMessageResponse,
  newSendResultEntry,
  readSendMessageRequest,
  type SendMessageRequest,
  type SendMessageResponse,
  type SendResultEntry,
  type SystemProperties,
  writeSendMessageResponse,
} from '../codec/generated/messages.ts';
import { MESSAGES_PER_REQUEST_MAX } from '../limits.ts';
import { partitionOfGroup } from '../message-group.ts';
import { recordOf } from '../message-record.ts';
import { printRecallHandle } from '../recall-handle.ts';
import { type Call, unary } from '../rpc.ts';
import { OK, Refusal, statusOf, statusOfAll } from '../status.ts';
import { toMs } from '../time.ts';
import { findTopic } from './topics.ts';

const CHECK_AFTER_MS_MAX = 60 * 60 * 1000;
/** How long a client that names no end waits for its messages to be durable, ms. */
const SEND_MS_MAX = 30_000;

/** The messages of a request that go to one partition, and where their answers stand. */
interface Share {
  readonly partition: Partition;
  readonly records: RecordInput[];
  readonly entries: SendResultEntry[];
}

/** A message that waits. */
interface Delayed {
  readonly message: NewMessage;
  readonly entry: SendResultEntry;
}

/** A message that nobody sees until its transaction is committed. */
interface Half {
  readonly partition: Partition;
  readonly message: Message;
  readonly record: RecordInput;
  readonly entry: SendResultEntry;
}

/** What one request becomes. */
class Plan {
  readonly entries: SendResultEntry[] = [];
  readonly shares = new Map<Partition, Share>();
  readonly delayed: Delayed[] = [];
  readonly halves: Half[] = [];
  readonly #call: Call;
  readonly #nowMs: number;
  /** Messages of a request have one topic, mostly. */
  #topic: { readonly name: string; readonly namespace: string; readonly found: Topic | Refusal } | null =
    null;

  constructor(call: Call) {
    this.#call = call;
    this.#nowMs = call.rocketmq.clock.nowMs();
  }

  add(message: Message): void {
    const entry = newSendResultEntry();
    entry.messageId = message.systemProperties?.messageId ?? '';
    entry.offset = -1;
    this.entries.push(entry);
    const refusal = this.#place(message, entry);
    if (refusal !== null) entry.status = statusOf(refusal);
  }

  #place(message: Message, entry: SendResultEntry): Refusal | null {
    const problem = messageProblem(message, this.#call.rocketmq.crypto);
    if (problem !== null) return problem;
    const topic = this.#find(message);
    if (topic instanceof Refusal) return topic;
    const partition = this.#partitionFor(topic, message.systemProperties!);
    const record = recordOf(message, this.#nowMs);
    const { deliveryTimestamp, messageType } = message.systemProperties!;
    const isHalf = messageType === MESSAGE_TYPE.TRANSACTION;
    const entersLater = isHalf || deliveryTimestamp !== null;
    if (
      entersLater &&
      topic.config.headers !== null &&
      message.userProperties.has(WELL_KNOWN_HEADERS.dedupId)
    )
      return DEDUP_ENTERS_NOW;
    if (isHalf) {
      this.halves.push({ partition, message, record, entry });
      return null;
    }
    if (deliveryTimestamp !== null)
      return this.#delay(partition, record, { atMs: toMs(deliveryTimestamp), entry });
    let share = this.shares.get(partition);
    if (share === undefined) this.shares.set(partition, (share = { partition, records: [], entries: [] }));
    share.records.push(record);
    share.entries.push(entry);
    return null;
  }

  #partitionFor(topic: Topic, { messageGroup, liteTopic, priority }: SystemProperties): Partition {
    const { rounds, broker } = this.#call.rocketmq;
    const { partitionCount, config } = topic;
    const group = messageGroup ?? liteTopic;
    const index =
      group === null ? rounds.next(topic.id, partitionCount) : partitionOfGroup(group, partitionCount);
    const chosen = config.priorityLevels === 1 ? index : partitionOfPriority(topic, index, priority ?? 0);
    return broker.topics.partition(topic, chosen)!;
  }

  #delay(
    partition: Partition,
    record: RecordInput,
    { atMs, entry }: { readonly atMs: number; readonly entry: SendResultEntry },
  ): Refusal | null {
    const { message, bytes } = delayedRecord(partition, { record, atMs, nowMs: this.#nowMs });
    const { maxMessageBytes } = partition.topic.config;
    if (bytes > maxMessageBytes) {
      return tooLarge(`it has ${bytes} bytes, more than its max.message.bytes of ${maxMessageBytes}`);
    }
    this.delayed.push({ message, entry });
    return null;
  }

  #find({ topic }: Message): Topic | Refusal {
    const { name = '', resourceNamespace: namespace = '' } = topic ?? {};
    if (this.#topic?.name !== name || this.#topic.namespace !== namespace) {
      this.#topic = { name, namespace, found: findTopic(this.#call, 'write', topic) };
    }
    return this.#topic.found;
  }

  batches(): PublishEntry[] {
    return Array.from(this.shares.values(), ({ partition, records }) => ({
      partition,
      batch: buildBatch(records, { timestampMs: this.#nowMs }),
    }));
  }

  /** `results`: one for each of `batches()`. */
  settle(results: readonly PublishResult[]): void {
    let i = 0;
    for (const { entries } of this.shares.values()) {
      const { error, baseOffset } = results[i++]!;
      entries.forEach((entry, k) => {
        entry.status = error === null ? OK : statusOf(sendError(error));
        if (error === null) entry.offset = baseOffset + k;
      });
    }
  }

  response(): SendMessageResponse {
    return { status: statusOfAll(this.entries.map(({ status }) => status!)), entries: this.entries };
  }
}

/** It is looked for when a message enters its partition, which then nobody waits for. */
const DEDUP_ENTERS_NOW = new Refusal(
  CODE.MESSAGE_PROPERTY_CONFLICT_WITH_TYPE,
  'Messages of the types DELAY and TRANSACTION can have no dedup-id.',
);

/** What of a batch reads strangely to those who have sent a message. */
function sendError(error: BrokerError): BrokerError | Refusal {
  return error.code === 'batch-too-large' ? tooLarge(error.message) : error;
}

function tooLarge(why: string): Refusal {
  return new Refusal(CODE.MESSAGE_BODY_TOO_LARGE, `The topic takes no messages of this size: ${why}`);
}

function sendMessage(
  call: Call,
  { messages }: SendMessageRequest,
  reply: (response: SendMessageResponse) => void,
): void {
  const count = messages.length;
  if (count === 0 || count > MESSAGES_PER_REQUEST_MAX) {
    const why = `A request has 1 to ${MESSAGES_PER_REQUEST_MAX} messages; this one has ${count}.`;
    return reply({ status: statusOf(new Refusal(CODE.BAD_REQUEST, why)), entries: [] });
  }
  const plan = new Plan(call);
  for (const message of messages) plan.add(message);
  let open = 1;
  const settle = (): void => {
    if (--open === 0) reply(plan.response());
  };
  if (plan.shares.size > 0) {
    open++;
    publish(call, plan, settle);
  }
  if (plan.delayed.length > 0) {
    open++;
    schedule(call, plan, settle);
  }
  for (const half of plan.halves) {
    open++;
    prepare(call, half, settle);
  }
  settle();
}

/** The first check is the broker's to choose, or after as long as the message says, an hour at most. */
function prepare(call: Call, { partition, message, record, entry }: Half, done: () => void): void {
  const { rocketmq, clientId } = call;
  const { halfMessages } = rocketmq.broker;
  const { topic } = partition;
  const { orphanedTransactionRecoveryDuration: duration } = message.systemProperties!;
  const client = rocketmq.clients.seen(clientId);
  // A producer may send to a topic that its settings don't name yet.
  if (client !== null && !client.publishes.has(topic.name)) {
    client.publishes = new Map([...client.publishes, [topic.name, message.topic!]]);
  }
  rocketmq.checkBacks.serve(rocketmq, topic);
  const request = {
    partition,
    batch: buildBatch([record], { timestampMs: rocketmq.clock.nowMs() }),
    producerGroup: topic.name,
    checkAfterMs: duration === null ? null : Math.max(0, Math.min(toMs(duration), CHECK_AFTER_MS_MAX)),
  };
  halfMessages.prepare(request, (answer) => {
    if (answer instanceof BrokerError) entry.status = statusOf(sendError(answer));
    else {
      entry.status = OK;
      entry.transactionId = answer.transactionId;
    }
    done();
  });
}

function publish(call: Call, plan: Plan, done: () => void): void {
  const request = {
    entries: plan.batches(),
    acks: -1,
    timeoutMs: Math.min(call.patienceMs, SEND_MS_MAX),
    zstdAllowed: true,
    transactionalId: null,
    joinsTransaction: false,
  } as const;
  call.rocketmq.broker.publisher.publish(request, (results) => {
    plan.settle(results);
    done();
  });
}

function schedule(call: Call, { delayed }: Plan, done: () => void): void {
  const isDurable = delayed.some(({ message }) => message.partition.topic.config.durability === 'fsync');
  const request = {
    messages: delayed.map(({ message }) => message),
    durability: isDurable ? 'fsync' : 'os',
  } as const;
  call.rocketmq.broker.schedules.add(request, (handles) => {
    delayed.forEach(({ entry }, i) => {
      if (handles instanceof BrokerError) {
        const code = handles.code === 'invalid-timestamp' ? CODE.ILLEGAL_DELIVERY_TIME : null;
        entry.status = statusOf(code === null ? handles : new Refusal(code, handles.message));
        return;
      }
      entry.status = OK;
      entry.recallHandle = printRecallHandle(handles[i]!, entry.messageId);
    });
    done();
  });
}

export const sendRpc = unary<SendMessageRequest, SendMessageResponse>({
  name: 'SendMessage',
  read: readSendMessageRequest,
  write: writeSendMessageResponse,
  refuse: (status) => ({ ...newSendMessageResponse(), status }),
  handle: sendMessage,
});

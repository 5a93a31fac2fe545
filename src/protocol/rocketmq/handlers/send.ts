/**
 * SendMessage: the messages of a request become one batch for each partition that they go to, all in one frame, and are
 * answered when that is durable. What is wrong with one message is said of that one; the others are stored.
 *
 * A message group always goes to the same partition; other messages go round. The queue that the client has chosen is not
 * asked for: some clients always say 0.
 */
import type { BrokerError } from '../../../base/errors.ts';
import type { PublishEntry, PublishResult } from '../../../broker/publish.ts';
import type { Partition } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import { buildBatch, type RecordInput } from '../../../record/build.ts';
import { messageProblem } from '../check-message.ts';
import {
  CODE,
  type Message,
  newSendMessageResponse,
  newSendResultEntry,
  readSendMessageRequest,
  type SendMessageRequest,
  type SendMessageResponse,
  type SendResultEntry,
  writeSendMessageResponse,
} from '../codec/generated/messages.ts';
import { MESSAGES_PER_REQUEST_MAX } from '../limits.ts';
import { partitionOfGroup } from '../message-group.ts';
import { recordOf } from '../message-record.ts';
import { type Call, unary } from '../rpc.ts';
import { OK, Refusal, statusOf, statusOfAll } from '../status.ts';
import { findTopic } from './topics.ts';

/** How long a client that names no end waits for its messages to be durable, ms. */
const SEND_MS_MAX = 30_000;

/** The messages of a request that go to one partition, and where their answers stand. */
interface Share {
  readonly partition: Partition;
  readonly records: RecordInput[];
  readonly entries: SendResultEntry[];
}

/** What one request becomes. */
class Plan {
  readonly entries: SendResultEntry[] = [];
  readonly shares = new Map<Partition, Share>();
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
    const group = message.systemProperties!.messageGroup;
    const index =
      group === null
        ? this.#call.rocketmq.rounds.next(topic.id, topic.partitionCount)
        : partitionOfGroup(group, topic.partitionCount);
    const partition = this.#call.rocketmq.broker.topics.partition(topic, index)!;
    let share = this.shares.get(partition);
    if (share === undefined) this.shares.set(partition, (share = { partition, records: [], entries: [] }));
    share.records.push(recordOf(message, this.#nowMs));
    share.entries.push(entry);
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

/** What of a batch reads strangely to those who have sent a message. */
function sendError(error: BrokerError): BrokerError | Refusal {
  if (error.code !== 'batch-too-large') return error;
  return new Refusal(
    CODE.MESSAGE_BODY_TOO_LARGE,
    `The topic takes no messages of this size: ${error.message}`,
  );
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
  if (plan.shares.size === 0) return reply(plan.response());
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
    reply(plan.response());
  });
}

export const sendRpc = unary<SendMessageRequest, SendMessageResponse>({
  name: 'SendMessage',
  read: readSendMessageRequest,
  write: writeSendMessageResponse,
  refuse: (status) => ({ ...newSendMessageResponse(), status }),
  handle: sendMessage,
});

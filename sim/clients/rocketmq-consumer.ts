/**
 * A simulated RocketMQ consumer: a simple one, which has messages for a time that it says, or a push consumer, which has them as long as it
 * is there. It acknowledges what it gets, or has it come again, prolongs it, gives it up, or forgets it; in calm it acknowledges everything.
 */
import {
  type AckMessageRequest,
  type AckMessageResponse,
  type ChangeInvisibleDurationRequest,
  type ChangeInvisibleDurationResponse,
  CLIENT_TYPE,
  CODE,
  type ForwardMessageToDeadLetterQueueRequest,
  type ForwardMessageToDeadLetterQueueResponse,
  type Message,
  newAckMessageRequest,
  newChangeInvisibleDurationRequest,
  newForwardMessageToDeadLetterQueueRequest,
  newReceiveMessageRequest,
  newSettings,
  newSubscription,
  PERMISSION,
  readAckMessageResponse,
  readChangeInvisibleDurationResponse,
  readForwardMessageToDeadLetterQueueResponse,
  readReceiveMessageResponse,
  type Settings,
  writeAckMessageRequest,
  writeChangeInvisibleDurationRequest,
  writeForwardMessageToDeadLetterQueueRequest,
  writeReceiveMessageRequest,
} from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../src/protocol/rocketmq/time.ts';
import type { RocketmqHistory } from '../rocketmq-history.ts';
import { Disconnected } from './client.ts';
import { type ClientRpc, named, RocketmqClient } from './rocketmq-client.ts';

export interface RocketmqConsumerOptions {
  readonly topic: string;
  readonly group: string;
  readonly push: boolean;
  readonly batchSize: number;
  readonly invisibleMs: number;
  /** How often it doesn't acknowledge what it got: 0 to 1. */
  readonly carelessness: number;
  readonly pauseMsMax: number;
}

const RECEIVE = {
  name: 'ReceiveMessage',
  write: writeReceiveMessageRequest,
  read: readReceiveMessageResponse,
};

/** A call about a message that a consumer has. */
interface Word<Request, Response> extends ClientRpc<Request, Response> {
  readonly codeOf: (answer: Response) => number | undefined;
}

const ACK: Word<AckMessageRequest, AckMessageResponse> = {
  name: 'AckMessage',
  write: writeAckMessageRequest,
  read: readAckMessageResponse,
  codeOf: ({ entries: [entry] }) => entry?.status?.code,
};
const CHANGE: Word<ChangeInvisibleDurationRequest, ChangeInvisibleDurationResponse> = {
  name: 'ChangeInvisibleDuration',
  write: writeChangeInvisibleDurationRequest,
  read: readChangeInvisibleDurationResponse,
  codeOf: ({ status }) => status?.code,
};
const FORWARD: Word<ForwardMessageToDeadLetterQueueRequest, ForwardMessageToDeadLetterQueueResponse> = {
  name: 'ForwardMessageToDeadLetterQueue',
  write: writeForwardMessageToDeadLetterQueueRequest,
  read: readForwardMessageToDeadLetterQueueResponse,
  codeOf: ({ status }) => status?.code,
};
const POLL_MS = 1000;
/** Until a push consumer says something again. */
const AGAIN_MS = 300;

export class RocketmqConsumer extends RocketmqClient {
  options!: RocketmqConsumerOptions;
  history!: RocketmqHistory;

  async run(): Promise<void> {
    while (this.process.alive) {
      try {
        for (const message of await this.#receive()) await this.#settle(message);
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      }
      await this.sleep(this.prng.int(1 + this.options.pauseMsMax));
    }
  }

  protected override settings(): Settings {
    const { push, group, topic } = this.options;
    const expression = { type: 1, expression: '*' };
    const subscriptions = [{ topic: named(topic), expression }];
    const subscription = { ...newSubscription(), group: named(group), subscriptions };
    const clientType = push ? CLIENT_TYPE.PUSH_CONSUMER : CLIENT_TYPE.SIMPLE_CONSUMER;
    return { ...newSettings(), clientType, subscription };
  }

  get #names() {
    return { group: named(this.options.group), topic: named(this.options.topic) };
  }

  async #receive(): Promise<Message[]> {
    const { topic, push, batchSize, invisibleMs } = this.options;
    const askedMs = this.clock.monotonicMs();
    const queue = {
      topic: named(topic),
      id: 0,
      permission: PERMISSION.READ,
      broker: null,
      acceptMessageTypes: [],
    };
    const request = {
      ...newReceiveMessageRequest(),
      group: this.#names.group,
      messageQueue: queue,
      batchSize,
      autoRenew: push,
      invisibleDuration: push ? null : fromMs(invisibleMs),
      longPollingTimeout: fromMs(POLL_MS),
    };
    const replies = await this.ask(RECEIVE, request, POLL_MS);
    const messages = replies.flatMap(({ message }) => (message === null ? [] : [message]));
    for (const { body, systemProperties } of messages) {
      const { queueId, queueOffset } = systemProperties!;
      this.history.received(body.toString(), {
        queue: queueId,
        offset: queueOffset ?? -1,
        askedMs,
        wallMs: this.clock.nowMs(),
      });
    }
    if (messages.length > 0) this.note(`got ${messages.map(({ body }) => body.toString()).join(', ')}`);
    if (messages.length === 0) await this.sleep(10);
    return messages;
  }

  async #settle(message: Message): Promise<void> {
    const { calm } = this.world;
    const { carelessness, push } = this.options;
    const { prng } = this;
    if (calm || !prng.chance(carelessness)) return this.#ack(message);
    const draw = prng.int(4);
    if (draw === 0) return this.#forward(message);
    // A push consumer forgets nothing while it lives.
    if (draw === 1 && !push) return;
    const { receiptHandle, messageId } = message.systemProperties!;
    const invisibleDuration = fromMs(prng.pick([0, 50, 1500]));
    const again = { ...newChangeInvisibleDurationRequest(), ...this.#names, messageId, invisibleDuration };
    this.note(`wants ${message.body} again`);
    const request = { ...again, receiptHandle: receiptHandle ?? '' };
    const answer = await this.#say(CHANGE, request);
    // What it has prolonged it may acknowledge under its new name only.
    if (push || answer?.status?.code !== CODE.OK || prng.chance(0.5)) return;
    message.systemProperties!.receiptHandle = answer.receiptHandle;
    await this.#ack(message);
  }

  #ack({ body, systemProperties }: Message): Promise<void> {
    const { messageId, receiptHandle } = systemProperties!;
    const entries = [{ messageId, receiptHandle: receiptHandle ?? '', liteTopic: null }];
    const request = { ...newAckMessageRequest(), ...this.#names, entries };
    return this.#finish(body, ACK, request);
  }

  /**
   * The answer. A push consumer says it again until it is taken, or comes too late: nobody else gets what it has. Null: it came too late
   * behind one that wasn't answered, which may have been taken.
   */
  async #say<Request, Response>(word: Word<Request, Response>, request: Request): Promise<Response | null> {
    for (let isSure = true; ; ) {
      try {
        const [answer] = await this.ask(word, request);
        const code = word.codeOf(answer!);
        if (!this.options.push || code === CODE.OK) return answer!;
        if (code === CODE.INVALID_RECEIPT_HANDLE) return isSure ? answer! : null;
        this.note(`${word.name} is answered with ${code}`);
      } catch (error) {
        if (!(error instanceof Disconnected) || !this.options.push) throw error;
        isSure = false;
      }
      await this.sleep(AGAIN_MS);
    }
  }

  #forward({ body, systemProperties }: Message): Promise<void> {
    const { messageId, receiptHandle, deliveryAttempt } = systemProperties!;
    const request = {
      ...newForwardMessageToDeadLetterQueueRequest(),
      ...this.#names,
      messageId,
      receiptHandle: receiptHandle ?? '',
      deliveryAttempt: deliveryAttempt ?? 0,
    };
    return this.#finish(body, FORWARD, request);
  }

  /** Says of a message that it is done, in one way or the other. */
  async #finish<Request, Response>(
    body: Buffer,
    word: Word<Request, Response>,
    request: Request,
  ): Promise<void> {
    const id = body.toString();
    const undo = this.history.settling(id);
    const answer = await this.#say(word, request);
    if (answer === null) return;
    if (word.codeOf(answer) === CODE.OK) this.history.settled(id, this.clock.monotonicMs());
    else undo();
  }
}

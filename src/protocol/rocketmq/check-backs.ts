/**
 * Asking senders what is to become of their half messages, over the Telemetry stream of any producer that publishes to the topic: in
 * RocketMQ's gRPC protocol the producers of a topic are one group. Who is asked changes from check to check.
 *
 * The broker is told of a topic once, when a producer names it or a half message is sent to it.
 */
import type { Broker } from '../../broker/broker.ts';
import type { HalfCheck } from '../../broker/half/half-messages.ts';
import type { Topic } from '../../metadata/image.ts';
import type { Client } from './clients.ts';
import { type Message, newTelemetryCommand, type Resource } from './codec/generated/messages.ts';
import type { RocketmqContext } from './context.ts';
import { readMessages } from './stored-messages.ts';

export class CheckBacks {
  readonly #broker: Broker;
  /** What ends the asking, by topic. */
  readonly #topics = new Map<Topic['id'], () => void>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Producers of the topic are asked from now on. */
  serve(context: RocketmqContext, topic: Topic): void {
    if (this.#topics.has(topic.id)) return;
    for (const [id, end] of this.#topics) {
      if (this.#broker.topics.byId(id) !== undefined) continue;
      end();
      this.#topics.delete(id);
    }
    const end = this.#broker.halfMessages.onCheck(topic.id, (check) => ask(context, topic.name, check));
    this.#topics.set(topic.id, end);
  }

  close(): void {
    for (const end of this.#topics.values()) end();
    this.#topics.clear();
  }
}

function ask(context: RocketmqContext, topicName: string, check: HalfCheck): boolean {
  const asked: { client: Client; topic: Resource }[] = [];
  for (const client of context.clients.all()) {
    const topic = client.publishes.get(topicName);
    if (topic !== undefined && client.stream !== null) asked.push({ client, topic });
  }
  const chosen = asked[check.checks % Math.max(1, asked.length)];
  if (chosen === undefined) return false;
  const message = messageIn(context, chosen.topic, check);
  if (message === null) return false;
  const { transactionId } = check;
  chosen.client.stream!.write({
    ...newTelemetryCommand(),
    recoverOrphanedTransactionCommand: { message, transactionId },
  });
  return true;
}

/** Null: it can't be read. */
function messageIn(
  context: RocketmqContext,
  topic: Resource,
  { batch, partition }: HalfCheck,
): Message | null {
  let read: Message | null = null;
  readMessages(context, {
    batches: [batch],
    topic,
    partition,
    choose: () => 'take',
    take: (message) => {
      read = message;
    },
  });
  return read;
}

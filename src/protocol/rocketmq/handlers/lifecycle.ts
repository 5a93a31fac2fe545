/** Telemetry, Heartbeat and NotifyClientTermination: that a client is there, what it is, and what it is told. */

import type { Client, ClientStream } from '../clients.ts';
import {
  CODE,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type NotifyClientTerminationRequest,
  type NotifyClientTerminationResponse,
  newHeartbeatResponse,
  newNotifyClientTerminationResponse,
  newTelemetryCommand,
  type Resource,
  readHeartbeatRequest,
  readNotifyClientTerminationRequest,
  readTelemetryCommand,
  type Settings,
  type TelemetryCommand,
  writeHeartbeatResponse,
  writeNotifyClientTerminationResponse,
  writeTelemetryCommand,
} from '../codec/generated/messages.ts';
import { CLIENT_TOPICS_MAX } from '../limits.ts';
import { groupName, topicName } from '../names.ts';
import { type Call, type Conversation, conversation, type ReplyStream, unary } from '../rpc.ts';
import { answerSettings, type GroupManners } from '../settings.ts';
import { OK, Refusal, statusOf } from '../status.ts';

function heartbeat(
  call: Call,
  request: HeartbeatRequest,
  reply: (response: HeartbeatResponse) => void,
): void {
  if (request.group !== null) {
    const group = groupName(request.group, call.namespace);
    if (group instanceof Refusal) return reply({ status: statusOf(group) });
  }
  reply({ status: OK });
}

function notifyTermination(
  call: Call,
  _request: NotifyClientTerminationRequest,
  reply: (response: NotifyClientTerminationResponse) => void,
): void {
  reply({ status: OK });
  call.rocketmq.clients.leave(call.clientId);
}

/** What is wrong with the names in a client's settings; null: nothing. */
function settingsProblem(call: Call, { publishing, subscription }: Settings): Refusal | null {
  const topics = publishing?.topics ?? subscription?.subscriptions.map(({ topic }) => topic) ?? null;
  if (topics === null)
    return new Refusal(CODE.UNRECOGNIZED_CLIENT_TYPE, 'The settings are of no kind of client.');
  if (topics.length > CLIENT_TOPICS_MAX) {
    return new Refusal(
      CODE.BAD_REQUEST,
      `A client may name ${CLIENT_TOPICS_MAX} topics, not ${topics.length}.`,
    );
  }
  for (const topic of topics) {
    const name = topicName(topic, call.namespace);
    if (name instanceof Refusal) return name;
  }
  if (subscription === null || subscription.group === null) return null;
  const group = groupName(subscription.group, call.namespace);
  return group instanceof Refusal ? group : null;
}

/** The group of a consumer whose settings were checked; '': it says none. */
function groupOf(call: Call, { subscription }: Settings): string {
  const group = subscription?.group ?? null;
  return group === null ? '' : (groupName(group, call.namespace) as string);
}

function publishedTopics(call: Call, { publishing }: Settings): ReadonlyMap<string, Resource> {
  const published = new Map<string, Resource>();
  for (const topic of publishing?.topics ?? []) {
    const name = topicName(topic, call.namespace);
    if (name instanceof Refusal) continue;
    // Who may not write there isn't shown what others write.
    if (call.access.allows('write', 'topic', name)) published.set(name, topic);
  }
  return published;
}

/** Names are known to be good. */
function mannersFor(call: Call, settings: Settings): GroupManners {
  const names = (settings.subscription?.subscriptions ?? [])
    .map(({ topic }) => topicName(topic, call.namespace))
    .filter((name) => typeof name === 'string');
  return call.rocketmq.subscriptions.manners(groupOf(call, settings), names);
}

/** What the broker knows of a client from now on. */
function note(call: Call, client: Client, settings: Settings): void {
  const { checkBacks, broker } = call.rocketmq;
  client.settings = settings;
  client.publishes = publishedTopics(call, settings);
  for (const name of client.publishes.keys()) {
    const topic = broker.topics.byName(name);
    if (topic !== undefined) checkBacks.serve(call.rocketmq, topic);
  }
}

/** A client opens one stream, keeps it, and sends its settings at once and every few minutes. */
function openTelemetry(call: Call, replies: ReplyStream<TelemetryCommand>): Conversation<TelemetryCommand> {
  const { clients } = call.rocketmq;
  const client = clients.seen(call.clientId);
  const stream: ClientStream = { write: (command) => replies.write(command), end: () => replies.end() };
  if (client !== null) clients.opened(client, stream);
  return {
    message(command) {
      clients.seen(call.clientId);
      const { settings } = command;
      // Answers to what it was asked: nobody waits for them.
      if (settings === null) return;
      const problem = settingsProblem(call, settings);
      if (problem !== null) {
        replies.write({ ...newTelemetryCommand(), status: statusOf(problem) });
        return;
      }
      if (client !== null) note(call, client, settings);
      const answer = answerSettings(settings, mannersFor(call, settings));
      replies.write({ ...newTelemetryCommand(), status: OK, settings: answer });
    },
    over() {
      if (client !== null) clients.ended(client, stream);
      replies.end();
    },
  };
}

export const lifecycleRpcs = [
  unary<HeartbeatRequest, HeartbeatResponse>({
    name: 'Heartbeat',
    read: readHeartbeatRequest,
    write: writeHeartbeatResponse,
    refuse: (status) => ({ ...newHeartbeatResponse(), status }),
    handle: heartbeat,
  }),
  unary<NotifyClientTerminationRequest, NotifyClientTerminationResponse>({
    name: 'NotifyClientTermination',
    read: readNotifyClientTerminationRequest,
    write: writeNotifyClientTerminationResponse,
    refuse: (status) => ({ ...newNotifyClientTerminationResponse(), status }),
    handle: notifyTermination,
  }),
  conversation<TelemetryCommand, TelemetryCommand>({
    name: 'Telemetry',
    read: readTelemetryCommand,
    write: writeTelemetryCommand,
    refuse: (status) => ({ ...newTelemetryCommand(), status }),
    open: openTelemetry,
  }),
];

/** Commands about delayed messages: schedule.list, schedule.cancel, schedule.move. */
import { BrokerError } from '../../base/errors.ts';
import type { ListedMessage } from '../schedule/schedules.ts';
import type { DelayedMessage, DelayedMessages } from './answers.ts';
import { type AdminCall, type AdminCommand, asked, readMax, requireTopic } from './command.ts';
import { NATURAL } from './fields.ts';

/** By their times, roughly: those of one span of time in the order in which they came. */
export const listDelayed: AdminCommand<DelayedMessages> = async ({ broker, caller, fields }) => {
  const topic = fields.textIfGiven('topic');
  const after = fields.textIfGiven('after') ?? null;
  const max = readMax(fields);
  fields.end();
  if (topic !== undefined) caller.require('describe', 'topic', topic);
  const topicId = topic === undefined ? null : requireTopic(broker, topic).id;
  const found = await broker.schedules.list(topicId, after, max);
  if (found instanceof BrokerError) throw found;
  const messages: DelayedMessage[] = [];
  for (const { topicId: id, ...message } of found.messages) {
    const name = broker.topics.byId(id)?.name;
    if (name === undefined || !caller.sees('describe', 'topic', name)) continue;
    messages.push({ ...message, topic: name });
  }
  return { messages, next: found.next };
};

/** Takes a message away that was not due yet. */
export const cancelDelayed: AdminCommand<object> = async (call) => {
  const { broker, caller, fields } = call;
  const { topic, handle } = readHandle(call);
  fields.end();
  await requireDelayed(call, { topic, handle });
  await asked<null>((done) => broker.schedules.cancel(handle, done));
  caller.changed('delayed message cancelled', topic, handle);
  return {};
};

/** Gives it another time, and another handle. */
export const moveDelayed: AdminCommand<{ readonly handle: string }> = async (call) => {
  const { broker, fields } = call;
  const { topic, handle } = readHandle(call);
  const atMs = fields.integer('atMs', NATURAL);
  fields.end();
  await requireDelayed(call, { topic, handle });
  return { handle: await asked<string>((done) => broker.schedules.move(handle, atMs, done)) };
};

/** As Kafka asks of a client that deletes records. */
function readHandle({ caller, fields }: AdminCall): { topic: string; handle: string } {
  const topic = fields.text('topic');
  const handle = fields.text('handle');
  caller.require('delete', 'topic', topic);
  return { topic, handle };
}

/** A handle is for who may change the topic of its message. */
async function requireDelayed(
  { broker }: AdminCall,
  { topic, handle }: { readonly topic: string; readonly handle: string },
): Promise<void> {
  const { id } = requireTopic(broker, topic);
  const { topicId } = await asked<ListedMessage>((done) => broker.schedules.lookUp(handle, done));
  if (topicId === id) return;
  throw new BrokerError('resource-not-found', `no delayed message of '${topic}' has this handle`);
}

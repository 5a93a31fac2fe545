/** Commands that change subscriptions: queue.create, queue.set, queue.seek, queue.purge, queue.delete. */
import { BrokerError } from '../../base/errors.ts';
import type { QueuePosition } from '../queue-admin.ts';
import type { QueueSubscription, StartFrom, SubscriptionSettings } from '../queues.ts';
import type { QueuePositions, QueueSettings } from './answers.ts';
import {
  type AdminCall,
  type AdminCommand,
  asked,
  type NamedSubscription,
  readSubscription,
  requireTopic,
} from './command.ts';
import { type Fields, NATURAL } from './fields.ts';
import { readSettings } from './settings-fields.ts';

const PARTITIONS_MAX = 10_000;
/** As Kafka asks of a client that moves a group (OffsetCommit, AlterShareGroupOffsets). */
const MOVE = { ofTopic: 'read', ofGroup: 'read' } as const;

const subjectOf = ({ topic, name }: Omit<NamedSubscription, 'subscription'>): string => `${name} of ${topic}`;

/** `from`: where it begins; what is there already is refused. */
export const createQueue: AdminCommand<QueueSettings> = async (call) => {
  const { broker, caller, fields } = call;
  const topic = fields.text('topic');
  const name = fields.text('subscription');
  caller.require('read', 'topic', topic);
  caller.require('read', 'group', name);
  caller.require('alter-configs', 'group', name);
  const startFrom = readStart(fields, 'from') ?? 'latest';
  const settings = readSettingsOf(call, topic);
  fields.end();
  const { id: topicId } = requireTopic(broker, topic);
  if (broker.queues.find(topicId, name) !== undefined) {
    throw new BrokerError('duplicate-resource', `topic '${topic}' has a subscription '${name}' already`);
  }
  const made = await asked<QueueSubscription>((done) =>
    broker.queues.subscribe({ topicId, name, settings, startFrom }, done),
  );
  caller.changed('subscription created', subjectOf({ topic, name }), JSON.stringify(settings));
  return { topic, subscription: name, settings: made.state.settings };
};

/** Changes the settings that are given, and no others. */
export const setQueue: AdminCommand<QueueSettings> = async (call) => {
  const { broker, caller, fields } = call;
  const named = readSubscription(call, { ofTopic: 'describe', ofGroup: 'alter-configs' });
  const { topic, name, subscription } = named;
  const settings = readSettingsOf(call, topic);
  fields.end();
  refuseGroupSettings(call, name, settings);
  await asked<null>((done) => broker.queues.alter(subscription, settings, done));
  caller.changed('subscription altered', subjectOf(named), JSON.stringify(settings));
  return { topic, subscription: name, settings: subscription.state.settings };
};

/** Begins anew. What consumers have is taken away from them. */
export const seekQueue: AdminCommand<QueuePositions> = async (call) => {
  const { broker, fields } = call;
  const named = readSubscription(call, MOVE);
  const partitions = readPartitions(fields);
  const offset = fields.integerIfGiven('offset', NATURAL);
  const to = offset === undefined ? readStart(fields, 'to') : { offset };
  fields.end();
  if (to === undefined) {
    throw new BrokerError(
      'invalid-request',
      'say where to: to (earliest, latest, or timestampMs), or offset',
    );
  }
  const positions = await broker.queueAdmin.positions(named.subscription, { partitions, to });
  return move(call, named, positions);
};

/** Makes all that is there now done. */
export const purgeQueue: AdminCommand<QueuePositions> = async (call) => {
  const named = readSubscription(call, MOVE);
  call.fields.end();
  const positions = await call.broker.queueAdmin.positions(named.subscription, {
    partitions: null,
    to: 'latest',
  });
  return move(call, named, positions);
};

async function move(
  { broker, caller }: AdminCall,
  named: NamedSubscription,
  positions: readonly QueuePosition[] | BrokerError,
): Promise<QueuePositions> {
  if (positions instanceof BrokerError) throw positions;
  const { topic, name, subscription } = named;
  await asked<null>((done) => broker.queues.seek(subscription, positions, done));
  const moved = positions.map(({ partition, offset }) => `${partition}:${offset}`).join(' ');
  caller.changed('subscription moved', subjectOf(named), moved);
  return { topic, subscription: name, positions };
}

/** Ends it: what it knew is forgotten, the messages stay. */
export const deleteQueue: AdminCommand<object> = async (call) => {
  const { broker, caller, fields } = call;
  const named = readSubscription(call, { ofTopic: 'describe', ofGroup: 'delete' });
  fields.end();
  await asked<null>((done) => broker.queues.remove(named.subscription, done));
  caller.changed('subscription deleted', subjectOf(named));
  return {};
};

/** Who names a topic for dead letters must be allowed to write there: the broker does it for them. */
function readSettingsOf({ broker, caller, fields }: AdminCall, topic: string): Partial<SubscriptionSettings> {
  const given = fields.objectIfGiven('settings');
  if (given === undefined) return {};
  const settings = readSettings(given);
  const { deadLetterTopic } = settings;
  if (deadLetterTopic === undefined || deadLetterTopic === null) return settings;
  caller.require('write', 'topic', deadLetterTopic);
  if (deadLetterTopic === topic) {
    throw new BrokerError(
      'invalid-config',
      'dead letters need a topic of their own: they would come back here',
    );
  }
  const target = broker.topics.byName(deadLetterTopic);
  if (target !== undefined && target.config.view !== null) {
    throw new BrokerError(
      'invalid-config',
      `'${deadLetterTopic}' is a view, and can only be read: name another topic`,
    );
  }
  if (target === undefined) caller.require('create', 'topic', deadLetterTopic);
  return settings;
}

/** What a share group is set to comes from the group's settings, at its next fetch. */
function refuseGroupSettings(
  { broker }: AdminCall,
  name: string,
  settings: Partial<SubscriptionSettings>,
): void {
  if (!broker.shareGroups.has(name)) return;
  const own = Object.keys(broker.shareGroups.settings(name).subscription);
  const named = Object.keys(settings).find((each) => own.includes(each));
  if (named === undefined) return;
  throw new BrokerError(
    'invalid-config',
    `'${name}' is a share group: ${named} follows its group settings (share.*, polylog.share.*), set those`,
  );
}

/** `earliest`, `latest`, or an object with `timestampMs`. */
function readStart(fields: Fields, name: string): StartFrom | undefined {
  if (fields.isText(name)) return fields.choiceIfGiven(name, ['earliest', 'latest'] as const);
  const given = fields.objectIfGiven(name);
  if (given === undefined) return undefined;
  const timestampMs = given.integer('timestampMs', NATURAL);
  given.end();
  return { timestampMs };
}

function readPartitions(fields: Fields): readonly number[] | null {
  const partitions = fields.listIfGiven('partitions', PARTITIONS_MAX);
  if (partitions === undefined) return null;
  if (partitions.every((each): each is number => Number.isInteger(each))) return [...new Set(partitions)];
  throw new BrokerError('invalid-request', 'the field partitions must be a list of numbers');
}

/**
 * Settings of groups: Kafka's configs of resource type GROUP. What a group doesn't set it has from the broker
 * (`group.consumer.*`, `group.streams.*`, `group.share.*`), which also says in which bounds it may set it; some have a default of
 * their own instead. A group need not exist to have some.
 */
import { BrokerError } from '../base/errors.ts';
import { brokerText } from './broker-config.ts';
import type { BrokerValues, ConfigValues } from './broker-values.ts';
import { parseOffsetReset } from './offset-reset.ts';
import { makeSetting, type Setting, type SettingFields, type SettingType, toNumber } from './setting.ts';
import { isTopicName } from './topic-names.ts';

export interface GroupSetting extends Setting {
  /** The broker's setting that holds where the group has none; null: the setting's own default does. */
  readonly inherits: string | null;
}

/** `name`: consumer.…, streams.… or share.…; its broker setting is group.… */
function group(name: string, fields: SettingFields & { readonly doc: string }): [string, GroupSetting] {
  return [name, { ...makeSetting(name, 'int', null, fields), inherits: `group.${name}` }];
}

/** One that the broker has no setting for. */
function own(
  name: string,
  type: SettingType,
  defaultText: string,
  fields: SettingFields & { readonly doc: string },
): [string, GroupSetting] {
  return [name, { ...makeSetting(name, type, defaultText, fields), inherits: null }];
}

const SESSION = 'How long a member is not missed without a heartbeat.';
const HEARTBEAT = 'How often members are told to send heartbeats.';
const ASSIGNMENT = 'How long an assignment stands at least before the next one is computed.';

export const GROUP_SETTINGS: ReadonlyMap<string, GroupSetting> = new Map([
  group('consumer.assignment.interval.ms', { unit: 'ms', min: 0, doc: ASSIGNMENT }),
  group('consumer.heartbeat.interval.ms', { unit: 'ms', min: 1, doc: HEARTBEAT }),
  group('consumer.session.timeout.ms', { unit: 'ms', min: 1, doc: SESSION }),
  own('polylog.lite.exclusive', 'boolean', 'false', {
    doc:
      "Whether a lite topic is only one client's of the group, the one that has subscribed to it last. Else clients that have the " +
      'same one share its messages.',
  }),
  own('polylog.lite.subscriptions.max', 'int', '2000', {
    min: 1,
    max: 100_000,
    doc: 'Lite topics that one client of the group may have subscribed to.',
  }),
  own('polylog.lite.ttl.ms', 'long', '0', {
    unit: 'ms',
    min: 0,
    max: 2 ** 45,
    doc: 'How long after it was sent a message of a lite topic is given up; 0: as long as its topic keeps it.',
  }),
  own('polylog.lite.waiting.max', 'int', '100000', {
    unit: 'records',
    min: 16,
    max: 10_000_000,
    doc:
      'Messages of lite topics that may wait in one partition, about 400 bytes of memory each. Beyond that the oldest of those to ' +
      'which no client has subscribed become dead letters.',
  }),
  own('polylog.rocketmq.fifo', 'boolean', 'false', {
    doc:
      "Whether RocketMQ's push consumers of the group keep messages that fail and try them again themselves, in order (Settings.fifo), " +
      'instead of giving them back. Consumers that are there already are told when they start anew.',
  }),
  own('polylog.share.dead.letter.topic', 'string', '', {
    check: (name) => (name === '' || isTopicName(name) ? null : 'the name of a topic, or nothing'),
    doc: 'Where records go that were rejected or delivered too often, with their cause in headers; if it is empty, they are dropped.',
  }),
  own('polylog.share.retry.delays.ms', 'list', '', {
    check: (delays) =>
      delays === '' || delays.split(',').every((delay) => /^\d{1,12}$/.test(delay))
        ? null
        : 'a list of milliseconds, separated by commas',
    doc:
      'How long a record that was released is held back before it is delivered again: after its first delivery, its second, …; the ' +
      'last goes on. If it is empty, it is delivered again at once.',
  }),
  group('share.assignment.interval.ms', { unit: 'ms', min: 0, doc: ASSIGNMENT }),
  own('share.auto.offset.reset', 'string', 'latest', {
    check: (text) =>
      parseOffsetReset(text) === null
        ? 'earliest, latest, or by_duration: and a time as in by_duration:P1DT2H3M4.5S'
        : null,
    doc: 'Where a share group begins in a partition that it reads for the first time; latest is where the partition ends then.',
  }),
  group('share.delivery.count.limit', { min: 2, doc: 'How often a record is delivered at most.' }),
  group('share.heartbeat.interval.ms', { unit: 'ms', min: 1, doc: HEARTBEAT }),
  own('share.isolation.level', 'string', 'read_uncommitted', {
    values: ['read_uncommitted', 'read_committed'],
    doc: 'Whether records of open and of aborted transactions are delivered.',
  }),
  group('share.partition.max.record.locks', {
    unit: 'records',
    min: 100,
    doc: 'Records of a partition that may be acquired at one time.',
  }),
  group('share.record.lock.duration.ms', {
    unit: 'ms',
    min: 1000,
    doc: 'How long a consumer has the records that it acquired, if it does not acknowledge them.',
  }),
  own('share.renew.acknowledge.enable', 'boolean', 'true', {
    doc: 'Whether consumers may renew the lock of records that they have.',
  }),
  group('share.session.timeout.ms', { unit: 'ms', min: 1, doc: SESSION }),
  group('streams.assignment.interval.ms', { unit: 'ms', min: 0, doc: ASSIGNMENT }),
  group('streams.heartbeat.interval.ms', { unit: 'ms', min: 1, doc: HEARTBEAT }),
  group('streams.initial.rebalance.delay.ms', {
    unit: 'ms',
    min: 0,
    doc: 'How long a group without members waits for more after the first.',
  }),
  group('streams.num.standby.replicas', {
    min: 0,
    doc: "How many copies of a stateful task's state are kept beside the active one.",
  }),
  group('streams.session.timeout.ms', { unit: 'ms', min: 1, doc: SESSION }),
]);

/** The value of a group's setting, its own or the broker's. */
export function groupNumber(name: string, own: ConfigValues | undefined, broker: BrokerValues): number {
  return toNumber(own?.get(name) ?? inheritedText(GROUP_SETTINGS.get(name)!, broker));
}

/** The same of one that isn't a number. */
export function groupText(name: string, own: ConfigValues | undefined, broker: BrokerValues): string {
  return own?.get(name) ?? inheritedText(GROUP_SETTINGS.get(name)!, broker);
}

/** What a group has that doesn't set it. */
export function inheritedText(setting: GroupSetting, broker: BrokerValues): string {
  return setting.inherits === null ? setting.default! : brokerText(setting.inherits, broker);
}

/** Names of the broker's settings that bound a group's, as the group's name without `consumer.` and so on. */
const BOUNDED = ['session.timeout.ms', 'heartbeat.interval.ms', 'assignment.interval.ms'];
const BOUNDED_IN: Readonly<Record<'consumer' | 'streams' | 'share', readonly string[]>> = {
  consumer: BOUNDED,
  streams: BOUNDED,
  share: [...BOUNDED, 'record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks'],
};

/** Why a group can't have these values: null, or invalid-config. */
export function groupConflict(own: ConfigValues, broker: BrokerValues): BrokerError | null {
  for (const family of ['consumer', 'streams', 'share'] as const) {
    for (const what of BOUNDED_IN[family]) {
      const text = own.get(`${family}.${what}`);
      if (text === undefined) continue;
      const [least, most] = ['min', 'max'].map((end) => `group.${family}.${end}.${what}`) as [string, string];
      const value = toNumber(text);
      if (value >= toNumber(brokerText(least, broker)) && value <= toNumber(brokerText(most, broker)))
        continue;
      return new BrokerError(
        'invalid-config',
        `${family}.${what} (${text}) is not from ${least} (${brokerText(least, broker)}) to ${most} (${brokerText(most, broker)}).`,
      );
    }
    const session = groupNumber(`${family}.session.timeout.ms`, own, broker);
    const heartbeat = groupNumber(`${family}.heartbeat.interval.ms`, own, broker);
    if (heartbeat < session) continue;
    return new BrokerError(
      'invalid-config',
      `${family}.heartbeat.interval.ms (${heartbeat}) is not below ${family}.session.timeout.ms (${session}).`,
    );
  }
  const standbys = toNumber(own.get('streams.num.standby.replicas') ?? '0');
  const most = toNumber(brokerText('group.streams.max.standby.replicas', broker));
  if (standbys <= most) return null;
  return new BrokerError(
    'invalid-config',
    `streams.num.standby.replicas (${standbys}) is more than group.streams.max.standby.replicas (${most}).`,
  );
}

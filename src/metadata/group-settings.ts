/**
 * Settings of groups: Kafka's configs of resource type GROUP. What a group doesn't set it has from the broker
 * (`group.consumer.*`, `group.streams.*`), which also says in which bounds it may set it. A group need not exist to have some.
 */
import { BrokerError } from '../base/errors.ts';
import { brokerText } from './broker-config.ts';
import type { BrokerValues, ConfigValues } from './broker-values.ts';
import { makeSetting, type Setting, type SettingFields, toNumber } from './setting.ts';

export interface GroupSetting extends Setting {
  /** The broker's setting that holds where the group has none. */
  readonly inherits: string;
}

/** `name`: consumer.… or streams.…; its broker setting is group.… */
function group(name: string, fields: SettingFields & { readonly doc: string }): [string, GroupSetting] {
  return [name, { ...makeSetting(name, 'int', null, fields), inherits: `group.${name}` }];
}

const SESSION = 'How long a member is not missed without a heartbeat.';
const HEARTBEAT = 'How often members are told to send heartbeats.';
const ASSIGNMENT = 'How long an assignment stands at least before the next one is computed.';

export const GROUP_SETTINGS: ReadonlyMap<string, GroupSetting> = new Map([
  group('consumer.assignment.interval.ms', { unit: 'ms', min: 0, doc: ASSIGNMENT }),
  group('consumer.heartbeat.interval.ms', { unit: 'ms', min: 1, doc: HEARTBEAT }),
  group('consumer.session.timeout.ms', { unit: 'ms', min: 1, doc: SESSION }),
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
  return toNumber(own?.get(name) ?? brokerText(GROUP_SETTINGS.get(name)!.inherits, broker));
}

/** Names of the broker's settings that bound a group's, as the group's name without `consumer.` or `streams.`. */
const BOUNDED = ['session.timeout.ms', 'heartbeat.interval.ms', 'assignment.interval.ms'];

/** Why a group can't have these values: null, or invalid-config. */
export function groupConflict(own: ConfigValues, broker: BrokerValues): BrokerError | null {
  for (const family of ['consumer', 'streams']) {
    for (const what of BOUNDED) {
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

/** The broker's settings of share groups: `group.share.*`, with Kafka's names, ranges and defaults. */
import type { SettingFields, SettingType } from './setting.ts';

interface ShareRow {
  readonly name: string;
  readonly type: SettingType;
  readonly default: string;
  readonly fields: SettingFields & { readonly doc: string };
}

function row(name: string, type: SettingType, text: string, fields: ShareRow['fields']): ShareRow {
  return { name, type, default: text, fields };
}

export const SHARE_ROWS: readonly ShareRow[] = [
  row('group.share.session.timeout.ms', 'int', '45000', {
    unit: 'ms',
    min: 1,
    doc: 'How long a member of a share group is not missed without a heartbeat.',
  }),
  row('group.share.min.session.timeout.ms', 'int', '45000', {
    unit: 'ms',
    min: 1,
    doc: 'The shortest session timeout that a share group may have.',
  }),
  row('group.share.max.session.timeout.ms', 'int', '60000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest session timeout that a share group may have.',
  }),
  row('group.share.heartbeat.interval.ms', 'int', '5000', {
    unit: 'ms',
    min: 1,
    doc: 'How often members of share groups are told to send heartbeats.',
  }),
  row('group.share.min.heartbeat.interval.ms', 'int', '5000', {
    unit: 'ms',
    min: 1,
    doc: 'The shortest heartbeat interval that a share group may have.',
  }),
  row('group.share.max.heartbeat.interval.ms', 'int', '15000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest heartbeat interval that a share group may have.',
  }),
  row('group.share.assignment.interval.ms', 'int', '1000', {
    unit: 'ms',
    min: 0,
    doc: 'How long an assignment of a share group stands at least before the next one is computed.',
  }),
  row('group.share.min.assignment.interval.ms', 'int', '0', {
    unit: 'ms',
    min: 0,
    doc: 'The shortest assignment interval that a share group may have.',
  }),
  row('group.share.max.assignment.interval.ms', 'int', '15000', {
    unit: 'ms',
    min: 0,
    doc: 'The longest assignment interval that a share group may have.',
  }),
  row('group.share.max.size', 'int', '200', {
    min: 1,
    max: 1000,
    doc: 'Members that a share group may have.',
  }),
  row('group.share.assignors', 'list', 'simple', {
    values: ['simple'],
    check: (names) => (names === '' ? 'simple' : null),
    doc: 'The assignor of share groups.',
  }),
  row('group.share.assignor.offload.enable', 'boolean', 'true', {
    status: 'no-meaning',
    note: 'Accepted without effect: assignments take a few milliseconds, and there are no other threads.',
    doc: 'Whether Kafka computes assignments on threads of their own.',
  }),
  row('group.share.initialize.retry.interval.ms', 'int', '30000', {
    unit: 'ms',
    min: 1,
    status: 'no-meaning',
    note: 'Accepted without effect: the state of share groups is in the same log, and needs no other broker.',
    doc: 'How long Kafka waits before it tries again to make the state of partitions.',
  }),
  row('group.share.max.share.sessions', 'int', '2000', {
    unit: 'sessions',
    min: 1,
    doc: 'Share sessions that the broker keeps, one for each consumer of a share group; further consumers are refused.',
  }),
  row('group.share.record.lock.duration.ms', 'int', '30000', {
    unit: 'ms',
    min: 1000,
    max: 3_600_000,
    doc: 'How long a consumer of a share group has the records that it acquired, if it does not acknowledge them.',
  }),
  row('group.share.min.record.lock.duration.ms', 'int', '15000', {
    unit: 'ms',
    min: 1000,
    max: 30_000,
    doc: 'The shortest lock that a share group may have.',
  }),
  row('group.share.max.record.lock.duration.ms', 'int', '60000', {
    unit: 'ms',
    min: 30_000,
    max: 3_600_000,
    doc: 'The longest lock that a share group may have.',
  }),
  row('group.share.delivery.count.limit', 'int', '5', {
    min: 2,
    max: 10,
    doc: 'How often a record is delivered to a share group at most.',
  }),
  row('group.share.min.delivery.count.limit', 'int', '2', {
    min: 2,
    max: 5,
    doc: 'The lowest limit of deliveries that a share group may have.',
  }),
  row('group.share.max.delivery.count.limit', 'int', '10', {
    min: 5,
    max: 25,
    doc: 'The highest limit of deliveries that a share group may have.',
  }),
  row('group.share.partition.max.record.locks', 'int', '2000', {
    unit: 'records',
    min: 100,
    max: 10_000,
    doc: 'Records of a partition that a share group may have acquired at one time.',
  }),
  row('group.share.min.partition.max.record.locks', 'int', '100', {
    unit: 'records',
    min: 100,
    max: 2000,
    doc: 'The lowest limit of locks that a share group may have.',
  }),
  row('group.share.max.partition.max.record.locks', 'int', '4000', {
    unit: 'records',
    min: 2000,
    max: 10_000,
    doc: 'The highest limit of locks that a share group may have.',
  }),
  row('share.fetch.purgatory.purge.interval.requests', 'int', '1000', {
    status: 'no-meaning',
    note: 'Accepted without effect: a fetch that waits leaves nothing behind when it is answered.',
    doc: 'How often Kafka forgets share fetches that were answered.',
  }),
];

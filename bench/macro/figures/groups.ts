// Figures of groups of the consumer protocol (KIP-848): how long a large one takes to be stable, and what idle members
// cost. Driver: members/, which is ours: 500 real clients would be the load themselves.

import { brokerCpuS, converse, residentMb, run, sleep } from '../proc.ts';
import { createTopic, membersDriver } from '../tools.ts';
import type { Figure, FigureContext, Goal, Row } from '../types.ts';

const MEMBERS = 500;
const PARTITIONS = 1000;
/** Both brokers tell members to send a heartbeat every 5 s; a rebalance takes some of them. */
const LIMIT_S = 120;

/** A smoke has no time to wait for heartbeats. */
const QUICK = {
  set: ['min.heartbeat.interval.ms', 'heartbeat.interval.ms', 'assignment.interval.ms'].map(
    (name) => `group.consumer.${name}=100`,
  ),
};

const halfOfKafka: readonly Goal[] = [{ kind: 'ratio', to: 'kafka', op: '<=', limit: 0.5 }];
const client = `drivers/members: ${MEMBERS} members, a connection each, ${PARTITIONS.toLocaleString('en')} partitions, the broker's defaults`;

const rebalanceRows: readonly Row[] = [
  {
    id: 'rebalance-all',
    title: 'a group forms: from the first join until it is stable',
    client,
    unit: 's',
    goals: halfOfKafka,
  },
  {
    id: 'rebalance-leave',
    title: 'one member leaves: until it is stable again',
    client,
    unit: 's',
    goals: halfOfKafka,
  },
  {
    id: 'rebalance-join',
    title: 'one member joins: until it is stable again',
    client,
    unit: 's',
    goals: halfOfKafka,
  },
];

const rebalanceFigure: Figure = {
  name: 'rebalance',
  rows: rebalanceRows,
  async measure({ options, start }: FigureContext) {
    const { members, partitions, pauseS } = options.smoke
      ? { members: 20, partitions: 40, pauseS: 0 }
      : { members: MEMBERS, partitions: PARTITIONS, pauseS: 5 };
    const broker = await start(options.smoke ? QUICK : {});
    await createTopic(options, broker, 'rebalance', partitions);
    const args = ['rebalance', broker.bootstrap, 'rebalance', partitions, members, LIMIT_S, pauseS];
    const { stdout } = await run(...membersDriver(options, args));
    const line = JSON.parse(stdout) as Record<string, number>;
    await broker.stop();
    const owned = (seconds: number): string => `all partitions owned after ${seconds.toFixed(2)} s`;
    return {
      'rebalance-all': {
        value: line.all_s!,
        note: `${owned(line.all_owned_s!)}, ${line.heartbeats} heartbeats`,
      },
      'rebalance-leave': { value: line.leave_s!, note: owned(line.leave_owned_s!) },
      'rebalance-join': { value: line.join_s!, note: owned(line.join_owned_s!) },
    };
  },
};

const GROUPS = 50;
const MEMBERS_OF_GROUP = 100;
const SETTLE_MS = 10_000;
const WATCHED_S = 20;
const idleClient = `drivers/members: ${GROUPS} groups of ${MEMBERS_OF_GROUP}, a connection each, a heartbeat every 5 s`;

const idleFigure: Figure = {
  name: 'idle-members',
  rows: [
    {
      id: 'idle-members-memory',
      title: '5,000 idle members: resident memory above that without them',
      client: idleClient,
      unit: 'MB',
      goals: [{ kind: 'absolute', op: '<=', limit: 100 }],
    },
    {
      id: 'idle-members-cpu',
      title: 'the same: CPU over 20 s, of one core',
      client: idleClient,
      unit: '%',
      goals: [],
    },
  ],
  async measure({ options, start, log }: FigureContext) {
    const { groups, members, settleMs, watchedS } = options.smoke
      ? { groups: 2, members: 10, settleMs: 200, watchedS: 0.5 }
      : { groups: GROUPS, members: MEMBERS_OF_GROUP, settleMs: SETTLE_MS, watchedS: WATCHED_S };
    const broker = await start(options.smoke ? QUICK : {});
    await createTopic(options, broker, 'idle', members);
    await sleep(settleMs);
    const withoutMb = residentMb(broker.pid);

    const args = ['idle', broker.bootstrap, 'idle', members, groups, members, LIMIT_S];
    const driver = converse(...membersDriver(options, args));
    await driver.line();
    await sleep(settleMs);
    const connectedMb = residentMb(broker.pid);
    driver.say('join');
    const { stable_s } = JSON.parse(await driver.line()) as { stable_s: number };
    log(`${groups * members} members are stable after ${stable_s.toFixed(1)} s`);
    await sleep(settleMs);
    const before = brokerCpuS(broker.pid);
    await sleep(watchedS * 1000);
    const cpu = ((brokerCpuS(broker.pid) - before) / watchedS) * 100;
    const withMb = residentMb(broker.pid);
    const { heartbeats } = JSON.parse(await driver.end()) as { heartbeats: number };
    await broker.stop();
    return {
      'idle-members-memory': {
        value: withMb - withoutMb,
        note: `${withMb.toFixed(0)} MB with them; their connections alone took ${(connectedMb - withoutMb).toFixed(0)} MB`,
      },
      'idle-members-cpu': { value: cpu, note: `${heartbeats} heartbeats since they were stable` },
    };
  },
};

export const groupFigures: readonly Figure[] = [rebalanceFigure, idleFigure];

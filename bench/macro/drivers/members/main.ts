// Usage: members rebalance BROKER TOPIC PARTITIONS MEMBERS LIMIT_S PAUSE_S
//        members idle BROKER TOPIC PARTITIONS GROUPS MEMBERS LIMIT_S
//
// Load of the consumer protocol (KIP-848) without 500 real clients, which would be the load themselves: members that speak
// only ConsumerGroupHeartbeat, each on its own connection, with this project's codec on the client's side.
//
// rebalance: all members join at the same moment; when the group is stable, one leaves; when it is stable again, one
// joins. A line of JSON: seconds of each.
// idle: connects, and prints a line of JSON; on a line of input groups of members join, one every 100 ms; a line
// of JSON when all are stable. They send heartbeats until the input ends; a line of JSON then.

import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import { Group } from './group.ts';

async function openAll(bootstrap: string, count: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  for (let i = 0; i < count; i++) connections.push(await Connection.open(bootstrap));
  return connections;
}

/** Kafka makes its topic of offsets for the first group, which is no part of a rebalance. */
async function awaitCoordinator(connection: Connection, groupId: string, limitS: number): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const code = await connection.coordinatorError(groupId);
    if (code === 0) return;
    if (waitedMs > limitS * 1000) throw new Error(`no coordinator of ${groupId}: error ${code}`);
    await sleep(100);
  }
}

interface RebalanceOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly members: number;
  readonly limitS: number;
  readonly pauseS: number;
}

async function rebalance(options: RebalanceOptions): Promise<void> {
  const { bootstrap, topic, partitions, members, limitS, pauseS } = options;
  const [asker, late, ...connections] = await openAll(bootstrap, members + 2);
  await awaitCoordinator(asker!, 'rebalance', limitS);
  const group = new Group('rebalance', topic, partitions);

  let fromMs = performance.now();
  for (const connection of connections) group.join(connection);
  const all = await group.stable(fromMs, asker!, limitS);
  const heartbeats = group.heartbeats;

  await sleep(pauseS * 1000);
  fromMs = performance.now();
  await group.leaveFirst();
  const left = await group.stable(fromMs, asker!, limitS);

  await sleep(pauseS * 1000);
  fromMs = performance.now();
  group.join(late!);
  const joined = await group.stable(fromMs, asker!, limitS);

  group.stop();
  for (const connection of [asker!, late!, ...connections]) connection.close();
  const line = {
    all_s: all.stableS,
    all_owned_s: all.ownedS,
    leave_s: left.stableS,
    leave_owned_s: left.ownedS,
    join_s: joined.stableS,
    join_owned_s: joined.ownedS,
    heartbeats,
  };
  console.log(JSON.stringify(line));
}

/** What idle members cost is asked, not what it costs when thousands join in the same moment. */
const GROUP_MS = 100;

interface IdleOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly groups: number;
  /** Of each group. */
  readonly members: number;
  readonly limitS: number;
}

async function idle(options: IdleOptions): Promise<void> {
  const { bootstrap, topic, partitions, members, limitS } = options;
  const asker = await Connection.open(bootstrap);
  const connections = await openAll(bootstrap, options.groups * members);
  // Each asks for its group's coordinator, as clients do: a connection without a request is none yet.
  for (let i = 0; i < connections.length; i++) {
    await awaitCoordinator(connections[i]!, `idle-${Math.floor(i / members)}`, limitS);
  }
  console.log(JSON.stringify({ connections: connections.length }));

  const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  await input.next();
  const groups: Group[] = [];
  const startMs = performance.now();
  for (let number = 0; number < options.groups; number++) {
    const group = new Group(`idle-${number}`, topic, partitions);
    for (const connection of connections.slice(number * members, (number + 1) * members)) {
      group.join(connection);
    }
    groups.push(group);
    await sleep(GROUP_MS);
  }
  for (const group of groups) await group.stable(startMs, asker, limitS);
  console.log(JSON.stringify({ stable_s: (performance.now() - startMs) / 1000 }));

  const before = groups.reduce((sum, { heartbeats }) => sum + heartbeats, 0);
  await input.next();
  const after = groups.reduce((sum, { heartbeats }) => sum + heartbeats, 0);
  // A member that was thrown out meanwhile would have made a group unstable.
  for (const group of groups) await group.stable(performance.now(), asker, limitS);
  for (const group of groups) group.stop();
  for (const connection of [asker, ...connections]) connection.close();
  console.log(JSON.stringify({ heartbeats: after - before }));
}

async function main([command, bootstrap, topic, ...rest]: readonly string[]): Promise<void> {
  const numbers = rest.map(Number);
  if (bootstrap === undefined || topic === undefined || numbers.some((one) => !(one >= 0))) {
    throw new Error('usage: members rebalance|idle BROKER TOPIC NUMBER…');
  }
  if (command === 'rebalance' && numbers.length === 4) {
    const [partitions, members, limitS, pauseS] = numbers as [number, number, number, number];
    await rebalance({ bootstrap, topic, partitions, members, limitS, pauseS });
  } else if (command === 'idle' && numbers.length === 4) {
    const [partitions, groups, members, limitS] = numbers as [number, number, number, number];
    await idle({ bootstrap, topic, partitions, groups, members, limitS });
  } else throw new Error(`members ${command} does not take ${numbers.length} numbers`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`members: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

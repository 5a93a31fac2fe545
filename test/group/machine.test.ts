import { describe, expect, test } from 'vitest';
import type { GroupCommand } from '../../src/group/commands.ts';
import { createGroupMachine } from '../../src/group/machine.ts';
import { GROUP_SETTINGS_DEFAULT } from '../../src/group/settings.ts';
import { subscribedTopicsOf } from '../../src/group/subscription.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { MemoryLog } from '../machine/support/memory-log.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { joinCommand } from './support/commands.ts';
import { type GroupRunner, subscription, topicIdOf } from './support/stage.ts';
import { TestWorld } from './support/world.ts';

async function start(log = new MemoryLog(), clock = new TestClock()): Promise<GroupRunner> {
  const runner: GroupRunner = new MachineRunner({
    machine: createGroupMachine({ ...GROUP_SETTINGS_DEFAULT, initialRebalanceDelayMs: 0 }, new TestWorld()),
    log,
    clock,
  });
  await runner.start();
  return runner;
}

function commit(groupId: string, partitions: number, retentionMs: number | null = null): GroupCommand {
  return {
    kind: 'commit-offsets',
    groupId,
    memberId: '',
    instanceId: null,
    generation: -1,
    retentionMs,
    producerId: -1,
    topics: [
      {
        topic: 't',
        topicId: topicIdOf('t'),
        partitions: Array.from({ length: partitions }, (_, partition) => ({
          partition,
          offset: partition,
          leaderEpoch: 0,
          metadata: '',
        })),
      },
    ],
  };
}

describe('cost', () => {
  test('a commit of many partitions is one record', async () => {
    const log = new MemoryLog();
    const runner = await start(log);
    runner.submit(commit('g', 100), () => {});
    expect(log.endOffset).toBe(1);
    expect(log.frames.length).toBe(1);
  });

  test('a heartbeat is not logged, and sets no timer', async () => {
    const log = new MemoryLog();
    const clock = new TestClock();
    const runner = await start(log, clock);
    let memberId = '';
    runner.submit(joinCommand({ memberIdRequired: false }), (answer) => {
      if ('memberId' in answer) memberId = answer.memberId;
    });
    clock.advance(0);
    const member = { groupId: 'g', memberId, instanceId: null, generation: 1 };
    runner.submit(
      { kind: 'sync', ...member, protocolType: null, protocolName: null, assignments: [] },
      () => {},
    );
    log.commit();
    const frames = log.frames.length;
    const timers = clock.timerCount;
    for (let i = 0; i < 100; i++) {
      clock.advance(50);
      runner.submit({ kind: 'heartbeat', ...member }, (answer) =>
        expect(answer).toEqual({ kind: 'heartbeat' }),
      );
    }
    expect(log.frames.length).toBe(frames);
    expect(clock.timerCount).toBe(timers);
  });
});

test('a look for expiry goes over all groups, some at a time', async () => {
  const log = new MemoryLog();
  const clock = new TestClock();
  const runner = await start(log, clock);
  for (let i = 0; i < 350; i++) runner.submit(commit(`g${i}`, 1, i % 7 === 0 ? null : 1000), () => {});
  clock.advance(GROUP_SETTINGS_DEFAULT.offsetsRetentionCheckMs);
  expect([...runner.state.groups.keys()]).toEqual(Array.from({ length: 50 }, (_, i) => `g${i * 7}`));
  expect(log.frames.length).toBe(354);
});

test('a snapshot of a large group keeps its records bounded', async () => {
  const log = new MemoryLog();
  const runner = await start(log);
  runner.submit(commit('big', 5000), () => {});
  runner.submit(commit('big', 10, 77), () => {});
  expect(runner.takeSnapshot()).toBeNull();
  log.commit();
  // Header, three records of the older times, one of the newer, footer.
  expect(log.endOffset - log.startOffset).toBe(6);
  const again = await start(log.crash(0));
  const offsetsOf = ({ state }: GroupRunner) => {
    const { partitions } = state.groups.get('big')!.offsets.get('t')!;
    return new Map(Array.from(partitions, ([partition, { order: _, ...rest }]) => [partition, rest]));
  };
  expect(offsetsOf(again)).toEqual(offsetsOf(runner));
});

test("a consumer's topics are read from its metadata, and nothing else is taken for them", () => {
  expect(subscribedTopicsOf(subscription(['a', 'bc']))).toEqual(['a', 'bc']);
  expect(
    subscribedTopicsOf(Buffer.concat([subscription([]), Buffer.from('more of a later version')])),
  ).toEqual([]);
  expect(subscribedTopicsOf(Buffer.alloc(0))).toBeNull();
  expect(subscribedTopicsOf(Buffer.from([0, 0, 0, 0, 0, 9, 0, 1, 97]))).toBeNull();
  expect(subscribedTopicsOf(Buffer.from([0xff, 0xff, 0, 0, 0, 0]))).toBeNull();
});

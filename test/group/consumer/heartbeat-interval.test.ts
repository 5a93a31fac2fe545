/** Members of the consumer protocol are to be heard of sooner while an assignment is on its way to them. */
import { expect, test } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { uuidFromBytes } from '../../../src/base/uuid.ts';
import type { ConsumerHeartbeatAnswer, OwnedTopic } from '../../../src/group/commands.ts';
import { createGroupMachine } from '../../../src/group/machine.ts';
import { GROUP_SETTINGS_DEFAULT } from '../../../src/group/settings.ts';
import { MachineRunner } from '../../../src/machine/runner.ts';
import { MemoryLog } from '../../machine/support/memory-log.ts';
import { TestClock } from '../../machine/support/test-clock.ts';
import { TestWorld } from '../support/world.ts';

const TOPIC = uuidFromBytes(Buffer.alloc(16, 7));

test('the interval is short until everybody had time to hear of the assignment', async () => {
  const world = new TestWorld();
  world.put({ id: TOPIC, name: 't', partitionCount: 2 });
  const clock = new TestClock();
  const log = new MemoryLog();
  const runner = new MachineRunner({
    machine: createGroupMachine(GROUP_SETTINGS_DEFAULT, world),
    clock,
    log,
  });
  await runner.start();
  const beat = (memberId: string, epoch: number, owned: readonly OwnedTopic[] | null = null) => {
    const joining = epoch === 0;
    let answer: unknown = null;
    runner.submit(
      {
        kind: 'consumer-heartbeat',
        groupId: 'g',
        memberId,
        epoch,
        instanceId: null,
        rackId: null,
        clientId: 'test',
        clientHost: 'here',
        rebalanceTimeoutMs: joining ? 30_000 : -1,
        topics: joining ? ['t'] : null,
        regex: null,
        serverAssignor: null,
        owned: joining ? [] : owned,
        newMemberId: '',
        mayDescribe: () => true,
      },
      (one) => {
        answer = one;
      },
    );
    log.commit();
    if (answer === null || answer instanceof BrokerError) throw new Error(String(answer));
    return answer as ConsumerHeartbeatAnswer;
  };
  const first = beat('a', 0);
  expect(first.heartbeatIntervalMs).toBe(1000);
  clock.advance(5000);
  expect(beat('a', first.epoch).heartbeatIntervalMs).toBe(5000);
  // Another member comes: the first has to give something up, and then the second may have it.
  expect(beat('b', 0).heartbeatIntervalMs).toBe(1000);
  const asked = beat('a', first.epoch);
  expect(asked.heartbeatIntervalMs).toBe(1000);
  expect(asked.assignment).toEqual([{ topicId: TOPIC, partitions: [expect.any(Number)] }]);
  clock.advance(20_000);
  // However long that takes.
  expect(beat('a', first.epoch).heartbeatIntervalMs).toBe(1000);
  const moved = beat('a', first.epoch, asked.assignment);
  beat('b', 0);
  clock.advance(5000);
  expect(beat('a', moved.epoch).heartbeatIntervalMs).toBe(5000);
  expect(beat('b', moved.epoch).heartbeatIntervalMs).toBe(5000);
  // The group's own interval stands where it is shorter.
  world.config.heartbeatIntervalMs = 300;
  expect(beat('c', 0).heartbeatIntervalMs).toBe(300);
});

/** Ids that were given out to members that haven't come back (KIP-394): how many, and what they cost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { GroupAnswer, JoinCommand } from '../../src/group/commands.ts';
import { classicOf } from '../../src/group/group-type.ts';
import { createGroupMachine } from '../../src/group/machine.ts';
import { PendingDraft } from '../../src/group/pending.ts';
import { GROUP_SETTINGS_DEFAULT, PENDING_JOINS_MAX } from '../../src/group/settings.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { MemoryLog } from '../machine/support/memory-log.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { joinCommand } from './support/commands.ts';
import type { GroupRunner } from './support/stage.ts';
import { TestWorld } from './support/world.ts';

const SESSION_MS = 10_000;

async function start(clock = new TestClock()): Promise<GroupRunner> {
  const machine = createGroupMachine(
    { ...GROUP_SETTINGS_DEFAULT, initialRebalanceDelayMs: 0 },
    new TestWorld(),
  );
  const runner: GroupRunner = new MachineRunner({ machine, log: new MemoryLog(), clock });
  await runner.start();
  return runner;
}

let joins = 0;

/** What is answered at once; null: nothing yet. */
function join(runner: GroupRunner, changes: Partial<JoinCommand> = {}): GroupAnswer | BrokerError | null {
  let answered: GroupAnswer | BrokerError | null = null;
  const command = joinCommand({
    sessionTimeoutMs: SESSION_MS,
    newMemberIdSuffix: String(++joins),
    ...changes,
  });
  runner.submit(command, (answer) => {
    answered = answer;
  });
  return answered;
}

function givenId(answer: GroupAnswer | BrokerError | null): string {
  if (answer === null || answer instanceof BrokerError || answer.kind !== 'member-id-required')
    throw new Error(`an id was to be given, not ${JSON.stringify(answer)}`);
  return answer.memberId;
}

const live = (runner: GroupRunner) => classicOf(runner.state.groups.get('g'))!;

describe('pending ids', () => {
  test('beyond a bound are not given out, with an error that clients try again', async () => {
    const clock = new TestClock();
    const runner = await start(clock);
    const ids = Array.from({ length: PENDING_JOINS_MAX }, () => givenId(join(runner)));
    const refused = join(runner) as BrokerError;
    expect(refused.code).toBe('coordinator-not-available');
    expect(live(runner).pendingJoins.size).toBe(PENDING_JOINS_MAX);
    // Other groups, and who has an id or needs none, are not held up.
    givenId(join(runner, { groupId: 'other' }));
    expect(join(runner, { memberId: ids[0]! })).toBeNull();
    expect(join(runner, { instanceId: 'static' })).toBeNull();
    expect(join(runner, { memberIdRequired: false })).toBeNull();
    expect(live(runner).members.size).toBe(3);
    // One came back for its id: there is room for one.
    givenId(join(runner));
    expect(join(runner)).toBeInstanceOf(BrokerError);
    clock.advance(SESSION_MS);
    expect(live(runner).pendingJoins.size).toBe(0);
    join(runner);
    expect(live(runner).pendingJoins.size).toBe(1);
  });

  test('are not copied by what happens to the group', async () => {
    const clock = new TestClock();
    const runner = await start(clock);
    const first = givenId(join(runner));
    const ids = live(runner).pendingJoins;
    for (let i = 0; i < 5; i++) givenId(join(runner));
    expect(join(runner, { memberId: first })).toBeNull();
    expect(live(runner).pendingJoins).toBe(ids);
    expect(ids.size).toBe(5);
    expect(ids.has(first)).toBe(false);
    clock.advance(SESSION_MS);
    expect(live(runner).pendingJoins).toBe(ids);
    expect(ids.size).toBe(0);
  });

  test('that a decision changes stay as they are until it is applied', async () => {
    const machine = createGroupMachine(GROUP_SETTINGS_DEFAULT, new TestWorld());
    const runner = await start();
    const memberId = givenId(join(runner));
    const leave = {
      kind: 'leave',
      groupId: 'g',
      members: [{ memberId, instanceId: null }],
    } as const;
    const decision = machine.decide(runner.state, leave, 1, 0);
    expect([...live(runner).pendingJoins]).toEqual([memberId]);
    for (const record of decision.volatile ?? []) machine.apply(runner.state, record);
    expect([...live(runner).pendingJoins]).toEqual([]);
  });

  test('in a draft are those of a copy, and the set follows when it is settled', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd');
    const change = fc.record({ add: fc.boolean(), id });
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.array(change), (before, changes) => {
        const base = new Set(before);
        const draft = new PendingDraft(base);
        const model = new Set(before);
        for (const { add, id: changed } of changes) {
          if (add) {
            draft.add(changed);
            model.add(changed);
          } else expect(draft.delete(changed)).toBe(model.delete(changed));
          expect(draft.size).toBe(model.size);
          expect([...draft].sort()).toEqual([...model].sort());
          for (const each of ['a', 'b', 'c', 'd'] as const) expect(draft.has(each)).toBe(model.has(each));
          expect([...base]).toEqual(before);
        }
        expect(draft.settle()).toBe(base);
        expect([...base].sort()).toEqual([...model].sort());
      }),
    );
  });
});

describe('LeaveGroup', () => {
  test('of many members that are not there gives them one error', async () => {
    const runner = await start();
    expect(join(runner, { memberIdRequired: false })).toBeNull();
    const members = Array.from({ length: 1000 }, (_, i) => ({ memberId: `m${i}`, instanceId: null }));
    let errors: readonly (BrokerError | null)[] = [];
    runner.submit({ kind: 'leave', groupId: 'g', members }, (answer) => {
      if (!(answer instanceof BrokerError) && answer.kind === 'left')
        errors = answer.members.map(({ error }) => error);
    });
    expect(errors).toHaveLength(1000);
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]!.code).toBe('unknown-member');
  });
});

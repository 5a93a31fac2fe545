/** Windows by channels: what is kept over a restart, and how far back a line goes. What consumers get of them: test/broker/queue-channels.test.ts. */
import { describe, expect, it } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import type { ChannelPlace } from '../../src/queue/commands.ts';
import { createQueueMachine } from '../../src/queue/machine.ts';
import type { QueuesState } from '../../src/queue/model.ts';
import type { Step } from '../../src/queue/records.ts';
import { SUBSCRIPTION_DEFAULTS } from '../../src/queue/settings.ts';
import type { Window } from '../../src/queue/window.ts';

const machine = createQueueMachine({ firstLease: 0 });
const window = (state: QueuesState): Window => state.byId.get(1)!.windows.get(0)!;

function stateWith(steps: readonly Step[]): QueuesState {
  const state = machine.initial();
  const settings = { ...SUBSCRIPTION_DEFAULTS, order: 'channels' } as const;
  const topicId = uuidFromBytes(Buffer.alloc(16, 1));
  machine.apply(state, { kind: 'subscription', id: 1, topicId, name: 's', settings });
  const [first, last] = [steps[0]!.first, steps.at(-1)!.last];
  const lease = { id: 1, consumer: 'c', partition: 0, first, last, sinceMs: 0, untilMs: 1000 };
  machine.apply(state, { kind: 'taken', id: 1, lease, steps });
  return state;
}

const step = (offset: number, what: Step['what'], key: number): Step => ({
  first: offset,
  last: offset,
  what,
  key,
});

describe('a window by channels', () => {
  it('knows the first of each line after a restart, and meets the others again', () => {
    const state = stateWith([
      step(0, 'left', 7),
      step(1, 'blocked', 7),
      step(2, 'acquired', 8),
      step(3, 'blocked', 8),
      step(4, 'left', 9),
    ]);
    expect([...window(state).ready]).toEqual([
      [7, 0],
      [9, 4],
    ]);
    const restored = machine.initial();
    for (const record of machine.snapshot(state)) {
      machine.apply(restored, machine.decode(machine.encode(record)));
    }
    // What a consumer had is available again.
    expect(new Map(window(restored).ready)).toEqual(
      new Map([
        [7, 0],
        [8, 2],
        [9, 4],
      ]),
    );
    expect(window(restored).candidate(0)).toBe(1);
    expect(window(restored).candidate(2)).toBe(3);
    expect(window(restored).candidate(4)).toBe(5);
    expect(window(restored).isBehind(7, 1)).toBe(true);
  });

  it('lets nobody have what is done, or begins anew', () => {
    const state = stateWith([step(0, 'left', 7), step(1, 'blocked', 7)]);
    const done = {
      first: 0,
      last: 0,
      state: 'done',
      deliveries: 0,
      key: 0,
      untilMs: 0,
      reason: null,
    } as const;
    machine.apply(state, { kind: 'settled', id: 1, partition: 0, stretches: [done] });
    expect([...window(state).ready]).toEqual([[7, 1]]);
    machine.apply(state, { kind: 'window', id: 1, partition: 0, next: 1, stretches: [] });
    expect([window(state).ready.size, window(state).candidate(0)]).toEqual([0, 1]);
  });

  it('says what nobody has, whether it is first or not', () => {
    const met = window(
      stateWith([step(0, 'acquired', 7), step(1, 'blocked', 7), step(2, 'left', 8), step(3, 'acquired', 9)]),
    );
    expect([0, 1, 2, 3, 9].map((offset) => met.untakenFrom(offset))).toEqual([1, 1, 2, 4, 9]);
    expect([1, 2, 4].map((offset) => met.untakenTo(offset))).toEqual([1, 2, Number.POSITIVE_INFINITY]);
  });

  const seek = (state: QueuesState, key: number, place: Omit<ChannelPlace, 'partition'>) => {
    const channels = [{ key, places: [{ partition: 0, ...place }] }];
    const decision = machine.decide(state, { kind: 'seek-channels', id: 1, channels }, 1, 0);
    for (const record of decision.records ?? []) machine.apply(state, machine.decode(machine.encode(record)));
    return decision.replies![0]!.answer;
  };
  const offset = (at: number) => ({ first: at, last: at });

  it('meets a line anew in which something comes again, also what was met behind it meanwhile', () => {
    const state = stateWith([
      step(0, 'left', 7),
      step(1, 'blocked', 7),
      step(2, 'left', 8),
      step(3, 'blocked', 7),
      step(4, 'blocked', 7),
    ]);
    for (const at of [0, 1]) window(state).finish(at, at, () => undefined);
    const lease = { id: 2, consumer: 'c', partition: 0, first: 3, last: 3, sinceMs: 0, untilMs: 1000 };
    machine.apply(state, { kind: 'taken', id: 1, lease, steps: [step(3, 'acquired', 7)] });
    expect(window(state).count('acquired')).toBe(1);
    // The message at 4 came when the look was over.
    const found = [{ first: 0, last: 1 }, offset(3)];
    expect(seek(state, 7, { to: 1, found, from: 0 })).toEqual({ kind: 'done' });
    expect([...window(state).ready]).toEqual([[8, 2]]);
    expect([1, 2, 3, 4, 5].map((at) => window(state).candidate(at))).toEqual([1, 3, 3, 4, 5]);
    expect([window(state).count('acquired'), window(state).rewinds > 0]).toEqual([0, true]);
  });

  it('leaves a line as it is of which something is passed over', () => {
    const steps = [step(0, 'left', 7), step(1, 'blocked', 7), step(2, 'blocked', 7), step(3, 'blocked', 7)];
    const state = stateWith(steps);
    // What is at 0 was met before the part that was looked at, and is known by its key.
    expect(seek(state, 7, { to: 2, found: [{ first: 1, last: 2 }], from: 1 })).toEqual({ kind: 'done' });
    expect([[...window(state).ready], window(state).stretchCount, window(state).rewinds]).toEqual([
      [[7, 2]],
      2,
      0,
    ]);
  });

  it('makes done what nobody has met, and leaves what lies between to be met', () => {
    const state = stateWith([step(0, 'left', 7)]);
    expect(seek(state, 8, { to: 10, found: [offset(5), offset(7)], from: 1 })).toEqual({ kind: 'done' });
    expect([1, 5, 7, 8].map((at) => window(state).candidate(at))).toEqual([1, 6, 8, 8]);
    expect(window(state).next).toBe(8);
  });

  it('keeps no more ranges than may be', () => {
    const state = stateWith([step(0, 'left', 7)]);
    state.byId.get(1)!.settings = { ...state.byId.get(1)!.settings, stretchesMax: 16 };
    const found = (count: number) => Array.from({ length: count }, (_, i) => offset(2 * i + 2));
    expect(seek(state, 8, { to: 1000, found: found(16), from: 1 })).toMatchObject({ code: 'queue-full' });
    expect(window(state).next).toBe(1);
    expect(seek(state, 8, { to: 1000, found: found(15), from: 1 })).toEqual({ kind: 'done' });
    expect(window(state).stretchCount).toBe(16);
    expect(seek(state, 8, { to: 0, found: found(15), from: 1 })).toMatchObject({ code: 'queue-full' });
  });

  it('hands out a line of thousands in order', () => {
    const count = 2000;
    const { state, next } = { state: stateWith([step(0, 'left', 7)]), next: 1 };
    const steps = Array.from({ length: count }, (_, i) => step(next + i, 'blocked', 7));
    const lease = { id: 2, consumer: 'c', partition: 0, first: 1, last: count, sinceMs: 0, untilMs: 1000 };
    machine.apply(state, { kind: 'taken', id: 1, lease, steps });
    for (let offset = 0; offset <= count; offset++) {
      expect(window(state).ready.get(7)).toBe(offset);
      window(state).finish(offset, offset, () => undefined);
    }
    expect([window(state).ready.size, window(state).stretchCount]).toEqual([0, 0]);
  });
});

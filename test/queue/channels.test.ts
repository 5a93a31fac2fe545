/** Windows by channels: what is kept over a restart, and how far back a line goes. What consumers get of them: test/broker/queue-channels.test.ts. */
import { describe, expect, it } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
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

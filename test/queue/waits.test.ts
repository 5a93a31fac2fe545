import { expect, test } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import { createQueueMachine } from '../../src/queue/machine.ts';
import type { Settled } from '../../src/queue/records.ts';
import { SUBSCRIPTION_DEFAULTS } from '../../src/queue/settings.ts';

const DAY_MS = 86_400_000;

test('delays that were purged or moved away from take no memory until their day, and those that wait are kept', () => {
  const machine = createQueueMachine({ firstLease: 0 });
  const state = machine.initial();
  const topicId = uuidFromBytes(Buffer.alloc(16, 1));
  machine.apply(state, { kind: 'subscription', id: 1, topicId, name: 's', settings: SUBSCRIPTION_DEFAULTS });
  const settle = (offset: number, what: Partial<Settled>): void => {
    const one: Settled = {
      first: offset,
      last: offset,
      state: 'waiting',
      deliveries: 1,
      key: 0,
      untilMs: DAY_MS,
      reason: null,
      ...what,
    };
    machine.apply(state, { kind: 'settled', id: 1, partition: 0, stretches: [one] });
  };
  for (let offset = 0; offset < 20_000; offset++) {
    settle(offset, {});
    if (offset % 100 > 0) settle(offset, { state: 'done', deliveries: 0, untilMs: 0 });
  }
  expect(state.byId.get(1)!.waits.size).toBeLessThan(4000);
  const { volatile = [] } = machine.decide(state, { kind: 'due', id: 1 }, 1, DAY_MS);
  for (const record of volatile) machine.apply(state, record);
  expect(state.byId.get(1)!.windows.get(0)!.count('waiting')).toBe(0);
  expect(state.byId.get(1)!.windows.get(0)!.count('available')).toBe(200);
});

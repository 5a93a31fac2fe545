import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Uuid } from '../../src/base/uuid.ts';
import { createHalfMachine } from '../../src/half/machine.ts';
import type { HalfRecord } from '../../src/half/records.ts';
import { checkComesBack, checkRefusals } from '../machine/support/record-codec.ts';

const machine = createHalfMachine({ checksMax: 3, checkIntervalMs: 1000, halvesMax: 10, endedMax: 3 });

const topicId = fc.string({ minLength: 16, maxLength: 16, unit: 'binary-ascii' }).map((text) => text as Uuid);
const id = fc.string({ minLength: 1, maxLength: 30 });
const number = fc.nat(Number.MAX_SAFE_INTEGER);
const int = fc.nat(2 ** 31 - 1);
const record: fc.Arbitrary<HalfRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('open' as const),
    half: fc.record({
      transactionId: id,
      topicId,
      partition: int,
      producerGroup: fc.string(),
      preparedAtMs: number,
      slot: int,
      offset: number,
      checks: int,
      nextCheckAtMs: fc.oneof(number, fc.constant(Number.POSITIVE_INFINITY)),
    }),
  }),
  fc.record({
    kind: fc.constant('ended' as const),
    transactionId: id,
    topicId,
    partition: int,
    committed: fc.boolean(),
    offset: fc.oneof(number, fc.constant(-1)),
  }),
);

describe('records of half messages', () => {
  test('come back as they were', () => {
    fc.assert(fc.property(record, (one) => checkComesBack(machine, one)));
  });

  test('of another form are refused', () => {
    fc.assert(fc.property(record, fc.nat(), (one, cut) => checkRefusals(machine, one, cut)));
  });

  test('of a snapshot make the same state, the oldest of those that ended forgotten', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (records) => {
        const state = machine.initial();
        for (const one of records) machine.apply(state, one);
        expect(state.ended.size).toBeLessThanOrEqual(3);
        const again = machine.initial();
        for (const one of machine.snapshot(state)) machine.apply(again, one);
        expect([...again.ended]).toEqual([...state.ended]);
        expect(new Map(again.open)).toEqual(new Map(state.open));
      }),
    );
  });
});

/** The transactions of a partition against a naive model: a list of what was appended, looked at as a whole each time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PartitionTransactions } from '../../src/transaction/partition-transactions.ts';

type Step =
  | { readonly kind: 'batch'; readonly producerId: number; readonly count: number }
  | { readonly kind: 'end'; readonly producerId: number; readonly commit: boolean }
  /** Up to so many of the offsets that are not committed yet become so. */
  | { readonly kind: 'commit'; readonly offsets: number }
  | { readonly kind: 'plain'; readonly count: number }
  | { readonly kind: 'restart' };

const producerId = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      producerId,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('end' as const), producerId, commit: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), offsets: fc.integer({ min: 0, max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('plain' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

interface Ended {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly markerOffset: number;
  readonly commit: boolean;
}

class Model {
  end = 0;
  highWatermark = 0;
  readonly open = new Map<number, number>();
  readonly ended: Ended[] = [];

  lastStableOffset(): number {
    const unsettled = this.ended.filter(({ markerOffset }) => markerOffset >= this.highWatermark);
    return Math.min(
      this.highWatermark,
      ...this.open.values(),
      ...unsettled.map(({ firstOffset }) => firstOffset),
    );
  }

  aborted(from: number, to: number): Ended[] {
    return this.ended
      .filter(({ commit, firstOffset, markerOffset }) => !commit && markerOffset >= from && firstOffset < to)
      .sort((a, b) => a.firstOffset - b.firstOffset);
  }
}

function play(steps: readonly Step[]): { model: Model; real: PartitionTransactions } {
  const model = new Model();
  let real = new PartitionTransactions();
  for (const one of steps) {
    switch (one.kind) {
      case 'batch':
        real.noteBatch(one.producerId, model.end);
        if (!model.open.has(one.producerId)) model.open.set(one.producerId, model.end);
        model.end += one.count;
        break;
      case 'end': {
        real.noteEnd(one.producerId, model.end, one.commit);
        const firstOffset = model.open.get(one.producerId);
        model.open.delete(one.producerId);
        if (firstOffset !== undefined) model.ended.push({ ...one, firstOffset, markerOffset: model.end });
        model.end++;
        break;
      }
      case 'plain':
        model.end += one.count;
        break;
      case 'commit':
        model.highWatermark = Math.min(model.end, model.highWatermark + one.offsets);
        break;
      case 'restart': {
        // What is read from a log at start is committed.
        model.highWatermark = model.end;
        const saved = real.save();
        real = new PartitionTransactions();
        real.restore({ open: [...saved.open], aborted: [...saved.aborted] });
      }
    }
    expect(real.lastStableOffset(model.highWatermark)).toBe(model.lastStableOffset());
  }
  return { model, real };
}

const shown = (list: readonly { producerId: number; firstOffset: number }[]) =>
  list.map(({ producerId: id, firstOffset }) => `${id}@${firstOffset}`);

describe('the transactions of a partition', () => {
  test('are stable up to the first that is open, or whose end is not committed', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => void play(steps)));
  });

  test('are named to readers when they were aborted, and overlap what is read', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(80), fc.nat(80), (steps, from, length) => {
        const { model, real } = play(steps);
        expect(shown(real.abortedIn(from, from + length))).toEqual(shown(model.aborted(from, from + length)));
      }),
    );
  });

  test('are named by first offset, though the later one was aborted first', () => {
    const real = new PartitionTransactions();
    real.noteBatch(1, 0);
    real.noteBatch(2, 5);
    real.noteEnd(2, 10, false);
    real.noteEnd(1, 11, false);
    expect(shown(real.abortedIn(0, 12))).toEqual(['1@0', '2@5']);
  });

  test('are all told to compaction that were aborted, by first offset, with their markers', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { model, real } = play(steps);
        const expected = model
          .aborted(0, Number.POSITIVE_INFINITY)
          .map(({ producerId: id, firstOffset, markerOffset }) => ({
            producerId: id,
            firstOffset,
            lastOffset: markerOffset,
          }))
          .sort((a, b) => a.firstOffset - b.firstOffset);
        expect(real.allAborted()).toEqual(expected);
      }),
    );
  });

  test('are forgotten with their records', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(80), (steps, start) => {
        const { model, real } = play(steps);
        real.forgetBefore(start);
        expect(shown(real.abortedIn(0, 1000))).toEqual(shown(model.aborted(start, 1000)));
        expect(real.lastStableOffset(model.highWatermark)).toBe(model.lastStableOffset());
      }),
    );
  });
});

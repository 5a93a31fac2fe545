import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntryHeap } from '../../src/schedule/entry-heap.ts';
import { parseHandle, printHandle } from '../../src/schedule/handle.ts';
import { DELAY_MAX_MS, spanFor, spanFromMs, spanKey, spanToMs } from '../../src/schedule/levels.ts';
import { scheduleMachine } from '../../src/schedule/machine.ts';
import { OffsetSet } from '../../src/schedule/offset-set.ts';
import type { ScheduleRecord } from '../../src/schedule/records.ts';
import { checkComesBack, checkRefusals } from '../machine/support/record-codec.ts';

const nowMs = fc.nat(4_000_000_000_000);
const delayMs = fc.oneof(fc.nat(100_000), fc.nat(2 ** 31), fc.nat(DELAY_MAX_MS));

describe('spans', () => {
  test('hold their time, are no wider than the delay needs, and are known by their key', () => {
    fc.assert(
      fc.property(nowMs, delayMs, delayMs, (now, delay, other) => {
        const span = spanFor(now + delay, now);
        expect(spanFromMs(span)).toBeLessThanOrEqual(now + delay);
        expect(spanToMs(span)).toBeGreaterThan(now + delay);
        // At most 64 of its level lie before it.
        const width = spanToMs(span) - spanFromMs(span);
        expect(delay / width).toBeLessThan(64);
        const second = spanFor(now + other, now);
        expect(spanKey(span) === spanKey(second)).toBe(
          span.level === second.level && span.index === second.index,
        );
      }),
    );
  });
});

describe('a set of offsets', () => {
  test('has what a plain set has', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'advance'),
      at: fc.nat(300),
      length: fc.integer({ min: 1, max: 80 }),
    });
    fc.assert(
      fc.property(fc.nat(1000), fc.array(step, { maxLength: 40 }), (from, steps) => {
        const set = new OffsetSet(from);
        const model = new Set<number>();
        let start = from;
        for (const { kind, at, length } of steps) {
          if (kind === 'advance') start = Math.max(start, from + at);
          else for (let offset = from + at; offset < from + at + length; offset++) model.add(offset);
          if (kind === 'advance') set.advance(from + at);
          else set.add(from + at, from + at + length - 1);
        }
        const isGone = (offset: number): boolean => offset < start || model.has(offset);
        for (let offset = Math.max(0, from - 3); offset < from + 500; offset++) {
          expect(set.has(offset), String(offset)).toBe(isGone(offset));
        }
        const left = [...model].filter((offset) => offset >= start).sort((a, b) => a - b);
        expect(set.count).toBe(left.length);
        expect(set.start).toBe(start);
        const listed: number[] = [];
        for (const [first, last] of set.ranges()) {
          for (let offset = first; offset <= last; offset++) listed.push(offset);
        }
        expect(listed).toEqual(left);
      }),
    );
  });
});

describe('a heap of times', () => {
  const entries = fc.array(fc.tuple(fc.nat(20), fc.nat(3), fc.nat(50)), { maxLength: 300 });
  const order = (a: readonly number[], b: readonly number[]): number =>
    a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!;

  test('gives the earliest first, then by bucket and offset', () => {
    fc.assert(
      fc.property(entries, fc.nat(20), (all, dropped) => {
        const heap = new EntryHeap();
        for (const [dueMs, bucket, offset] of all) heap.push(dueMs, bucket, offset);
        const kept = all.filter(([dueMs]) => dueMs !== dropped);
        expect(heap.filter((dueMs) => dueMs !== dropped)).toBe(all.length - kept.length);
        const popped: number[][] = [];
        while (heap.size > 0) {
          const { dueMs, bucket, offset } = heap.pop();
          popped.push([dueMs, bucket, offset]);
        }
        expect(popped).toEqual(kept.toSorted(order));
      }),
    );
  });

  test('keeps the earliest of many where the latest is on top', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 40 }), (all, max) => {
        const heap = new EntryHeap('latest');
        for (const [dueMs, bucket, offset] of all) {
          if (heap.size < max) heap.push(dueMs, bucket, offset);
          else if (heap.topIsBehind(dueMs, bucket, offset)) {
            heap.pop();
            heap.push(dueMs, bucket, offset);
          }
        }
        const kept: number[][] = [];
        heap.forEach((dueMs, bucket, offset) => {
          kept.push([dueMs, bucket, offset]);
        });
        expect(kept.sort(order)).toEqual(all.toSorted(order).slice(0, max));
      }),
    );
  });
});

describe('handles', () => {
  test('come back from their text; other text is none', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 32 - 1),
        fc.nat(2 ** 48 - 1),
        fc.nat(2 ** 48 - 1),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (bucket, offset, dueMs, salt) => {
          const handle = { bucket, offset, dueMs, salt: Buffer.from(salt) };
          expect(parseHandle(printHandle(handle))).toEqual(handle);
        },
      ),
    );
    for (const text of ['', 'x', '!'.repeat(32), 'A'.repeat(31)]) expect(parseHandle(text)).toBeUndefined();
  });
});

describe('records of the schedule', () => {
  const bucket = fc.nat(2 ** 32 - 1);
  const gone = fc
    .tuple(bucket, fc.nat(2 ** 40), fc.array(fc.tuple(fc.nat(2 ** 35), fc.nat(1000)), { maxLength: 20 }))
    .map(([number, start, gaps]): ScheduleRecord => {
      let next = start;
      const ranges = gaps.flatMap(([gap, length]) => {
        const first = next + gap;
        next = first + length + 1;
        return [first, first + length];
      });
      return { kind: 'gone', bucket: number, startOffset: start, ranges };
    });
  const opened = fc.record({
    kind: fc.constant('opened' as const),
    number: bucket,
    level: fc.nat(5),
    index: fc.nat(2 ** 40),
    startOffset: fc.nat(Number.MAX_SAFE_INTEGER),
  });
  const closed = fc.record({ kind: fc.constant('closed' as const), number: bucket });

  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.oneof(opened, closed, gone), (record) => checkComesBack(scheduleMachine, record)),
    );
  });

  test('of buckets are refused in another form', () => {
    fc.assert(fc.property(opened, fc.nat(), (record, cut) => checkRefusals(scheduleMachine, record, cut)));
  });
});

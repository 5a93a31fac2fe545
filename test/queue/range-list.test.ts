import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert } from '../../src/base/assert.ts';
import { type Range, RangeList } from '../../src/queue/range-list.ts';

interface Item extends Range {
  readonly tag: number;
}

const END = 1200;
const newList = (): RangeList<Item> => new RangeList((item) => ({ ...item }));

/** By offset: the tag of the range that has it; 0: none. */
function cellsOf(list: RangeList<Item>): number[] {
  const cells: number[] = Array(END).fill(0);
  let last = -1;
  let count = 0;
  for (const item of list) {
    assert(item.first > last && item.last >= item.first, 'ranges are sorted and disjoint');
    last = item.last;
    count++;
    cells.fill(item.tag, item.first, item.last + 1);
  }
  expect(list.size).toBe(count);
  return cells;
}

const range = fc
  .tuple(fc.nat(END - 1), fc.oneof(fc.constant(0), fc.nat(5), fc.nat(500)))
  .map(([first, length]) => ({ first, last: Math.min(END - 1, first + length) }));
const change = fc.tuple(fc.constantFrom('put', 'carve', 'remove'), range);

describe('a list of ranges', () => {
  test('has what a plain array has', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.boolean(), (changes, isFull) => {
        const list = newList();
        const cells: number[] = Array(END).fill(0);
        let tag = 0;
        const put = ({ first, last }: Range): void => {
          list.insert({ first, last, tag: ++tag });
          cells.fill(tag, first, last + 1);
        };
        // Several leaves.
        if (isFull) for (let first = 0; first < END; first += 2) put({ first, last: first });
        for (const [kind, { first, last }] of changes) {
          if (kind === 'remove') {
            const item = list.at(first);
            expect(item?.tag ?? 0).toBe(cells[first]);
            if (item === undefined) continue;
            list.remove(item);
            cells.fill(0, item.first, item.last + 1);
            continue;
          }
          const before = cells.slice(first, last + 1);
          const taken: number[] = Array(last - first + 1).fill(0);
          let end = first - 1;
          list.carve(first, last, (piece) => {
            expect(piece.first).toBeGreaterThan(end);
            end = piece.last;
            taken.fill(piece.tag, piece.first - first, piece.last - first + 1);
          });
          expect(end).toBeLessThanOrEqual(last);
          expect(taken).toEqual(before);
          cells.fill(0, first, last + 1);
          if (kind === 'put') put({ first, last });
        }
        expect(cellsOf(list)).toEqual(cells);
        for (let offset = 0; offset < END; offset += 97) {
          const next = cells.findIndex((cell, at) => at >= offset && cell !== 0);
          expect(list.from(offset)?.tag).toBe(next < 0 ? undefined : cells[next]);
          let start = offset;
          while (start > 0 && cells[offset] !== 0 && cells[start - 1] === cells[offset]) start--;
          const before = cells.slice(0, start).findLast((cell) => cell !== 0);
          expect(list.before(offset)?.tag).toBe(before);
        }
        expect(list.lowest?.tag).toBe(cells.find((cell) => cell !== 0));
        list.clear();
        expect([...list]).toEqual([]);
      }),
    );
  });

  test('refuses ranges that overlap, and one that is not there', () => {
    const list = newList();
    list.insert({ first: 5, last: 9, tag: 1 });
    expect(() => list.insert({ first: 3, last: 5, tag: 2 })).toThrow('disjoint');
    expect(() => list.remove({ first: 5, last: 9, tag: 1 })).toThrow('is in the list');
  });
});

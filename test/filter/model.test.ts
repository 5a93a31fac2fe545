/** Random conditions, compared with the model; random and broken text, which is taken or refused, and nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { compileFilter } from '../../src/filter/filter.ts';
import { numberAt } from '../../src/filter/numbers.ts';
import { filterOf, matches } from './helpers.ts';
import { conditions, headerSets } from './model.ts';

describe('conditions', () => {
  it('are worth what the model says', () => {
    fc.assert(
      fc.property(conditions, headerSets, ({ text, value }, headers) => {
        expect(matches(filterOf('sql', text), { headers })).toBe(value(headers) === true);
        // What is false is told from what is unknown.
        expect(matches(filterOf('sql', `NOT (${text})`), { headers })).toBe(value(headers) === false);
      }),
      { numRuns: 5000 },
    );
  });

  it('that were cut or spoilt are taken or refused at a column of theirs', () => {
    const spoilt = fc
      .tuple(
        conditions,
        fc.nat(),
        fc.nat(5),
        fc.constantFrom('', "'", '"', '(', ')', ' NOT ', '5', ',', '%', '\0', '😀'),
      )
      .map(([{ text }, at, cut, put]) => {
        const start = at % (text.length + 1);
        return text.slice(0, start) + put + text.slice(start + cut);
      });
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.string(), fc.string({ unit: 'binary' })), (text) => {
        for (const type of ['sql', 'tag'] as const) {
          const filter = compileFilter(type, text);
          if (!(filter instanceof BrokerError)) continue;
          const [, column] = /^the filter can't be read at column (\d+): ./.exec(filter.message) ?? [];
          expect(Number(column)).toBeGreaterThanOrEqual(1);
          expect(Number(column)).toBeLessThanOrEqual(text.length + 1);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a number in text', () => {
  it('is the one that JavaScript reads', () => {
    const texts = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.maxSafeInteger().map(String),
      fc.stringMatching(/^[+-]?[0-9.eE+-]{0,20}$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = Buffer.from(`x${text}`);
        const isNumber =
          /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text));
        const value = numberAt(bytes, 1, text.length);
        expect(value === null ? null : Number(value) + 0).toBe(isNumber ? Number(text) + 0 : null);
      }),
      { numRuns: 2000 },
    );
  });

  it('of 64 bits is exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
        const value = numberAt(Buffer.from(String(id)), 0, String(id).length);
        expect(BigInt(value!)).toBe(id);
      }),
    );
  });
});

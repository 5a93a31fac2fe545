// Windowed rates and token buckets: against what Kafka's own classes measure, and against models that remember everything.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/quota/token-bucket.ts';
import { pauseMs, WindowedRate } from '../../src/quota/windowed-rate.ts';

interface Vector {
  readonly of: 'rate' | 'bucket';
  readonly samples: number;
  readonly sampleMs: number;
  readonly limit: number;
  /** For a rate: time, value, rate, window in ms; for a bucket: time, count, tokens before, tokens after. */
  readonly steps: readonly (readonly [number, number, number, number])[];
}

const vectors: Vector[] = readFileSync(join(import.meta.dirname, 'vectors.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

describe("Kafka's classes", () => {
  it.each(vectors.filter(({ of }) => of === 'rate'))(
    '$samples samples of $sampleMs ms give the rates',
    (vector) => {
      const rate = new WindowedRate(vector);
      for (const [nowMs, value, expected, windowMs] of vector.steps) {
        rate.record(value, nowMs);
        expect(rate.rate(nowMs)).toBeCloseTo(expected, 9);
        expect(rate.windowMs(nowMs)).toBe(windowMs);
      }
    },
  );

  it.each(vectors.filter(({ of }) => of === 'bucket'))(
    '$samples × $sampleMs ms fill the bucket',
    (vector) => {
      const bucket = new TokenBucket(vector);
      for (const [nowMs, count, before, after] of vector.steps) {
        expect(bucket.tokens(vector.limit, nowMs)).toBeCloseTo(before, 6);
        bucket.take(count, vector.limit, nowMs);
        expect(bucket.tokens(vector.limit, nowMs)).toBeCloseTo(after, 6);
      }
    },
  );
});

const windows = fc.record({
  samples: fc.integer({ min: 2, max: 12 }),
  sampleMs: fc.integer({ min: 1, max: 2000 }),
});

describe('a windowed rate', () => {
  it('counts everything of the last window, and nothing older than a window and a sample', () => {
    fc.assert(
      fc.property(
        windows,
        fc.array(fc.tuple(fc.nat(3000), fc.nat(1000)), { minLength: 1 }),
        (options, steps) => {
          const rate = new WindowedRate(options);
          const spanMs = options.samples * options.sampleMs;
          const all: { atMs: number; value: number }[] = [];
          let nowMs = 0;
          for (const [gapMs, value] of steps) {
            nowMs += gapMs;
            rate.record(value, nowMs);
            all.push({ atMs: nowMs, value });
            const since = (fromMs: number): number =>
              all.filter(({ atMs }) => atMs > fromMs).reduce((sum, { value: one }) => sum + one, 0);
            const sum = Math.round((rate.rate(nowMs) * rate.windowMs(nowMs)) / 1000);
            expect(sum).toBeGreaterThanOrEqual(since(nowMs - spanMs));
            expect(sum).toBeLessThanOrEqual(since(nowMs - spanMs - options.sampleMs));
          }
        },
      ),
    );
  });

  it('is as good as new when it is idle', () => {
    fc.assert(
      fc.property(
        windows,
        fc.array(fc.tuple(fc.nat(5000), fc.nat(100))),
        fc.array(fc.tuple(fc.nat(5000), fc.nat(100)), { minLength: 1 }),
        (options, before, after) => {
          const old = new WindowedRate(options);
          const fresh = new WindowedRate(options);
          let nowMs = 0;
          for (const [gapMs, value] of before) old.record(value, (nowMs += gapMs));
          while (!old.isIdle(nowMs)) nowMs += options.sampleMs;
          for (const [gapMs, value] of after) {
            nowMs += gapMs;
            old.rate(nowMs);
            old.record(value, nowMs);
            fresh.record(value, nowMs);
            const ratio = old.windowMs(nowMs) / fresh.windowMs(nowMs);
            // A look at the idle one has begun its samples anew, up to one gap before the fresh one's.
            expect(old.rate(nowMs) * ratio).toBeCloseTo(fresh.rate(nowMs), 6);
          }
        },
      ),
    );
  });

  it('is back at its limit after the pause, if nothing more comes', () => {
    fc.assert(
      fc.property(
        windows,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 10_000 }),
        (options, limit, value) => {
          const rate = new WindowedRate(options);
          rate.record(value, 0);
          const pause = pauseMs(rate.rate(0), limit, rate.windowMs(0));
          const windowMs = rate.windowMs(0) + pause;
          expect(value / (windowMs / 1000)).toBeLessThanOrEqual(limit * (1 + 1 / windowMs));
          if (rate.rate(0) <= limit) expect(pause).toBe(0);
        },
      ),
    );
  });
});

describe('a token bucket', () => {
  it('lets through no more than it holds and what flows in, and overdraws once', () => {
    fc.assert(
      fc.property(
        windows,
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 50 }))),
        (options, limit, steps) => {
          const bucket = new TokenBucket(options);
          const burst = (options.samples * options.sampleMs * limit) / 1000;
          let nowMs = 1000;
          let taken = 0;
          let largest = 0;
          for (const [gapMs, count] of steps) {
            nowMs += gapMs;
            const pause = bucket.pauseMs(limit, nowMs);
            expect(pause > 0).toBe(bucket.tokens(limit, nowMs) < (-0.5 / 1000) * limit);
            if (bucket.tokens(limit, nowMs) < 0) continue;
            bucket.take(count, limit, nowMs);
            taken += count;
            largest = Math.max(largest, count);
            expect(taken).toBeLessThanOrEqual(burst + ((nowMs - 1000) * limit) / 1000 + largest + 1e-6);
          }
        },
      ),
    );
  });

  it('is idle when it is full', () => {
    const bucket = new TokenBucket({ samples: 11, sampleMs: 1000 });
    expect(bucket.tokens(2, 5000)).toBe(22);
    expect(bucket.isIdle(2, 5000)).toBe(true);
    bucket.take(30, 2, 5000);
    expect(bucket.pauseMs(2, 5000)).toBe(4000);
    expect(bucket.pauseMs(2, 9000)).toBe(0);
    expect(bucket.isIdle(2, 19_999)).toBe(false);
    expect(bucket.isIdle(2, 20_000)).toBe(true);
  });
});

/**
 * Which bucket a delayed message waits in. Buckets are aligned spans of time in six levels, each 64 times as wide as the one
 * before: about a second, a minute, an hour, three days, 199 days, 35 years. A message goes to the narrowest level in which at
 * most 64 buckets lie between now and then, so there are never more than some hundred buckets, however many messages.
 */
import { assert } from '../base/assert.ts';

/** Of the narrowest level: 1024 ms. */
const FINEST_BITS = 10;
/** Each level is 2 to the power of this wider than the one before. */
const STEP_BITS = 6;
export const LEVELS = 6;
/** The longest delay: 100 years of 365.25 days, in ms. */
export const DELAY_MAX_MS = 3_155_760_000_000;

export interface BucketSpan {
  /** 0: the narrowest. */
  readonly level: number;
  /** How many buckets of its level lie between 1970 and it. */
  readonly index: number;
}

/** In ms. */
export function levelWidthMs(level: number): number {
  return 2 ** (FINEST_BITS + STEP_BITS * level);
}

export function spanOn(level: number, atMs: number): BucketSpan {
  return { level, index: Math.floor(atMs / levelWidthMs(level)) };
}

/** The span in which something waits from `nowMs` until `dueMs`. */
export function spanFor(dueMs: number, nowMs: number): BucketSpan {
  assert(dueMs - nowMs <= DELAY_MAX_MS, 'delays are bounded');
  let level = 0;
  while (level < LEVELS - 1 && dueMs - nowMs >= levelWidthMs(level + 1)) level++;
  return spanOn(level, dueMs);
}

/** The first millisecond of a span. */
export function spanFromMs({ level, index }: BucketSpan): number {
  return index * levelWidthMs(level);
}

/** The millisecond behind a span. */
export function spanToMs({ level, index }: BucketSpan): number {
  return (index + 1) * levelWidthMs(level);
}

/** One number for a span, to find its bucket by. */
export function spanKey({ level, index }: BucketSpan): number {
  return index * LEVELS + level;
}

/**
 * A bucket that fills with `limit` tokens a second up to what a whole window gives, and may be overdrawn by what takes
 * from it while it isn't empty: bursts are let through, and paid for afterwards (KIP-599). It begins full.
 */
import type { Windows } from './windowed-rate.ts';

const MS_PER_SECOND = 1000;

export class TokenBucket {
  readonly #windows: Windows;
  #tokens = Number.POSITIVE_INFINITY;
  #filledMs = 0;

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  /** What is in it; negative: overdrawn. */
  tokens(limit: number, nowMs: number): number {
    const refilled = this.#tokens + (limit * Math.max(0, nowMs - this.#filledMs)) / MS_PER_SECOND;
    this.#tokens = Math.min(this.#most(limit), refilled);
    this.#filledMs = nowMs;
    return this.#tokens;
  }

  /** Takes `count` whatever is in it; a negative count gives back. */
  take(count: number, limit: number, nowMs: number): void {
    this.#tokens = Math.min(this.#most(limit), this.tokens(limit, nowMs) - count);
  }

  /** How long until it is no longer overdrawn, in whole ms. */
  pauseMs(limit: number, nowMs: number): number {
    const tokens = this.tokens(limit, nowMs);
    return tokens >= 0 ? 0 : Math.round((-tokens / limit) * MS_PER_SECOND);
  }

  /** Whether forgetting it changes nothing. */
  isIdle(limit: number, nowMs: number): boolean {
    return this.tokens(limit, nowMs) >= this.#most(limit);
  }

  #most(limit: number): number {
    const { samples, sampleMs } = this.#windows;
    return (samples * sampleMs * limit) / MS_PER_SECOND;
  }
}

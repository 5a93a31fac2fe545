/** Times and durations of Protocol Buffers, which count seconds and nanoseconds, as whole milliseconds. */
import type { Duration, Timestamp } from './codec/generated/messages.ts';

const NANOS_PER_MS = 1_000_000;

/** Also of a timestamp: then milliseconds since 1970. Null stands for 0; beyond 2^53 − 1 it is that. */
export function toMs(value: Duration | Timestamp | null): number {
  if (value === null) return 0;
  const ms = value.seconds * 1000 + Math.floor(value.nanos / NANOS_PER_MS);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(ms, Number.MAX_SAFE_INTEGER));
}

export function fromMs(ms: number): Duration & Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * NANOS_PER_MS };
}

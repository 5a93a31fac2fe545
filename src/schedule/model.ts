/** What the schedule knows for ever: its buckets, and which of their messages are gone. The messages are in their streams. */
import type { BucketSpan } from './levels.ts';
import type { OffsetSet } from './offset-set.ts';

export interface Bucket extends BucketSpan {
  /** The partition of its stream. Used again when the bucket is closed. */
  readonly number: number;
  readonly gone: OffsetSet;
}

export interface ScheduleState {
  readonly buckets: Map<number, Bucket>;
  /** By spanKey. */
  readonly bySpan: Map<number, Bucket>;
}

/**
 * The schedule as a machine. A message is there from the frame that appends it to its bucket's stream, and gone with the
 * frame that says so, which has its entry into the topic, its move to another bucket or nothing beside it.
 */
import { assert } from '../base/assert.ts';
import type { FrameCompanion, Machine } from '../machine/machine.ts';
import { spanKey } from './levels.ts';
import type { Bucket, ScheduleState } from './model.ts';
import { OffsetSet } from './offset-set.ts';
import {
  type BucketClosed,
  type BucketOpened,
  decodeScheduleRecord,
  encodeScheduleRecord,
  type MessagesGone,
  type ScheduleRecord,
} from './records.ts';

/** Ranges of one record of a snapshot. */
const SNAPSHOT_RANGES_MAX = 16_384;

/** One change of the schedule, made of whole records: their maker has looked at the state. */
export interface ScheduleCommand {
  readonly opened?: readonly BucketOpened[];
  readonly gone?: readonly MessagesGone[];
  readonly closed?: readonly BucketClosed[];
  /** What happens in the same frame. */
  readonly companions?: readonly FrameCompanion[];
  /** Need not be flushed before it is answered. */
  readonly unflushed?: boolean;
}

export type ScheduleMachine = Machine<ScheduleState, ScheduleCommand, ScheduleRecord, null>;

export const scheduleMachine: ScheduleMachine = {
  name: 'schedule',
  initial: () => ({ buckets: new Map(), bySpan: new Map() }),

  decide(state, { opened = [], gone = [], closed = [], companions, unflushed }, token) {
    for (const { bucket, ranges } of gone) check(state, bucket, ranges);
    return {
      records: [...opened, ...gone, ...closed],
      ...(companions !== undefined && companions.length > 0 && { companions }),
      ...(unflushed === true && { unflushed }),
      replies: [{ to: token, answer: null }],
    };
  },

  apply(state, record) {
    switch (record.kind) {
      case 'opened': {
        const { number, level, index, startOffset } = record;
        const bucket: Bucket = { number, level, index, gone: new OffsetSet(startOffset) };
        state.buckets.set(number, bucket);
        state.bySpan.set(spanKey(record), bucket);
        return;
      }
      case 'gone': {
        const { gone } = state.buckets.get(record.bucket)!;
        for (let i = 0; i < record.ranges.length; i += 2) gone.add(record.ranges[i]!, record.ranges[i + 1]!);
        gone.advance(record.startOffset);
        return;
      }
      case 'closed': {
        const bucket = state.buckets.get(record.number)!;
        state.buckets.delete(record.number);
        if (state.bySpan.get(spanKey(bucket)) === bucket) state.bySpan.delete(spanKey(bucket));
      }
    }
  },

  *snapshot(state) {
    for (const { number, level, index, gone } of state.buckets.values()) {
      yield { kind: 'opened', number, level, index, startOffset: gone.start };
      let ranges: number[] = [];
      for (const [first, last] of gone.ranges()) {
        ranges.push(first, last);
        if (ranges.length < SNAPSHOT_RANGES_MAX * 2) continue;
        yield { kind: 'gone', bucket: number, startOffset: gone.start, ranges };
        ranges = [];
      }
      if (ranges.length > 0) yield { kind: 'gone', bucket: number, startOffset: gone.start, ranges };
    }
  },

  resume: () => [],
  encode: encodeScheduleRecord,
  decode: decodeScheduleRecord,
};

/** A message goes once: into its topic, or by its sender's word. */
function check(state: ScheduleState, number: number, ranges: readonly number[]): void {
  const bucket = state.buckets.get(number);
  assert(bucket !== undefined, 'messages go from a bucket that is there');
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    assert(ranges[i]! >= next && ranges[i + 1]! >= ranges[i]!, 'ranges of messages are in order');
    next = ranges[i + 1]! + 1;
    for (let offset = ranges[i]!; offset < next; offset++) {
      assert(!bucket.gone.has(offset), 'a message goes once');
    }
  }
}

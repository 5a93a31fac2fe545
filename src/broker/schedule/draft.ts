/**
 * Messages that are about to be scheduled: what they add to a frame. Made, put into an append and accepted in one turn.
 */
import { assert } from '../../base/assert.ts';
import type { MachineRunner } from '../../machine/runner.ts';
import { type BucketSpan, spanFor, spanFromMs, spanKey, spanOn } from '../../schedule/levels.ts';
import type { ScheduleCommand } from '../../schedule/machine.ts';
import { encodeMessages, type Place, type WaitingMessage } from '../../schedule/message.ts';
import type { ScheduleState } from '../../schedule/model.ts';
import type { BucketOpened, ScheduleRecord } from '../../schedule/records.ts';
import type { ChunkLog, Stream } from '../../store/contract.ts';
import { BUCKET_STREAM } from '../machine-streams.ts';
import type { Near } from './near.ts';

export type ScheduleRunner = MachineRunner<ScheduleState, ScheduleCommand, ScheduleRecord, null>;

/** Bytes of a batch of a bucket: what is read to have one message of it. */
const BATCH_BYTES = 64 * 1024;
/** A span that begins sooner isn't used: it would be read or split at once. */
const NOT_NEAR_MS = 10_000;

export interface BucketBatch {
  readonly number: number;
  readonly stream: Stream;
  readonly batch: Buffer;
  readonly messages: readonly WaitingMessage[];
}

/** In which buckets messages go, as batches, and which buckets are to be opened for that. */
export class Draft {
  readonly opened: BucketOpened[] = [];
  readonly batches: BucketBatch[] = [];
  /** Of each message, in order: which batch has it, and its place there. */
  readonly #places: { batch: number; delta: number }[] = [];

  constructor(
    parts: { readonly log: ChunkLog; readonly runner: ScheduleRunner; readonly near: Near },
    messages: readonly WaitingMessage[],
    /** A span for each message: of the narrowest level that fits, where nothing is said. */
    spanOf: (message: WaitingMessage) => BucketSpan,
  ) {
    const { state } = parts.runner;
    const numbers = new Map<number, number>();
    const byNumber = new Map<number, { messages: WaitingMessage[]; indices: number[]; bytes: number }>();
    const finish = (number: number): void => {
      const open = byNumber.get(number)!;
      const batch = this.batches.length;
      for (const [delta, index] of open.indices.entries()) this.#places[index] = { batch, delta };
      this.batches.push({
        number,
        stream: parts.log.stream(BUCKET_STREAM, number),
        batch: encodeMessages(open.messages),
        messages: open.messages,
      });
      byNumber.delete(number);
    };
    messages.forEach((message, index) => {
      const span = openSpan(spanOf(message), message.dueMs, (key) => isClosing(parts.near, state, key));
      const key = spanKey(span);
      let number = numbers.get(key) ?? state.bySpan.get(key)?.number;
      if (number === undefined) number = this.#open(span, parts, numbers);
      numbers.set(key, number);
      let open = byNumber.get(number);
      if (open === undefined) byNumber.set(number, (open = { messages: [], indices: [], bytes: 0 }));
      open.messages.push(message);
      open.indices.push(index);
      open.bytes += message.body.length;
      if (open.bytes >= BATCH_BYTES) finish(number);
    });
    for (const number of [...byNumber.keys()]) finish(number);
  }

  /** Where each message stands, once its batches have their base offsets. */
  places(baseOffsets: readonly number[]): Place[] {
    return this.#places.map(({ batch, delta }) => ({
      bucket: this.batches[batch]!.number,
      offset: baseOffsets[batch]! + delta,
    }));
  }

  #open(
    span: BucketSpan,
    { log, runner }: { readonly log: ChunkLog; readonly runner: ScheduleRunner },
    taken: ReadonlyMap<number, number>,
  ): number {
    const used = new Set(taken.values());
    let number = 0;
    while (runner.state.buckets.has(number) || used.has(number)) number++;
    const startOffset = log.stream(BUCKET_STREAM, number).endOffset;
    this.opened.push({ kind: 'opened', number, ...span, startOffset });
    return number;
  }
}

/** The span for a message that comes now. */
export function spanOfNew(dueMs: number, nowMs: number): BucketSpan {
  let span = spanFor(dueMs, nowMs);
  while (span.level > 0 && spanFromMs(span) <= nowMs + NOT_NEAR_MS) span = spanOn(span.level - 1, dueMs);
  return span;
}

/** This one, or a narrower one where that is being split. */
function openSpan(span: BucketSpan, dueMs: number, isSplitting: (key: number) => boolean): BucketSpan {
  let open = span;
  while (open.level > 0 && isSplitting(spanKey(open))) open = spanOn(open.level - 1, dueMs);
  return open;
}

function isClosing(near: Near, state: ScheduleState, key: number): boolean {
  const bucket = state.bySpan.get(key);
  return bucket !== undefined && near.live.get(bucket.number)?.phase === 'splitting';
}

/** The batches are committed: the times of what is near are noted. */
export function noteCommitted(near: Near, draft: Draft, baseOffsets: readonly number[]): void {
  for (const [i, { number, messages }] of draft.batches.entries()) {
    const live = near.live.get(number);
    assert(live !== undefined, 'a bucket with messages is there');
    for (const [delta, { dueMs }] of messages.entries()) near.committed(live, baseOffsets[i]! + delta, dueMs);
  }
}

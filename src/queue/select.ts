/**
 * Chooses what a consumer gets of batches that were read: what is available, in order, up to its credit.
 *
 * Where nobody asks about single messages (no keys, no filter, no expiry) a batch is taken by its offsets and not looked into.
 */
import { SIP_ZERO, sipHash52 } from '../base/siphash.ts';
import type { Filter } from '../filter/filter.ts';
import {
  batchBaseOffset,
  batchIsControl,
  batchLastOffset,
  batchRecordCount,
  batchSizeBytes,
} from '../record/batch.ts';
import { recordsSection, type SectionOptions } from '../record/section.ts';
import { recordTimestampMs } from '../record/timestamps.ts';
import { type RecordView, walkRecords } from '../record/walk.ts';
import type { Expiry } from './expiry.ts';
import { type Pass, Passes } from './passes.ts';
import type { Step } from './records.ts';
import { filterOf } from './redriven.ts';
import type { Sparing } from './sparing.ts';
import { type DeathReason, NO_KEY, type Window } from './window.ts';

export type RecordMatcher = Pick<Filter, 'matches' | 'matchesAll' | 'weight'>;

/** What is asked about single messages. */
export interface SelectRules {
  /** Of the subscription: whose letters that were put back are its own. */
  readonly name: string;
  readonly byKey: boolean;
  /** What doesn't match is nobody's; null: all does. */
  readonly filter: RecordMatcher | null;
  /** What doesn't match is left for others; null: all does. */
  readonly wanted: RecordMatcher | null;
  /** Which have expired; null: none does. */
  readonly expiry: Expiry | null;
  readonly nowMs: number;
  readonly section: SectionOptions;
}

/** What a consumer may still get. */
export interface Credit {
  messages: number;
  bytes: number;
  /** A batch of which one message was acquired is acquired to its end, whatever the credit in messages. */
  readonly wholeBatches: boolean;
  /** Messages that may be acquired at all: the bound of the partition. */
  inFlight: number;
  /** Stretches that may be added. */
  stretches: number;
  /** Of what has failed often few go together; not given, or null: any number does. */
  readonly sparing?: Sparing | null;
}

/** How much may be looked through before others have their turn: bytes, of what is opened as often as the filters' weights say. */
export interface Look {
  bytesLeft: number;
}

export interface Selection {
  readonly steps: Step[];
  readonly passes: Pass[];
  /** Parts of the buffers that were read, with all batches in them of which something was acquired. */
  readonly batches: Buffer[];
  /** Behind all that was looked at. */
  nextOffset: number;
}

export interface SelectRequest {
  readonly window: Window;
  readonly batches: readonly Buffer[];
  readonly from: number;
  /** No batch from here on is looked at. */
  readonly end: number;
  readonly credit: Credit;
  /** Used up, the selection ends; something is looked at in any case. */
  readonly look: Look;
  readonly rules: SelectRules;
  /** By channels: of what was met the heads that are ready, not what wasn't met. */
  readonly heads?: boolean;
  /** Whether a batch is of a transaction that was aborted. */
  readonly isAborted: (batch: Buffer) => boolean;
}

/** Looks at batches in order until the credit or the look is used. Throws MalformedError on a batch that can't be opened. */
export function select(request: SelectRequest): Selection {
  const passes = new Passes(request.window);
  const selection: Selection = {
    steps: [],
    passes: passes.ranges,
    batches: [],
    nextOffset: request.from,
  };
  const keys = new Set<number>();
  for (const buffer of request.batches) {
    let partStart = -1;
    let partEnd = -1;
    for (let at = 0; at < buffer.length; ) {
      const size = batchSizeBytes(buffer, at);
      const batch = buffer.subarray(at, at + size);
      if (isUsedUp(request.credit) || batchBaseOffset(batch) >= request.end) break;
      if (request.look.bytesLeft <= 0 && selection.nextOffset > request.from) break;
      const acquired = new BatchSelection({ request, selection, passes, batch, keys }).run();
      if (acquired) {
        if (partStart < 0) partStart = at;
        partEnd = at + size;
        request.credit.bytes -= size;
      }
      at += size;
    }
    if (partStart >= 0) selection.batches.push(buffer.subarray(partStart, partEnd));
  }
  return selection;
}

export const isUsedUp = ({ messages, bytes, inFlight, stretches, sparing }: Credit): boolean =>
  messages <= 0 || bytes <= 0 || inFlight <= 0 || stretches <= 0 || sparing?.isUsedUp === true;

class BatchSelection {
  readonly #request: SelectRequest;
  readonly #selection: Selection;
  readonly #passes: Passes;
  readonly #batch: Buffer;
  /** Keys of which a message was acquired or left, in this batch or one before: others of them stand behind it. */
  readonly #keys: Set<number>;
  /** What doesn't match is nobody's; null: all does. */
  readonly #filter: RecordMatcher | null;
  #acquired = false;

  constructor(parts: {
    readonly request: SelectRequest;
    readonly selection: Selection;
    readonly passes: Passes;
    readonly batch: Buffer;
    readonly keys: Set<number>;
  }) {
    this.#request = parts.request;
    this.#selection = parts.selection;
    this.#passes = parts.passes;
    this.#batch = parts.batch;
    this.#keys = parts.keys;
    this.#filter = filterOf(parts.batch, parts.request.rules);
  }

  /** Whether something of the batch was acquired. */
  run(): boolean {
    const { rules, isAborted } = this.#request;
    const batch = this.#batch;
    const first = batchBaseOffset(batch);
    const last = batchLastOffset(batch);
    // What compaction or an older end of the log has left out was nobody's.
    if (first > this.#selection.nextOffset) this.#pass(this.#selection.nextOffset, first - 1, null);
    const from = Math.max(first, this.#selection.nextOffset);
    this.#request.look.bytesLeft -= batch.length;
    if (batchIsControl(batch) || isAborted(batch)) this.#skipTo(from, last);
    else if (isOpened(batch, rules, this.#filter)) this.#takeRecords(from, last);
    else this.#takeRange(from, last);
    return this.#acquired;
  }

  #skipTo(from: number, last: number): void {
    this.#pass(from, last, null);
    this.#selection.nextOffset = last + 1;
  }

  /** Available offsets are taken as they are. */
  #takeRange(from: number, last: number): void {
    const { window, credit } = this.#request;
    let offset = window.candidate(from);
    while (offset <= last) {
      if (this.#mustStop()) return;
      const wanted = credit.wholeBatches ? last : Math.min(last, offset + credit.messages - 1);
      const to = Math.min(wanted, window.availableTo(offset), offset + credit.inFlight - 1);
      const count = credit.sparing?.allowed(window, offset, to - offset + 1) ?? to - offset + 1;
      if (count === 0) return;
      this.#acquire(offset, offset + count - 1, NO_KEY);
      offset = window.candidate(offset + count);
    }
    this.#selection.nextOffset = last + 1;
  }

  /** Whether nothing more may be acquired of this batch. */
  #mustStop(): boolean {
    const { credit } = this.#request;
    if (credit.inFlight <= 0 || credit.stretches <= 0 || credit.sparing?.isUsedUp === true) return true;
    return credit.messages <= 0 && !(credit.wholeBatches && this.#acquired);
  }

  #takeRecords(from: number, last: number): void {
    const { rules, window, credit, look, heads = false } = this.#request;
    const batch = this.#batch;
    const section = recordsSection(batch, rules.section);
    const base = batchBaseOffset(batch);
    const weight = Math.max(1, (this.#filter?.weight ?? 0) + (rules.wanted?.weight ?? 0));
    let next = from;
    let stopped = false;
    let lookedTo = 0;
    walkRecords(section, batchRecordCount(batch), (record) => {
      const offset = base + record.offsetDelta;
      if (offset < next) {
        lookedTo = record.end;
        return true;
      }
      const isOpen = heads ? window.at(offset)?.state === 'available' : window.isAvailable(offset);
      const isOver = look.bytesLeft <= 0 && next > from;
      if (isOver || this.#mustStop() || (isOpen && credit.sparing?.allowed(window, offset, 1) === 0)) {
        stopped = true;
        return false;
      }
      if (offset > next) this.#pass(next, offset - 1, null);
      if (isOpen) this.#takeRecord(section, record, offset);
      look.bytesLeft -= (record.end - lookedTo) * weight;
      lookedTo = record.end;
      next = offset + 1;
      return true;
    });
    if (!stopped) {
      if (next <= last) this.#pass(next, last, null);
      next = last + 1;
    }
    this.#selection.nextOffset = next;
  }

  #takeRecord(section: Buffer, record: RecordView, offset: number): void {
    const { rules, window } = this.#request;
    const timestampMs = recordTimestampMs(this.#batch, record);
    if (this.#filter !== null && !this.#filter.matches(section, record, timestampMs)) {
      return this.#pass(offset, offset, null);
    }
    if (rules.expiry !== null && rules.expiry.expiresAtMs(section, record, timestampMs) < rules.nowMs) {
      return this.#pass(offset, offset, 'expired');
    }
    const key = rules.byKey ? keyOf(section, record) : NO_KEY;
    if (key !== NO_KEY && (this.#keys.has(key) || window.isBehind(key, offset))) {
      return this.#step(offset, 'blocked', key);
    }
    if (key !== NO_KEY) this.#keys.add(key);
    if (rules.wanted !== null && !rules.wanted.matches(section, record, timestampMs))
      return this.#step(offset, 'left', key);
    this.#acquire(offset, offset, key);
  }

  #acquire(first: number, last: number, key: number): void {
    const { credit } = this.#request;
    const { steps } = this.#selection;
    const count = last - first + 1;
    credit.messages -= count;
    credit.inFlight -= count;
    credit.sparing?.given(count);
    this.#acquired = true;
    const before = steps.at(-1);
    if (key === NO_KEY && before?.what === 'acquired' && before.key === NO_KEY && before.last + 1 === first) {
      steps[steps.length - 1] = { ...before, last };
      return;
    }
    credit.stretches--;
    steps.push({ first, last, what: 'acquired', key });
  }

  #step(offset: number, what: 'left' | 'blocked', key: number): void {
    const { window, credit } = this.#request;
    // What is left already stays as it is.
    if (what === 'left' && window.at(offset)?.key === key) return;
    const { steps } = this.#selection;
    const before = steps.at(-1);
    if (key === NO_KEY && before?.what === what && before.key === NO_KEY && before.last + 1 === offset) {
      steps[steps.length - 1] = { ...before, last: offset };
      return;
    }
    credit.stretches--;
    steps.push({ first: offset, last: offset, what, key });
  }

  /** Nobody gets what is available of these. */
  #pass(first: number, last: number, reason: DeathReason | null): void {
    this.#passes.add(first, last, reason);
  }
}

/** Whether messages of a batch are chosen one by one, for which it is opened; else they are taken by their offsets. `filter`: as of the batch. */
export function isOpened(batch: Buffer, rules: SelectRules, filter: RecordMatcher | null): boolean {
  if (rules.byKey || filter !== null || rules.wanted !== null || rules.expiry !== null) return true;
  return batchRecordCount(batch) !== batchLastOffset(batch) - batchBaseOffset(batch) + 1;
}

/** A hash of the record's key, the same after a restart; NO_KEY: it has none. Two keys with one hash wait for each other. */
export function keyOf(section: Buffer, { keyStart, keyLength }: RecordView): number {
  if (keyLength < 0) return NO_KEY;
  return sipHash52(SIP_ZERO, section, { start: keyStart, end: keyStart + keyLength }) + 1;
}

/**
 * Reads that were made before anybody asked: where a consumer reads an old part of a stream in order, the next span is
 * fetched while it works on the last one.
 *
 * Bounded in number; a span that nobody came for within a second makes room for others, so that more consumers than
 * there are places do not drive out each other's.
 */
import type { BlockPool } from '../base/block-pool.ts';
import type { Clock } from '../platform/ports.ts';
import type { ReadRequest, ReadResult } from './contract.ts';

/** Spans that are kept or being read. */
const SPANS_MAX = 16;
const STALE_MS = 1000;
/** A consumer that asks for less at a time is no reader of bulk. */
const REQUEST_BYTES_MIN = 128 * 1024;

/** What a cold read brought, and where the next one goes on. */
export interface ColdRead extends ReadResult {
  /** Offset behind it; −1: nothing follows that could be read ahead. */
  readonly nextOffset: number;
}

interface Span {
  /** As `begin` gave it. */
  readonly request: ReadRequest;
  readonly sinceMs: number;
  /** null: it is being read. */
  read: ColdRead | null;
  readonly waiting: (() => void)[];
}

export class ReadAhead {
  readonly #clock: Clock;
  readonly #blocks: BlockPool;
  /** Oldest first. */
  #spans: Span[] = [];

  constructor(clock: Clock, blocks: BlockPool) {
    this.#clock = clock;
    this.#blocks = blocks;
  }

  /** The span that answers this request, taken out; null: none, or not read yet. */
  take(request: ReadRequest): ColdRead | null {
    const span = this.#find(request);
    if (span === undefined || span.read === null || span.read.bytes > request.bytesMax) return null;
    this.#spans.splice(this.#spans.indexOf(span), 1);
    return span.read;
  }

  /** Calls `run` when the read for this request ends; false: there is none under way. */
  whenRead(request: ReadRequest, run: () => void): boolean {
    const span = this.#find(request);
    if (span === undefined || span.read !== null) return false;
    span.waiting.push(run);
    return true;
  }

  /** Notes that what follows `read` is being read from now on, and returns the request for it; null: it should not be. */
  begin(request: ReadRequest, read: ColdRead): ReadRequest | null {
    const { stream, bytesMax } = request;
    if (read.nextOffset < 0 || bytesMax < REQUEST_BYTES_MIN) return null;
    const { endOffset } = request;
    const next = { stream, offset: read.nextOffset, bytesMax, ...(endOffset !== undefined && { endOffset }) };
    if (this.#find(next) !== undefined) return null;
    const nowMs = this.#clock.monotonicMs();
    if (this.#spans.length >= SPANS_MAX) {
      const stale = this.#spans.findIndex((span) => span.read !== null && nowMs - span.sinceMs >= STALE_MS);
      if (stale < 0) return null;
      this.#drop(stale);
    }
    this.#spans.push({ request: next, sinceMs: nowMs, read: null, waiting: [] });
    return next;
  }

  /** The read that `begin` announced has ended; null: it failed, and whoever comes reads for himself. */
  end(request: ReadRequest, read: ColdRead | null): void {
    const span = this.#spans.find((begun) => begun.request === request)!;
    span.read = read;
    if (read === null || read.bytes === 0) this.#spans.splice(this.#spans.indexOf(span), 1);
    for (const run of span.waiting) run();
  }

  #find(request: ReadRequest): Span | undefined {
    return this.#spans.find((span) => answers(span.request, request));
  }

  #drop(at: number): void {
    const [span] = this.#spans.splice(at, 1);
    this.#blocks.releaseAll(span!.read!.batches);
  }
}

/** Whether what one read brings may be given to another request: never more than that may see. */
function answers(read: ReadRequest, request: ReadRequest): boolean {
  if (read.stream !== request.stream || read.offset !== request.offset) return false;
  return (read.endOffset ?? Number.POSITIVE_INFINITY) <= (request.endOffset ?? Number.POSITIVE_INFINITY);
}

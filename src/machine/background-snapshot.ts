/**
 * Writes a snapshot of a large state while the machine goes on.
 *
 * The header's offset is the cut. A second state is made of what the log holds below the cut, which is what a restart would
 * make, and its records are appended part by part; the machine's own state isn't touched. Each turn of the event loop takes a
 * slice of the reading or one part, and a part waits for the one before to be written. The frame with the footer
 * moves the stream's start to the header: until it is there the snapshot counts for nothing (replay.ts).
 *
 * Costs the memory of a second state until the end.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { Clock } from '../platform/ports.ts';
import { throwLater } from '../platform/throw-later.ts';
import { batchLastOffset } from '../record/batch.ts';
import { packParts, partsFooter, partsHeader, totalBytes } from './frames.ts';
import type { MachineLog } from './log.ts';
import type { StateFormat, StoredRecord } from './machine.ts';
import { Replay } from './replay.ts';

/**
 * How it ended: whole, with its bytes; refused by the log, with nothing gained; or `unreadable`, because the stream could
 * not be read again.
 */
export type SnapshotOutcome =
  | { readonly kind: 'whole'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly error: BrokerError }
  | { readonly kind: 'unreadable'; readonly error: BrokerError };

export interface BackgroundSnapshotOptions<State, Record> {
  readonly format: StateFormat<State, Record>;
  readonly log: MachineLog;
  readonly clock: Clock;
  /** Whether it is committed only when flushed. */
  readonly durable: boolean;
  /** Most bytes of records that a turn reads or a part has, but for a larger record. */
  readonly sliceBytesMax: number;
  /** Called once, in a turn of its own unless `begin` is refused; never after `cancel`. */
  readonly onEnd: (outcome: SnapshotOutcome) => void;
}

export class BackgroundSnapshot<State, Record> {
  readonly #options: BackgroundSnapshotOptions<State, Record>;
  readonly #cut: number;
  #ended = false;
  #bytes = 0;

  constructor(options: BackgroundSnapshotOptions<State, Record>) {
    this.#options = options;
    this.#cut = options.log.endOffset;
  }

  /** Appends the header. To be called at once: what is appended before it must be below the cut. */
  begin(): void {
    const { log, clock, durable } = this.#options;
    assert(log.endOffset === this.#cut, 'the header stands at the cut');
    // Committed as all others are: what is below the cut is then committed, too, and can be read.
    this.#append([partsHeader(clock.nowMs())], { durable, onCommitted: () => this.#read() });
  }

  /** Appends nothing any more. */
  cancel(): void {
    this.#ended = true;
  }

  #read(): void {
    const { format, log, clock, sliceBytesMax } = this.#options;
    const replay = new Replay(format, sliceBytesMax);
    let readTo = -1;
    log
      .review(this.#cut, (batch, next) => {
        readTo = batchLastOffset(batch) + 1;
        this.#step(replay.add(batch), next);
      })
      .then(
        () => {
          replay.end();
          assert(readTo === this.#cut, 'all that is below the cut was read');
          const records = storedRecords(format, replay.state);
          this.#writeNext(packParts(records, { nowMs: clock.nowMs(), bytesMax: sliceBytesMax }));
        },
        (error: unknown) => {
          // What the machine itself has logged it knows.
          if (!(error instanceof BrokerError) || error.code === 'unsupported-format') throw error;
          this.#end({ kind: 'unreadable', error });
        },
      )
      // Not to be lost in a rejection: a broken invariant ends the process.
      .catch((error: unknown) => throwLater(clock, error));
  }

  /** Goes through a batch, a slice a turn. Once cancelled the next batch is never asked for. */
  #step(steps: Generator<undefined, void>, next: () => void): void {
    if (this.#ended) return;
    if (steps.next().done === true) next();
    else this.#options.clock.afterTurn(() => this.#step(steps, next));
  }

  #writeNext(parts: Generator<Buffer[]>): void {
    const { clock, durable } = this.#options;
    clock.afterTurn(() => {
      if (this.#ended) return;
      const part = parts.next();
      if (part.done === true) {
        this.#append([partsFooter(clock.nowMs())], {
          durable,
          advanceStartTo: this.#cut,
          onCommitted: () => {},
        });
        this.#end({ kind: 'whole', bytes: this.#bytes });
        return;
      }
      this.#bytes += totalBytes(part.value);
      // They matter only with the footer, behind which they are flushed at the latest.
      this.#append(part.value, { durable: false, onCommitted: () => this.#writeNext(parts) });
    });
  }

  #append(
    batches: readonly Buffer[],
    {
      durable,
      advanceStartTo = null,
      onCommitted,
    }: {
      readonly durable: boolean;
      readonly advanceStartTo?: number | null;
      readonly onCommitted: () => void;
    },
  ): void {
    const refusal = this.#options.log.append({
      batches,
      companions: [],
      advanceStartTo,
      durable,
      onCommitted: () => {
        if (!this.#ended) onCommitted();
      },
    });
    if (refusal !== null) this.#end({ kind: 'refused', error: refusal });
  }

  #end(outcome: SnapshotOutcome): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onEnd(outcome);
  }
}

/** The stored form of a state's snapshot, made as it is asked for. */
export function* storedRecords<State, Record>(
  format: StateFormat<State, Record>,
  state: State,
): Generator<StoredRecord> {
  for (const record of format.snapshot(state)) yield format.encode(record);
}

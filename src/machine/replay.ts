/**
 * Makes a machine's state from the batches of its stream, given from the start offset on.
 *
 * - A snapshot in one frame begins the state anew.
 * - A snapshot in parts counts where the stream begins with its header, because only the frame with its footer moves the start
 *   there: its parts are the state before the header, and the records that lie between its frames are applied behind them.
 *   They are kept until the footer comes.
 * - The frames of any other snapshot in parts are skipped: it was not finished, and all that it would stand for is there.
 *
 * So the state is that of all records ever logged, whichever snapshots were written or begun.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import { BATCH_HEADER_BYTES, batchBaseOffset, batchMaxTimestamp, batchRecordCount } from '../record/batch.ts';
import { recordKey, recordValue, walkRecords } from '../record/walk.ts';
import { batchKind } from './frames.ts';
import type { StateFormat, StoredRecord } from './machine.ts';

export class Replay<State, Record> {
  readonly #format: StateFormat<State, Record>;
  readonly #sliceBytesMax: number;
  #state: State;
  #isFirst = true;
  /** The next batch is a part. */
  #isPart = false;
  /** The records to be applied behind the parts; null: what comes is applied at once. */
  #kept: Buffer[] | null = null;
  #inSnapshot = false;
  #snapshotBytes = 0;
  #loggedBytes = 0;
  #lastMs = 0;
  #sliceBytes = 0;

  /** `sliceBytesMax`: about how much is read between two pauses. */
  constructor(format: StateFormat<State, Record>, sliceBytesMax = Number.POSITIVE_INFINITY) {
    this.#format = format;
    this.#sliceBytesMax = sliceBytesMax;
    this.#state = format.initial();
  }

  get state(): State {
    return this.#state;
  }

  /** Of the snapshot that the state began with. */
  get snapshotBytes(): number {
    return this.#snapshotBytes;
  }

  /** Of the records that the snapshot doesn't stand for. */
  get loggedBytes(): number {
    return this.#loggedBytes;
  }

  /** When the last batch was logged, by the clock of the machine; 0: there was none. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /**
   * Takes the next batch, all of it when the generator has ended; it pauses where others may run. The batch isn't kept.
   * Throws BrokerError unsupported-format on what this version doesn't know.
   */
  *add(batch: Buffer): Generator<undefined, void> {
    const kind = batchKind(batch);
    this.#lastMs = Math.max(this.#lastMs, batchMaxTimestamp(batch));
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (this.#inSnapshot) this.#snapshotBytes += batch.length;
    switch (kind) {
      case 'snapshot-header':
        this.#state = this.#format.initial();
        this.#kept = null;
        this.#inSnapshot = true;
        this.#snapshotBytes = batch.length;
        return;
      case 'snapshot-footer':
        this.#inSnapshot = false;
        this.#loggedBytes = 0;
        return;
      case 'parts-header':
        assert(this.#kept === null, 'the snapshot that a stream begins with is whole');
        if (isFirst) this.#kept = [];
        return;
      case 'part':
        this.#isPart = true;
        return;
      case 'parts-footer': {
        const kept = this.#kept ?? [];
        this.#kept = null;
        for (const records of kept) yield* this.#apply(records);
        return;
      }
      case 'records':
        yield* this.#addRecords(batch);
        return;
      case 'unknown':
        throw this.#unreadable(batch, 'a control record of an unknown kind');
    }
  }

  /** The stream has ended. */
  end(): void {
    assert(this.#kept === null, 'the snapshot that a stream begins with is whole');
  }

  *#addRecords(batch: Buffer): Generator<undefined, void> {
    if (this.#isPart) {
      this.#isPart = false;
      if (this.#kept === null) {
        yield* this.#pause(batch.length);
        return;
      }
      this.#snapshotBytes += batch.length;
      yield* this.#apply(batch);
      return;
    }
    this.#loggedBytes += batch.length;
    if (this.#kept === null) {
      yield* this.#apply(batch);
      return;
    }
    this.#kept.push(Buffer.from(batch));
    yield* this.#pause(batch.length);
  }

  /** Pauses when so much more makes a slice. */
  *#pause(bytes: number): Generator<undefined, void> {
    this.#sliceBytes += bytes;
    if (this.#sliceBytes < this.#sliceBytesMax) return;
    this.#sliceBytes = 0;
    yield;
  }

  *#apply(batch: Buffer): Generator<undefined, void> {
    this.#sliceBytes += BATCH_HEADER_BYTES;
    let section = batch.subarray(BATCH_HEADER_BYTES);
    let count = batchRecordCount(batch);
    while (count > 0) {
      let end = 0;
      walkRecords(section, count, (record) => {
        const key = recordKey(section, record);
        if (key === null) throw this.#unreadable(batch, 'a record without a key');
        const stored = { key, value: recordValue(section, record) };
        this.#format.apply(this.#state, this.#decode(batch, stored));
        this.#sliceBytes += record.end - end;
        end = record.end;
        count--;
        return this.#sliceBytes < this.#sliceBytesMax;
      });
      section = section.subarray(end);
      yield* this.#pause(0);
    }
  }

  #decode(batch: Buffer, stored: StoredRecord): Record {
    try {
      return this.#format.decode(stored);
    } catch (error) {
      throw this.#unreadable(batch, error instanceof Error ? error.message : String(error));
    }
  }

  #unreadable(batch: Buffer, why: string): BrokerError {
    return new BrokerError(
      'unsupported-format',
      `The ${this.#format.name} machine can't read its batch at offset ${batchBaseOffset(batch)}: ${why}. ` +
        'If the data was written by a newer version of Polylog, start that version.',
    );
  }
}

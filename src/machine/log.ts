/**
 * What the kit asks of the log: one stream, appended to in frames, with whatever companions a decision has. The broker gives
 * it over the shard's log; tests give one in memory.
 */
import type { BrokerError } from '../base/errors.ts';
import type { FrameCompanion } from './machine.ts';

export interface MachineAppend {
  /** Batches for the machine's own stream, in order. May be empty when there are companions. */
  readonly batches: readonly Buffer[];
  /** Go into the same frame. */
  readonly companions: readonly FrameCompanion[];
  /** Moves the start of the machine's own stream in the same frame; null: it stays. Never beyond `endOffset`. */
  readonly advanceStartTo: number | null;
  /** Committed means flushed to disk; false: written. */
  readonly durable: boolean;
  /** Called once, later, when the frame is committed; never when the process ends before. */
  readonly onCommitted: () => void;
}

export interface MachineLog {
  /** The offset that the next record of the machine's stream gets. */
  readonly endOffset: number;
  /**
   * Takes everything as one frame, there after a crash in whole or not at all, or refuses it and does nothing.
   * `onCommitted` isn't called before this returns.
   */
  append(request: MachineAppend): BrokerError | null;
  /** Gives the stream's batches from its start offset on, in order. Called once, before any append. */
  replay(onBatch: (batch: Buffer) => void): Promise<void>;
  /**
   * Gives the batches below `endOffset`, which are committed, once more while appends go on. The next one comes when `next` is
   * called, and until then a batch stays as it is. Rejects with BrokerError where they can't be read, and with what
   * `onBatch` throws.
   */
  review(endOffset: number, onBatch: (batch: Buffer, next: () => void) => void): Promise<void>;
}

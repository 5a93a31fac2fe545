/** A machine's log in memory: frames that are committed by hand, and that a crash may lose when they aren't. */
import type { BrokerError } from '../../../src/base/errors.ts';
import type { MachineAppend, MachineLog } from '../../../src/machine/log.ts';
import { batchRecordCount, patchBaseOffset } from '../../../src/record/batch.ts';

interface Frame {
  readonly append: MachineAppend;
  readonly endOffset: number;
  readonly startOffset: number;
}

export class MemoryLog implements MachineLog {
  frames: Frame[];
  committedCount: number;
  /** Answers every append until it is null again. */
  refusal: BrokerError | null = null;
  /** Answers every review until it is null again. */
  unreadable: BrokerError | null = null;
  endOffset: number;

  constructor(frames: readonly Frame[] = []) {
    this.frames = [...frames];
    this.committedCount = frames.length;
    this.endOffset = frames.at(-1)?.endOffset ?? 0;
  }

  get startOffset(): number {
    return this.frames.at(-1)?.startOffset ?? 0;
  }

  get uncommittedCount(): number {
    return this.frames.length - this.committedCount;
  }

  append(request: MachineAppend): BrokerError | null {
    if (this.refusal !== null) return this.refusal;
    let startOffset = this.startOffset;
    if (request.advanceStartTo !== null) {
      if (request.advanceStartTo > this.endOffset) throw new Error('the start is beyond the end');
      startOffset = request.advanceStartTo;
    }
    for (const batch of request.batches) {
      patchBaseOffset(batch, this.endOffset);
      this.endOffset += batchRecordCount(batch);
    }
    this.frames.push({ append: request, endOffset: this.endOffset, startOffset });
    return null;
  }

  /** Commits the oldest frames, in order. */
  commit(count = this.uncommittedCount): void {
    for (let i = 0; i < count && this.uncommittedCount > 0; i++) {
      this.frames[this.committedCount++]!.append.onCommitted();
    }
  }

  replay(onBatch: (batch: Buffer) => void): Promise<void> {
    const each = (batch: Buffer, next: () => void): void => {
      onBatch(batch);
      next();
    };
    return this.#each(this.startOffset, this.endOffset, each);
  }

  review(endOffset: number, onBatch: (batch: Buffer, next: () => void) => void): Promise<void> {
    if (this.unreadable !== null) return Promise.reject(this.unreadable);
    const committed = this.frames[this.committedCount - 1]?.endOffset ?? 0;
    if (endOffset > committed) throw new Error('what is not committed is read');
    return this.#each(this.startOffset, endOffset, onBatch);
  }

  async #each(
    startOffset: number,
    endOffset: number,
    onBatch: (batch: Buffer, next: () => void) => void,
  ): Promise<void> {
    let offset = 0;
    for (const frame of [...this.frames]) {
      for (const batch of frame.append.batches) {
        if (offset >= endOffset) return;
        if (offset >= startOffset) {
          // A copy, and overwritten behind: what a machine keeps must not be a slice of it.
          const copy = Buffer.from(batch);
          let isTaken = false;
          const taken = new Promise<void>((resolve) => {
            onBatch(copy, () => {
              isTaken = true;
              resolve();
            });
          });
          if (!isTaken) await taken;
          copy.fill(0xee);
        }
        offset += batchRecordCount(batch);
      }
    }
  }

  /** What a restart finds when the crash kept `keep` of the uncommitted frames. */
  crash(keep: number): MemoryLog {
    const count = Math.min(this.committedCount + keep, this.frames.length);
    return new MemoryLog(this.frames.slice(0, count));
  }
}

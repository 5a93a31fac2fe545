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
    let offset = 0;
    try {
      for (const frame of this.frames) {
        for (const batch of frame.append.batches) {
          // A copy, and overwritten behind: what a machine keeps must not be a slice of it.
          const copy = Buffer.from(batch);
          if (offset >= this.startOffset) onBatch(copy);
          copy.fill(0xee);
          offset += batchRecordCount(batch);
        }
      }
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return Promise.resolve();
  }

  /** What a restart finds when the crash kept `keep` of the uncommitted frames. */
  crash(keep: number): MemoryLog {
    const count = Math.min(this.committedCount + keep, this.frames.length);
    return new MemoryLog(this.frames.slice(0, count));
  }
}

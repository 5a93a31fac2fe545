/**
 * Seals chunks behind the writer, one at a time and without stalling it: waits until all of a chunk is durable, writes
 * its sidecar, and puts it into the manifest together with the checkpoint that was taken when it was full.
 */
import { type Clock, type Disk, DiskError } from '../platform/ports.ts';
import { throwLater } from '../platform/throw-later.ts';
import type { Chunk } from './chunk.ts';
import type { ChunkFiles } from './chunk-files.ts';
import { pause } from './file-io.ts';
import type { GroupWriter } from './group-writer.ts';
import type { Checkpoint } from './manifest.ts';
import type { ManifestStore } from './manifest-store.ts';
import { manifestRow } from './recovery.ts';
import { Directory } from './sealed-index.ts';
import { writeIndex } from './sealed-loader.ts';
import type { StreamTable } from './stream-state.ts';

export interface SealerOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly table: StreamTable;
  readonly files: ChunkFiles;
  readonly manifests: ManifestStore;
  readonly writer: GroupWriter;
  readonly fullRetryMs: number;
  readonly onFailed: (what: string, error: DiskError) => void;
  readonly onSealed: (chunk: Chunk) => void;
}

export class Sealer {
  readonly #options: SealerOptions;
  #last: Promise<void> = Promise.resolve();
  #stopped = false;
  #closing = false;
  /** Ends the wait for durability. */
  #wake: () => void = () => {};

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** Seals a chunk that takes no more frames, behind those that were given before. */
  add(chunk: Chunk, checkpoint: Checkpoint): void {
    this.#last = this.#last.then(() => this.#seal(chunk, checkpoint));
  }

  /** When all chunks that were given are sealed, or the log has failed. */
  idle(): Promise<void> {
    return this.#last;
  }

  /** The log has failed: what is not sealed yet stays as it is. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
    this.#options.manifests.stop();
  }

  /** The log closes: a full disk is not waited for. What can't be sealed now is sealed by the next start. */
  giveUpWhenFull(): void {
    this.#closing = true;
    this.#options.manifests.stop();
  }

  async #seal(chunk: Chunk, checkpoint: Checkpoint): Promise<void> {
    const { writer, manifests, files, table } = this.#options;
    if (this.#stopped) return;
    try {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        writer.whenDurable(chunk.lastSequence, resolve);
      });
      if (this.#stopped) return;
      await writer.whenFree(chunk);
      if (this.#stopped) return;
      const file = chunk.writer!;
      if (file.size() > chunk.endPosition) file.truncate(chunk.endPosition);
      file.close();
      chunk.writer = null;
      const rows = await this.#writeIndex(chunk);
      await manifests.update((current) => ({
        ...current,
        nextChunkId: files.nextId,
        tailChunkId: chunk.id + 1,
        chunks: [...current.chunks, manifestRow(chunk)],
        checkpoint,
      }));
      chunk.directory = new Directory(chunk, rows, table);
      this.#options.onSealed(chunk);
    } catch (error) {
      if (!(error instanceof DiskError)) throwLater(this.#options.clock, error);
      // Nor may what is behind it be sealed: the manifest would pass over it.
      else if (error.isPassing && this.#closing) this.#stopped = true;
      else if (!this.#stopped) this.#options.onFailed('seal a chunk', error);
    }
  }

  async #writeIndex(chunk: Chunk): Promise<Buffer> {
    for (;;) {
      try {
        return await writeIndex(this.#options, chunk.memory!, chunk);
      } catch (error) {
        const isFinal = this.#stopped || this.#closing;
        if (!(error instanceof DiskError) || !error.isPassing || isFinal) throw error;
        await pause(this.#options.clock, this.#options.fullRetryMs);
      }
    }
  }
}

/**
 * The latest bytes of the log in memory, so that consumers at the tail never touch the disk. It holds the very buffers
 * that are written, in the order of the log, and forgets the oldest first. What counts is the memory that a piece keeps
 * alive, which may be more than its bytes: a small slice holds all of the buffer that it was cut from.
 */
import { assert } from '../base/assert.ts';
import type { BlockPool } from '../base/block-pool.ts';

export class TailCache {
  readonly #bytesMax: number;
  readonly #blocks: BlockPool;
  #head = 0;
  readonly #chunkIds: number[] = [];
  readonly #positions: number[] = [];
  readonly #pieces: Buffer[] = [];
  /** Pieces that are cut from each block of memory; a block counts once, and is held once. */
  readonly #uses = new Map<ArrayBufferLike, number>();
  #bytes = 0;

  constructor(bytesMax: number, blocks: BlockPool) {
    this.#bytesMax = bytesMax;
    this.#blocks = blocks;
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest chunk of which something is here; Infinity where nothing is. */
  get oldestChunkId(): number {
    return this.#head < this.#chunkIds.length ? this.#chunkIds[this.#head]! : Number.POSITIVE_INFINITY;
  }

  /** Adds the bytes of a chunk at `position`. Pieces come in the order of the log. */
  add(chunkId: number, position: number, piece: Buffer): void {
    if (this.#bytesMax === 0) return;
    const uses = this.#uses.get(piece.buffer) ?? 0;
    if (uses === 0) {
      this.#bytes += piece.buffer.byteLength;
      this.#blocks.hold(piece);
    }
    this.#uses.set(piece.buffer, uses + 1);
    this.#chunkIds.push(chunkId);
    this.#positions.push(position);
    this.#pieces.push(piece);
    while (this.#bytes > this.#bytesMax && this.#head < this.#pieces.length) this.#forgetOldest();
    if (this.#head > 1024 && this.#head * 2 > this.#pieces.length) this.#compact();
  }

  /** The bytes [position, position + length) of a chunk as a slice, or null where they are not all in one piece. */
  get(chunkId: number, position: number, length: number): Buffer | null {
    const at = this.#find(chunkId, position);
    if (at < 0) return null;
    const piece = this.#pieces[at]!;
    const start = position - this.#positions[at]!;
    if (start === 0 && length === piece.length) return piece;
    return start + length <= piece.length ? piece.subarray(start, start + length) : null;
  }

  clear(): void {
    while (this.#head < this.#pieces.length) this.#forgetOldest();
    this.#compact();
  }

  /** The last piece that begins at or before (chunkId, position), when it is of that chunk; otherwise −1. */
  #find(chunkId: number, position: number): number {
    const chunkIds = this.#chunkIds;
    const positions = this.#positions;
    let low = this.#head;
    let high = chunkIds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = chunkIds[middle]!;
      if (chunk < chunkId || (chunk === chunkId && positions[middle]! <= position)) low = middle + 1;
      else high = middle;
    }
    const at = low - 1;
    return at >= this.#head && chunkIds[at] === chunkId ? at : -1;
  }

  #forgetOldest(): void {
    const at = this.#head++;
    const piece = this.#pieces[at]!;
    const memory = piece.buffer;
    this.#pieces[at] = NOTHING;
    const uses = this.#uses.get(memory);
    assert(uses !== undefined && uses > 0, 'every piece in the cache is counted');
    if (uses > 1) {
      this.#uses.set(memory, uses - 1);
    } else {
      this.#uses.delete(memory);
      this.#bytes -= memory.byteLength;
      this.#blocks.release(piece);
    }
  }

  #compact(): void {
    this.#chunkIds.splice(0, this.#head);
    this.#positions.splice(0, this.#head);
    this.#pieces.splice(0, this.#head);
    this.#head = 0;
  }
}

const NOTHING = Buffer.alloc(0);

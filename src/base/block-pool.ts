/**
 * Memory that is used again. Large requests, slabs of the log and reads from disk each take a block; a fresh one a
 * request would leave gigabytes a minute to the garbage collector.
 *
 * A block has uses: one from `take`, one more from each `hold`. `release` ends a use; with the last the block is free,
 * and what was cut from it must not be touched any more. Any slice names its block, and memory of another origin passes
 * through all three without effect. Who forgets to release (a connection that broke, an answer that nobody took) loses the
 * block to the garbage collector, and nothing else.
 */
import { assert } from './assert.ts';

/** Sizes of blocks are powers of two between these. What is smaller or larger is ordinary memory. */
const BLOCK_BYTES_MIN = 4 * 1024;
const BLOCK_BYTES_MAX = 2 * 1024 * 1024;

/** Does not name its memory: the collector keeps what a young entry of a WeakMap refers to, and so the memory with it. */
interface Block {
  uses: number;
}

export interface BlockPoolOptions {
  /** Free memory that is kept, in bytes. */
  readonly freeBytesMax: number;
  /** The smallest block, a power of two; 4 KiB where nothing is said. */
  readonly blockBytesMin?: number;
  /** Called with a block that became free: tests overwrite it, so that a use after the last release is seen. */
  readonly onFree?: (memory: Buffer) => void;
}

export class BlockPool {
  readonly #options: BlockPoolOptions;
  readonly #blockBytesMin: number;
  readonly #blocks = new WeakMap<ArrayBufferLike, Block>();
  readonly #free = new Map<number, ArrayBufferLike[]>();
  #freeBytes = 0;

  constructor(options: BlockPoolOptions) {
    this.#options = options;
    this.#blockBytesMin = options.blockBytesMin ?? BLOCK_BYTES_MIN;
  }

  /** Free memory that is kept now, in bytes. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** `bytes` (≥ 0) of memory with anything in it. */
  take(bytes: number): Buffer {
    if (bytes <= this.#blockBytesMin / 2 || bytes > BLOCK_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes);
    const size = Math.max(this.#blockBytesMin, 2 ** Math.ceil(Math.log2(bytes)));
    const free = this.#free.get(size)?.pop();
    if (free !== undefined) {
      this.#freeBytes -= size;
      this.#blocks.get(free)!.uses = 1;
      return Buffer.from(free, 0, bytes);
    }
    const memory = Buffer.allocUnsafeSlow(size);
    this.#blocks.set(memory.buffer, { uses: 1 });
    return memory.subarray(0, bytes);
  }

  /** One more use of the block that this is cut from. */
  hold(slice: Buffer): void {
    const block = this.#blocks.get(slice.buffer);
    if (block === undefined) return;
    assert(block.uses > 0, 'a block is held while it is in use');
    block.uses++;
  }

  /** One use less of the block that this is cut from. */
  release(slice: Buffer): void {
    const block = this.#blocks.get(slice.buffer);
    if (block === undefined) return;
    assert(block.uses > 0, 'a block is released as often as it was held');
    if (--block.uses > 0) return;
    const memory = slice.buffer;
    this.#options.onFree?.(Buffer.from(memory));
    const size = memory.byteLength;
    if (this.#freeBytes + size > this.#options.freeBytesMax) return;
    let free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, (free = []));
    free.push(memory);
    this.#freeBytes += size;
  }

  releaseAll(slices: readonly Buffer[]): void {
    for (let i = 0; i < slices.length; i++) this.release(slices[i]!);
  }
}

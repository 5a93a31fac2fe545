/**
 * Cuts a byte stream into requests: int32 size, then that many bytes (Kafka protocol guide, "Common request and response
 * structure").
 *
 * Chunks are borrowed: what arrives is copied, once, to the memory of its request, and the chunk may be read into again.
 * What a request holds while it arrives is in proportion to what has come of it, whatever size was announced: its memory
 * grows with it.
 */

import type { BlockPool } from '../../base/block-pool.ts';

const SIZE_BYTES = 4;
/** Up to here a request shares Node's pool of 8 KiB slabs. */
const POOLED_BYTES_MAX = 2048;
/** Memory for a request of which so many bytes are here: four times as much up to a size, then half as much again. */
const roomFor = (bytes: number): number => Math.max(Math.min(4 * bytes, 1024 * 1024), Math.ceil(1.5 * bytes));
const NOTHING = Buffer.alloc(0);

export class RequestAssembler {
  #bytesMax: number;
  readonly #blocks: BlockPool;
  /** Whole requests, oldest first, from `#handedOut` on. */
  #whole: Buffer[] = [];
  #handedOut = 0;
  /** Bytes of these and their size fields. */
  #wholeBytes = 0;
  /** Size of the request that is arriving, as far as its bytes are there. */
  #size = 0;
  #sizeFilled = 0;
  /** Its first bytes, with room for some more or for all. */
  #memory: Buffer = NOTHING;
  #filled = 0;
  /** The size that ends this: nothing behind it is looked at. */
  #refused: number | null = null;

  /** `bytesMax`: largest request, size field aside (socket.request.max.bytes). Large ones take their memory from `blocks`. */
  constructor(bytesMax: number, blocks: BlockPool) {
    this.#bytesMax = bytesMax;
    this.#blocks = blocks;
  }

  /** For requests from now on. */
  limit(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** Memory of what has arrived and was not handed out. */
  get bufferedBytes(): number {
    return this.#wholeBytes + this.#sizeFilled + this.#memory.length;
  }

  /** First byte of the size that was refused; −1: none was. */
  get refusedByte(): number {
    return this.#refused === null ? -1 : this.#refused >>> 24;
  }

  /** Copies what it needs of `chunk`. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#refused === null) {
      if (this.#sizeFilled < SIZE_BYTES) {
        this.#size = (this.#size << 8) | chunk[at++]!;
        if (++this.#sizeFilled < SIZE_BYTES) continue;
        if (this.#size < 0 || this.#size > this.#bytesMax) this.#refused = this.#size;
        else if (this.#size === 0) this.#finish();
        continue;
      }
      const taken = Math.min(this.#size - this.#filled, chunk.length - at);
      if (this.#filled + taken > this.#memory.length) this.#grow(this.#filled + taken);
      chunk.copy(this.#memory, this.#filled, at, at + taken);
      this.#filled += taken;
      at += taken;
      if (this.#filled === this.#size) this.#finish();
    }
  }

  /** The next whole request without its size field; null: not here yet; a sentence: refuse the connection. */
  next(): Buffer | string | null {
    if (this.#handedOut < this.#whole.length) {
      const request = this.#whole[this.#handedOut++]!;
      this.#wholeBytes -= SIZE_BYTES + request.length;
      if (this.#handedOut === this.#whole.length) {
        this.#whole = [];
        this.#handedOut = 0;
      }
      return request;
    }
    if (this.#refused === null) return null;
    return `request size ${this.#refused} is not between 0 and ${this.#bytesMax} (socket.request.max.bytes)`;
  }

  /** Makes room for so many bytes of the request. */
  #grow(bytes: number): void {
    const roomy = Math.min(this.#size, roomFor(bytes));
    const memory = roomy <= POOLED_BYTES_MAX ? Buffer.allocUnsafe(roomy) : this.#blocks.take(roomy);
    this.#memory.copy(memory, 0, 0, this.#filled);
    this.#blocks.release(this.#memory);
    this.#memory = memory;
  }

  #finish(): void {
    this.#whole.push(this.#memory);
    this.#wholeBytes += SIZE_BYTES + this.#size;
    this.#memory = NOTHING;
    this.#filled = 0;
    this.#size = 0;
    this.#sizeFilled = 0;
  }
}

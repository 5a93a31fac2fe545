/**
 * Cuts a byte stream into requests: int32 size, then that many bytes (Kafka protocol guide, "Common request and response
 * structure").
 *
 * A request that fills most of one chunk is handed out as a slice of it. One that spans chunks is put together with one
 * copy when it is whole: what is held never exceeds what has arrived, whatever size was announced. A small one is copied
 * too, because what is kept of it (a batch in the log's cache) would keep the memory of the whole chunk. Small chunks of
 * one request are put together as they come, so that a request sent byte by byte doesn't cost a Buffer a byte.
 */

import type { BlockPool } from '../../base/block-pool.ts';

const SIZE_BYTES = 4;
const EMPTY = Buffer.alloc(0);
/** Up to here a copy shares Node's pool of 8 KiB slabs. */
const POOLED_BYTES_MAX = 2048;
/** Chunks up to here are copied into the slab behind the chunks before them. */
const SMALL_CHUNK_BYTES_MAX = 2048;
const SLAB_BYTES = 16 * 1024;

export class RequestAssembler {
  #bytesMax: number;
  readonly #blocks: BlockPool;
  #chunks: Buffer[] = [];
  /** Read position in the first chunk. */
  #position = 0;
  /** Bytes that have arrived and were not handed out. */
  #available = 0;
  /** The last chunk is a slice of it, up to `#slabUsed`; null when it isn't. */
  #slab: Buffer | null = null;
  #slabUsed = 0;

  /** `bytesMax`: largest request, size field aside (socket.request.max.bytes). Large ones take their memory from `blocks`. */
  constructor(bytesMax: number, blocks: BlockPool) {
    this.#bytesMax = bytesMax;
    this.#blocks = blocks;
  }

  /** For requests from now on. */
  limit(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  get bufferedBytes(): number {
    return this.#available;
  }

  /** First byte not handed out yet; −1 when there is none. */
  get firstByte(): number {
    return this.#available === 0 ? -1 : this.#chunks[0]![this.#position]!;
  }

  push(chunk: Buffer): void {
    // What nothing stands before is most often a whole request.
    if (this.#available > 0 && chunk.length <= SMALL_CHUNK_BYTES_MAX) this.#pushSmall(chunk);
    else {
      this.#chunks.push(chunk);
      this.#slab = null;
    }
    this.#available += chunk.length;
  }

  #pushSmall(chunk: Buffer): void {
    if (this.#slab !== null && this.#slabUsed + chunk.length <= SLAB_BYTES) this.#chunks.pop();
    else {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    chunk.copy(this.#slab, this.#slabUsed);
    this.#slabUsed += chunk.length;
    this.#chunks.push(this.#slab.subarray(0, this.#slabUsed));
  }

  /** The next whole request without its size field; null: not here yet; a sentence: refuse the connection. */
  next(): Buffer | string | null {
    if (this.#available < SIZE_BYTES) return null;
    const size = this.#peekSize();
    if (size < 0 || size > this.#bytesMax) {
      return `request size ${size} is not between 0 and ${this.#bytesMax} (socket.request.max.bytes)`;
    }
    if (this.#available < SIZE_BYTES + size) return null;
    this.#skip(SIZE_BYTES);
    return this.#take(size);
  }

  #peekSize(): number {
    const first = this.#chunks[0]!;
    if (first.length - this.#position >= SIZE_BYTES) return first.readInt32BE(this.#position);
    let size = 0;
    let chunk = 0;
    let at = this.#position;
    for (let i = 0; i < SIZE_BYTES; i++) {
      while (at >= this.#chunks[chunk]!.length) {
        chunk++;
        at = 0;
      }
      size = (size << 8) | this.#chunks[chunk]![at++]!;
    }
    return size;
  }

  #skip(length: number): void {
    let left = length;
    let first = 0;
    while (left > 0) {
      const step = Math.min(left, this.#chunks[first]!.length - this.#position);
      this.#position += step;
      left -= step;
      if (this.#position === this.#chunks[first]!.length) {
        first++;
        this.#position = 0;
      }
    }
    if (first > 0) this.#chunks.splice(0, first);
    this.#available -= length;
  }

  #take(length: number): Buffer {
    const first = this.#chunks[0];
    if (first === undefined) return EMPTY;
    const available = first.length - this.#position;
    if (available >= length && length * 2 >= first.buffer.byteLength) {
      const request = first.subarray(this.#position, this.#position + length);
      this.#skip(length);
      return request;
    }
    const request = length <= POOLED_BYTES_MAX ? Buffer.allocUnsafe(length) : this.#blocks.take(length);
    let filled = first.copy(request, 0, this.#position, this.#position + Math.min(length, available));
    for (let i = 1; filled < length; i++)
      filled += this.#chunks[i]!.copy(request, filled, 0, length - filled);
    this.#skip(length);
    return request;
  }
}

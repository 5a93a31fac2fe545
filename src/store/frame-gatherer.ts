/**
 * Lays frames out for the disk: headers, entries and small batches are copied into slabs, large batches go by
 * reference, so that a group of appends leaves in one writev of few buffers. What is laid out is given to the tail
 * cache as well: the same memory serves the disk and the consumers.
 */
import type { BlockPool } from '../base/block-pool.ts';
import { writeUuid } from '../base/uuid.ts';
import { patchBaseOffset, patchLeaderEpoch } from '../record/batch.ts';
import type { Chunk } from './chunk.ts';
import {
  ENTRY_ADVANCE_START,
  ENTRY_BATCH,
  ENTRY_BYTES,
  ENTRY_DELETE_TOPIC,
  FRAME_HEADER_BYTES,
  writeEntryFields,
  writeFrameHeader,
} from './chunk-format.ts';
import type { AppendEntry, StreamEvent } from './contract.ts';
import type { TailCache } from './tail-cache.ts';

/** Bytes of one slab. */
const SLAB_BYTES = 256 * 1024;
/** Batches up to this size are copied; a buffer more in a writev costs about what copying this much does. */
const COPY_BYTES_MAX = 8 * 1024;
/** A larger batch is copied too when it holds more than this many times its size of memory, up to a bound. */
const WASTE_FACTOR_MAX = 2;
const WASTE_COPY_BYTES_MAX = 64 * 1024;

/** Bytes of one chunk that are written together. */
export interface WriteGroup {
  readonly chunk: Chunk;
  /** Position of the first buffer in the chunk file. */
  readonly position: number;
  /** Held until they are written. */
  readonly buffers: Buffer[];
  bytes: number;
  lastSequence: number;
}

export interface FrameContent {
  readonly entries: readonly AppendEntry[];
  readonly events: readonly StreamEvent[];
  readonly baseOffsets: readonly number[];
  readonly bytes: number;
  readonly sequence: number;
  readonly durableSequence: number;
  readonly leaderEpoch: number;
}

/** Bytes of the frame that these make. */
export function frameBytes(entries: readonly AppendEntry[], events: readonly StreamEvent[]): number {
  let bytes = FRAME_HEADER_BYTES + (entries.length + events.length) * ENTRY_BYTES;
  for (let i = 0; i < entries.length; i++) bytes += entries[i]!.batch.length;
  return bytes;
}

export class FrameGatherer {
  readonly #cache: TailCache;
  readonly #blocks: BlockPool;
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;
  #pieceStart = 0;
  #group: WriteGroup | null = null;

  constructor(cache: TailCache, blocks: BlockPool) {
    this.#cache = cache;
    this.#blocks = blocks;
  }

  /** Frames come behind one another in `chunk` from here on. */
  begin(chunk: Chunk): WriteGroup {
    const group = { chunk, position: chunk.endPosition, buffers: [], bytes: 0, lastSequence: 0 };
    this.#group = group;
    return group;
  }

  /** The group is complete: its last piece is closed. */
  finish(): void {
    this.#closePiece();
    this.#group = null;
  }

  /** Lays one frame out, patches its batches, and returns the position of the first batch in the chunk file. */
  add(frame: FrameContent): number {
    const group = this.#group!;
    const entryCount = frame.entries.length + frame.events.length;
    const headBytes = FRAME_HEADER_BYTES + entryCount * ENTRY_BYTES;
    this.#reserve(headBytes);
    const framePosition = group.position + group.bytes + (this.#used - this.#pieceStart);
    const at = this.#used;
    this.#used += headBytes;
    this.#writeHead(at, frame, entryCount);
    const shared = this.#sharesItsMemory(frame);
    for (let i = 0; i < frame.entries.length; i++) {
      const batch = frame.entries[i]!.batch;
      patchBaseOffset(batch, frame.baseOffsets[i]!);
      patchLeaderEpoch(batch, frame.leaderEpoch);
      this.#addBatch(batch, shared);
    }
    group.lastSequence = frame.sequence;
    return framePosition + headBytes;
  }

  #writeHead(at: number, frame: FrameContent, entryCount: number): void {
    const slab = this.#slab;
    let p = at + FRAME_HEADER_BYTES;
    for (let i = 0; i < frame.entries.length; i++, p += ENTRY_BYTES) {
      const { stream, batch } = frame.entries[i]!;
      writeUuid(slab, p, stream.topicId);
      writeEntryFields(slab, p, {
        partition: stream.partition,
        kind: ENTRY_BATCH,
        length: batch.length,
        sequenceDelta: 0,
        offset: frame.baseOffsets[i]!,
      });
    }
    for (const event of frame.events) {
      const moves = event.kind === 'advance-start';
      writeUuid(slab, p, moves ? event.stream.topicId : event.topicId);
      writeEntryFields(slab, p, {
        partition: moves ? event.stream.partition : 0,
        kind: moves ? ENTRY_ADVANCE_START : ENTRY_DELETE_TOPIC,
        length: 0,
        sequenceDelta: 0,
        offset: moves ? event.startOffset : 0,
      });
      p += ENTRY_BYTES;
    }
    writeFrameHeader(slab, at, this.#group!.chunk, {
      length: frame.bytes,
      entryCount,
      sequence: frame.sequence,
      durableSequence: frame.durableSequence,
      leaderEpoch: frame.leaderEpoch,
      flags: 0,
    });
  }

  /** Whether the frame's batches together make up most of the memory that they are cut from. */
  #sharesItsMemory(frame: FrameContent): boolean {
    const first = frame.entries[0];
    return first !== undefined && first.batch.buffer.byteLength <= frame.bytes * WASTE_FACTOR_MAX;
  }

  #addBatch(batch: Buffer, shared: boolean): void {
    const wasteful =
      !shared &&
      batch.length <= WASTE_COPY_BYTES_MAX &&
      batch.buffer.byteLength > batch.length * WASTE_FACTOR_MAX;
    if (batch.length <= COPY_BYTES_MAX || wasteful) {
      this.#reserve(batch.length);
      batch.copy(this.#slab, this.#used);
      this.#used += batch.length;
      return;
    }
    this.#closePiece();
    this.#push(batch);
  }

  /** Makes room for `bytes` in one run. */
  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#slab.length) return;
    this.#closePiece();
    this.#blocks.release(this.#slab);
    this.#slab = this.#blocks.take(Math.max(SLAB_BYTES, bytes));
    this.#used = 0;
    this.#pieceStart = 0;
  }

  #closePiece(): void {
    if (this.#used === this.#pieceStart) return;
    const piece = this.#slab.subarray(this.#pieceStart, this.#used);
    this.#pieceStart = this.#used;
    this.#push(piece);
  }

  #push(piece: Buffer): void {
    const group = this.#group!;
    this.#cache.add(group.chunk.id, group.position + group.bytes, piece);
    this.#blocks.hold(piece);
    group.buffers.push(piece);
    group.bytes += piece.length;
  }
}

/** One chunk of the log in memory: what file it is, what it covers, and whichever index it has now. */
import type { DiskFile } from '../platform/ports.ts';
import { CHUNK_HEADER_BYTES, type ChunkHeader, frameSeed } from './chunk-format.ts';
import { MemoryIndex } from './memory-index.ts';
import type { Directory } from './sealed-index.ts';
import type { StreamState } from './stream-state.ts';

export class Chunk {
  readonly id: number;
  readonly mark: number;
  /** What the CRCs of its frames' headers begin with. */
  readonly seed: number;
  readonly cleaned: boolean;
  /** Holds what compaction kept. */
  readonly compacted: boolean;
  readonly createdMs: number;
  /** 0 while there is no frame in it. */
  firstSequence = 0;
  lastSequence = 0;
  /** Where the next frame goes; the end of the frames once it is sealed. */
  endPosition = CHUNK_HEADER_BYTES;
  /** Bytes of the file that are allocated and written, with zeros or what it held before. */
  allocatedBytes = 0;
  /** Open for writing until it is sealed; then null. */
  writer: DiskFile | null = null;
  /** Of the open chunk, and of later ones while the tail cache has something of them. */
  memory: MemoryIndex | null;
  /** Once it is sealed. */
  directory: Directory | null = null;
  /** Taken out of the log; the file goes when nobody reads it any more. */
  dropped = false;

  constructor(header: ChunkHeader) {
    this.id = header.id;
    this.mark = header.mark;
    this.seed = frameSeed(header.id);
    this.cleaned = header.cleaned;
    this.compacted = header.compacted;
    this.createdMs = header.createdMs;
    this.memory = new MemoryIndex(header.id);
  }

  get isEmpty(): boolean {
    return this.lastSequence === 0;
  }
}

/**
 * The first offset of a stream that counts in a chunk; Infinity where none does. What was compacted counts in compacted
 * chunks only, from the one on with which the last compaction of the stream began, and in all others nothing below.
 */
export function firstLiveOffset(
  chunk: { readonly id: number; readonly compacted: boolean },
  stream: StreamState,
): number {
  if (!chunk.compacted) return Math.max(stream.startOffset, stream.compactedTo);
  return chunk.id >= stream.compactedFromChunk ? stream.startOffset : Number.POSITIVE_INFINITY;
}

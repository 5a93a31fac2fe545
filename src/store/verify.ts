/**
 * Verifies a stopped log: every checksum, the sequences from frame to frame, the offsets of every stream, and that each
 * sidecar says exactly what its chunk holds. Problems are collected with the file and the byte where they are.
 */
import { BrokerError } from '../base/errors.ts';
import { type Uuid, uuidToString } from '../base/uuid.ts';
import { batchLastOffsetDelta, batchMaxTimestamp } from '../record/batch.ts';
import { Chunk } from './chunk.ts';
import { chunkName, indexName, MANIFEST_NAME } from './chunk-format.ts';
import { readWhole, runInSteps } from './file-io.ts';
import { findFrame } from './frame-scanner.ts';
import {
  type InspectedChunk,
  type InspectedEntry,
  type InspectedFrame,
  type InspectOptions,
  streamLabel,
  tailIds,
  walkChunk,
  withLockedLog,
} from './inspect.ts';
import { type Compaction, decodeStreams, type Manifest, type ManifestChunk } from './manifest.ts';
import { MemoryIndex } from './memory-index.ts';
import { encodeIndex } from './sealed-index.ts';
import { StreamTable } from './stream-state.ts';

export interface Problem {
  readonly path: string;
  /** Byte in the file. */
  readonly position: number;
  readonly what: string;
}

export interface VerifyReport {
  chunks: number;
  frames: number;
  batches: number;
  /** Bytes of frames that were read. */
  bytes: number;
  readonly problems: Problem[];
  /** What is worth knowing and no damage, such as a torn end that the next start cuts off. */
  readonly notes: string[];
}

/** An index file is 32 bytes a batch and 72 a stream. */
const INDEX_BYTES_MAX = 1024 * 1024 * 1024;

/** Rejects with BrokerError where the log can't be looked at: it is in use, or its manifest is damaged. */
export function verifyLog(options: InspectOptions): Promise<VerifyReport> {
  return withLockedLog(options, (manifest) => new Verification(options, manifest).run());
}

interface Gap {
  readonly path: string;
  readonly position: number;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

class Verification {
  readonly #options: InspectOptions;
  readonly #manifest: Manifest;
  readonly #report: VerifyReport = { chunks: 0, frames: 0, batches: 0, bytes: 0, problems: [], notes: [] };
  /** Streams by label: where they start by the checkpoint and later events, and the offset that is due. */
  readonly #starts = new Map<string, number>();
  readonly #due = new Map<string, number>();
  /** What was compacted: a place in a chunk that counts no more is passed over. */
  readonly #compactions = new Map<string, Compaction>();
  readonly #deleted = new Set<Uuid>();
  readonly #gaps: Gap[] = [];
  #nextSequence = 0;

  constructor(options: InspectOptions, manifest: Manifest) {
    this.#options = options;
    this.#manifest = manifest;
  }

  async run(): Promise<VerifyReport> {
    for (const row of decodeStreams(this.#manifest.checkpoint)) {
      this.#starts.set(streamLabel(row.topicId, row.partition), row.startOffset);
    }
    for (const row of this.#manifest.compactions) {
      this.#compactions.set(streamLabel(row.topicId, row.partition), row);
    }
    for (const row of this.#manifest.chunks) await this.#verifyChunk(row.id, row);
    this.#judgeStreams();
    this.#nextSequence = this.#manifest.checkpoint.nextSequence;
    for (const id of tailIds(this.#options, this.#manifest)) await this.#verifyChunk(id, null);
    for (const gap of this.#gaps) this.#judgeGap(gap);
    return this.#report;
  }

  async #verifyChunk(id: number, sealed: ManifestChunk | null): Promise<void> {
    let chunk: InspectedChunk | null = null;
    let index: MemoryIndex | null = null;
    const streams = new StreamTable();
    this.#report.chunks++;
    try {
      const stop = await walkChunk(
        this.#options,
        { id, sealed },
        {
          onChunk: (found) => {
            chunk = found;
            index = new MemoryIndex(id);
            if (sealed !== null) this.#nextSequence = sealed.firstSequence;
          },
          onFrame: (frame) => this.#takeFrame(chunk!, frame, { index: index!, streams }),
        },
      );
      await this.#judgeEnd(chunk!, stop.position, stop.step.kind === 'bad' ? stop.step.why : null);
      if (sealed !== null && this.#report.problems.length === 0) await this.#verifyIndex(sealed, index!);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      const path = `${this.#options.directory}/${chunkName(id)}`;
      this.#report.problems.push({ path, position: 0, what: error.message });
    }
  }

  #takeFrame(
    chunk: InspectedChunk,
    frame: InspectedFrame,
    into: { index: MemoryIndex; streams: StreamTable },
  ): void {
    this.#report.frames++;
    this.#report.bytes += frame.length;
    if (!frame.cleaned && !chunk.header.cleaned) {
      if (frame.sequence !== this.#nextSequence) this.#judgeSequence(chunk, frame);
      this.#nextSequence = frame.sequence + 1;
    }
    for (const entry of frame.entries) {
      if (entry.kind === 'delete-topic') this.#deleted.add(entry.topicId);
      else if (entry.kind === 'advance-start') this.#noteStart(entry);
      else this.#takeBatch(chunk, entry, into);
    }
  }

  #judgeSequence(chunk: InspectedChunk, frame: InspectedFrame): void {
    const due = this.#nextSequence;
    const what = `frame ${frame.sequence} stands where frame ${due} is due`;
    if (chunk.sealed !== null || frame.durableSequence >= due) {
      this.#add(chunk, frame.position, what);
    } else {
      this.#report.notes.push(
        `${chunk.path}, byte ${frame.position}: ${what}. Neither was acknowledged as durable; the next start cuts it off.`,
      );
    }
  }

  /** What the checkpoint says that a stream holds must have been met by now. */
  #judgeStreams(): void {
    for (const row of decodeStreams(this.#manifest.checkpoint)) {
      const due = this.#due.get(streamLabel(row.topicId, row.partition)) ?? 0;
      if (row.startOffset === row.endOffset || due === row.endOffset) continue;
      this.#report.problems.push({
        path: `${this.#options.directory}/${MANIFEST_NAME}`,
        position: 0,
        what:
          `partition ${row.partition} of topic ${uuidToString(row.topicId)} ends at offset ${row.endOffset}, and ` +
          `its chunks hold it up to ${due}`,
      });
    }
  }

  #noteStart(entry: InspectedEntry): void {
    const label = streamLabel(entry.topicId, entry.partition);
    this.#starts.set(label, Math.max(this.#starts.get(label) ?? 0, entry.offset));
  }

  #takeBatch(
    chunk: InspectedChunk,
    entry: InspectedEntry,
    into: { index: MemoryIndex; streams: StreamTable },
  ): void {
    this.#report.batches++;
    const { topicId, partition, offset, position, batch } = entry;
    const label = streamLabel(topicId, partition);
    const lastOffsetDelta = batchLastOffsetDelta(batch);
    if (!this.#isSuperseded(chunk, label, offset)) {
      const due = this.#due.get(label) ?? 0;
      if (offset < due) {
        this.#add(
          chunk,
          position,
          `stream ${label} has base offset ${offset} again, behind offset ${due - 1}`,
        );
      } else if (offset > due) {
        this.#gaps.push({ path: chunk.path, position, topicId, partition, from: due, to: offset });
      }
      this.#due.set(label, offset + lastOffsetDelta + 1);
    }
    into.index.add(into.streams.getOrCreate(topicId, partition), {
      baseOffset: offset,
      lastOffsetDelta,
      position,
      length: batch.length,
      maxTimestamp: batchMaxTimestamp(batch),
      sequence: entry.sequence,
    });
  }

  /** Whether compaction has put something else in the place of a batch. */
  #isSuperseded(chunk: InspectedChunk, label: string, offset: number): boolean {
    const compaction = this.#compactions.get(label);
    if (compaction === undefined) return false;
    if (chunk.header.compacted) return chunk.header.id < compaction.compactedFromChunk;
    return offset < compaction.compactedTo;
  }

  /** A gap is damage where it begins at or behind the start of a stream that lives. */
  #judgeGap(gap: Gap): void {
    if (this.#deleted.has(gap.topicId)) return;
    const label = streamLabel(gap.topicId, gap.partition);
    const start = this.#starts.get(label);
    // Not in the checkpoint and not written since: deleted before.
    const compactedTo = this.#compactions.get(label)?.compactedTo ?? 0;
    const from = Math.max(gap.from, compactedTo, start ?? Number.POSITIVE_INFINITY);
    if (from >= gap.to) return;
    this.#report.problems.push({
      path: gap.path,
      position: gap.position,
      what: `partition ${gap.partition} of topic ${uuidToString(gap.topicId)} has no offsets ${from} to ${gap.to - 1}`,
    });
  }

  async #judgeEnd(chunk: InspectedChunk, position: number, why: string | null): Promise<void> {
    if (chunk.sealed !== null) {
      const last = chunk.sealed.cleaned ? chunk.sealed.lastSequence : this.#nextSequence - 1;
      if (position === chunk.sealed.endPosition && last === chunk.sealed.lastSequence) return;
      this.#add(
        chunk,
        position,
        `${why ?? 'no frame begins here'}; its frames end at byte ${chunk.sealed.endPosition}`,
      );
      return;
    }
    const due = this.#nextSequence;
    const proof = await this.#findProof(chunk, position, due);
    if (proof !== null) {
      this.#add(
        chunk,
        position,
        `frame ${due} is missing, though frame ${proof} behind it says that it was durable`,
      );
    } else if (why !== null) {
      this.#report.notes.push(
        `${chunk.path}, byte ${position}: ${why}. It was never acknowledged as durable; the next start cuts it off.`,
      );
    }
  }

  async #findProof(chunk: InspectedChunk, position: number, due: number): Promise<number | null> {
    const file = this.#options.disk.open(chunk.path, 'read');
    try {
      const life = new Chunk(chunk.header);
      const found = await findFrame(
        file,
        life,
        { position, end: chunk.sizeBytes },
        (frame) => frame.sequence > due && frame.durableSequence >= due,
      );
      return found?.sequence ?? null;
    } finally {
      file.close();
    }
  }

  /** The sidecar has to be, byte for byte, what the chunk's frames make. */
  async #verifyIndex(sealed: ManifestChunk, index: MemoryIndex): Promise<void> {
    const { directory, disk, clock } = this.#options;
    const path = `${directory}/${indexName(sealed.id)}`;
    if (!disk.exists(path)) {
      this.#report.notes.push(`${path} is missing; the next start makes it again.`);
      return;
    }
    const expected = await runInSteps(clock, encodeIndex(index, { ...sealed, chunkId: sealed.id }));
    const stored = readWhole(disk, path, INDEX_BYTES_MAX);
    if (stored.equals(expected)) return;
    let position = 0;
    while (position < stored.length && stored[position] === expected[position]) position++;
    this.#report.problems.push({
      path,
      position,
      what: 'the index is not what its chunk holds; remove it, the next start makes it again',
    });
  }

  #add(chunk: InspectedChunk, position: number, what: string): void {
    this.#report.problems.push({ path: chunk.path, position, what });
  }
}

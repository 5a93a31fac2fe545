/**
 * Finds the streams that are to be compacted now, by Kafka's rules (KIP-354): enough of what may be compacted is not, or
 * a record of it has waited too long. What is in the open chunk may not: that is sealed when such a stream has data in
 * it that is as old or as large as its segments may be, at most once a look.
 */
import type { Compression, Random } from '../platform/ports.ts';
import { findRow } from './batch-rows.ts';
import type { Chunk } from './chunk.ts';
import type { CleanerOptions } from './cleaner.ts';
import type { CompactionPolicy } from './contract.ts';
import { turn } from './file-io.ts';
import type { Reader } from './reader.ts';
import type { StreamState } from './stream-state.ts';

/** Streams that are looked at before others may run. */
const STREAMS_A_STEP = 256;

export interface CompactorOptions extends CleanerOptions {
  readonly reader: Reader;
  /** For the key of the hash. Without it the hash is the same each time. */
  readonly random: Random | undefined;
  /** Without it streams with compressed batches are left alone. */
  readonly compression: Compression | undefined;
  readonly openChunk: () => Chunk;
  /** Seals the open chunk and goes on in a new one. */
  readonly roll: () => void;
}

/** A stream that is to be compacted. */
export interface Candidate {
  readonly stream: StreamState;
  readonly policy: CompactionPolicy;
  /** Behind the last offset that may be compacted. */
  readonly upTo: number;
  /** The part of its stored bytes that is not compacted. */
  readonly ratio: number;
  /** Stored bytes below `upTo`, about. */
  readonly bytes: number;
}

/** The first offset that is not compacted. */
export const dirtyFrom = (stream: StreamState): number => Math.max(stream.startOffset, stream.compactedTo);

/** Those with the largest part to compact first. */
export async function findCandidates(
  options: CompactorOptions,
  policyOf: (stream: StreamState) => CompactionPolicy | null,
): Promise<Candidate[]> {
  const { table, clock, roll, isStopping } = options;
  const found: Candidate[] = [];
  let looked = 0;
  let wantsRoll = false;
  for (const stream of [...table.used()]) {
    if (++looked % STREAMS_A_STEP === 0) await turn(clock);
    if (isStopping()) return [];
    if (stream.deleted || dirtyFrom(stream) >= stream.highWatermark) continue;
    const policy = policyOf(stream);
    if (policy === null) continue;
    const look = new StreamLook(options, stream, policy);
    wantsRoll ||= await look.wantsRoll();
    const candidate = await look.candidate();
    if (candidate !== null) found.push(candidate);
  }
  if (wantsRoll && !isStopping()) roll();
  return found.sort((a, b) => b.ratio - a.ratio);
}

class StreamLook {
  readonly #options: CompactorOptions;
  readonly #stream: StreamState;
  readonly #policy: CompactionPolicy;
  readonly #nowMs: number;
  #cleanBytes = 0;
  #dirtyBytes = 0;

  constructor(options: CompactorOptions, stream: StreamState, policy: CompactionPolicy) {
    this.#options = options;
    this.#stream = stream;
    this.#policy = policy;
    this.#nowMs = options.clock.nowMs();
    for (const { directory, compacted } of options.chunks) {
      const at = directory?.find(stream) ?? -1;
      if (directory === null || at < 0) continue;
      const bytes = directory.liveBytes(at);
      if (compacted) this.#cleanBytes += bytes;
      else this.#dirtyBytes += bytes;
    }
  }

  /** Null where it is not to be compacted now. */
  async candidate(): Promise<Candidate | null> {
    const stream = this.#stream;
    const policy = this.#policy;
    if (this.#dirtyBytes === 0) return null;
    const upTo = await this.#boundByAge(this.#boundBySeal());
    if (upTo <= dirtyFrom(stream)) return null;
    const bytes = this.#cleanBytes + this.#dirtyBytes;
    const ratio = this.#dirtyBytes / bytes;
    if (ratio <= policy.dirtyRatio && !(await this.#isOverdue())) return null;
    return { stream, policy, upTo, ratio, bytes };
  }

  /**
   * Whether the open chunk holds what should be compacted by now. A record is there no longer than its chunk, whatever
   * its timestamp says.
   */
  async wantsRoll(): Promise<boolean> {
    const open = this.#options.openChunk();
    const rows = open.memory?.rowsOf(this.#stream);
    const policy = this.#policy;
    if (rows === undefined || rows.firstOffset >= policy.stableOffset) return false;
    const ageMs = Math.min(this.#nowMs - rows.maxTimestamp(0), this.#nowMs - open.createdMs);
    if (ageMs >= policy.maxLagMs) return true;
    if (ageMs < policy.segmentMs && rows.bytes < policy.segmentBytes) return false;
    const dirtyBytes = this.#dirtyBytes + rows.bytes;
    return dirtyBytes / (dirtyBytes + this.#cleanBytes) > policy.dirtyRatio;
  }

  /** Below what is not sealed, and below what is not decided. */
  #boundBySeal(): number {
    const { chunks } = this.#options;
    let bound = Math.min(this.#policy.stableOffset, this.#stream.highWatermark);
    for (let i = chunks.length - 1; i >= 0 && chunks[i]!.directory === null; i--) {
      const rows = chunks[i]!.memory?.rowsOf(this.#stream);
      if (rows !== undefined) bound = Math.min(bound, rows.firstOffset);
    }
    return bound;
  }

  /** Below the first batch that is too young. */
  async #boundByAge(bound: number): Promise<number> {
    const { minLagMs } = this.#policy;
    if (minLagMs <= 0) return bound;
    const youngest = this.#nowMs - minLagMs;
    let offset = dirtyFrom(this.#stream);
    while (offset < bound) {
      const part = await this.#part(offset, (maxTimestamp) => maxTimestamp > youngest);
      if (part === null) return bound;
      const { rows } = part;
      for (let row = rows === null ? 0 : findRow(rows, offset); rows !== null && row < rows.count; row++) {
        if (rows.maxTimestamp(row) > youngest) return Math.min(bound, rows.baseOffset(row));
      }
      offset = part.nextOffset;
    }
    return bound;
  }

  /** Whether the first record that is not compacted has waited too long. */
  async #isOverdue(): Promise<boolean> {
    const { maxLagMs } = this.#policy;
    if (maxLagMs === Number.POSITIVE_INFINITY) return false;
    const from = dirtyFrom(this.#stream);
    const part = await this.#part(from, () => true);
    if (part === null || part.rows === null) return false;
    const row = findRow(part.rows, from);
    return row < part.rows.count && this.#nowMs - part.rows.maxTimestamp(row) > maxLagMs;
  }

  /** What can't be read is found out by the pass. */
  #part(offset: number, wanted: (maxTimestamp: number) => boolean): ReturnType<Reader['part']> {
    return this.#options.reader.part(this.#stream, offset, wanted).catch(() => null);
  }
}

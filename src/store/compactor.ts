/**
 * Compaction by key: of each key of a stream only the latest record stays (Kafka's cleanup.policy=compact).
 *
 * A look chooses the streams of which enough is not compacted. A pass over some of them first reads what is not, up to
 * where it may, and notes the latest offset of each key in a map of bounded size; what does not fit waits for the next
 * pass. Then it reads each stream from its start up to what the map covers, and writes what stays into compacted chunks
 * beside the log. One change of the manifest puts these at the front of the log and says for each stream up to where
 * they stand for it: what other chunks hold below is superseded from then on, and cleaning reclaims it. So a pass costs
 * what the streams hold that it is about, whoever shares their chunks; and a crash leaves all of it or nothing.
 *
 * Records, batches and markers go by Kafka's rules (record/compaction.ts). A pass takes the disk's room for a copy of what
 * stays, and leaves the reserve alone.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import { sipKey } from '../base/siphash.ts';
import { uuidToString } from '../base/uuid.ts';
import { type Compression, DiskError } from '../platform/ports.ts';
import {
  batchBaseOffset,
  batchDeleteHorizonMs,
  batchIsControl,
  batchLastOffset,
  batchRecordCount,
} from '../record/batch.ts';
import { BatchCompactor, type Room } from '../record/compaction.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import { findRow } from './batch-rows.ts';
import { ChunkCopy } from './chunk-copy.ts';
import { type Candidate, type CompactorOptions, dirtyFrom, findCandidates } from './compaction-look.ts';
import { TransactionFollower } from './compaction-transactions.ts';
import type { CompactionPolicy, Stream } from './contract.ts';
import { whatToDo } from './disk-advice.ts';
import { KEY_MAP_ENTRY_BYTES, KEY_MAP_OFFSETS_MAX, KeyMap } from './key-map.ts';
import type { Pacer } from './pacer.ts';
import { manifestRow } from './recovery.ts';
import { liveBytes } from './retention.ts';
import { Directory } from './sealed-index.ts';
import { eachBatchOf } from './stream-batches.ts';
import type { StreamState } from './stream-state.ts';

/** Streams and stored bytes of one pass: what more there is gets the next one. */
const PASS_STREAMS_MAX = 1000;
const PASS_BYTES_MAX = 1024 * 1024 * 1024;
/** Bytes that are gathered before they are written. */
const GATHER_BYTES_MAX = 2 * 1024 * 1024;
/** Work between two turns of others, ms. */
const SLICE_MS = 1;
/** How long a pass that found no room waits before it is tried again, ms. */
const NO_ROOM_PAUSE_MS = 60_000;
const HASH_KEY_BYTES = 16;

/** A stream in a pass. */
interface Target {
  readonly candidate: Candidate;
  /** Its number in the map. */
  readonly number: number;
  readonly from: number;
  /** The map knows all keys from `from` up to here. */
  readonly mappedTo: number;
}

export class Compactor {
  readonly #options: CompactorOptions;
  readonly #batches: BatchCompactor;
  /** Streams that can't be read or understood: they are left alone until the next start. */
  readonly #damaged = new WeakSet<StreamState>();
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #isHeldUp = false;

  constructor(options: CompactorOptions) {
    this.#options = options;
    const compression = options.compression ?? NO_COMPRESSION;
    this.#batches = new BatchCompactor({ compression, bytesMax: RECORDS_BYTES_MAX });
  }

  /** One look and the passes that it asks for; whether anything was compacted. Rejects with DiskError. */
  async compact(policyOf: (stream: Stream) => CompactionPolicy | null): Promise<boolean> {
    const { clock, isStopping } = this.#options;
    if (clock.monotonicMs() < this.#pausedUntilMs) return false;
    let queue = await findCandidates(this.#options, (stream) =>
      this.#damaged.has(stream) ? null : policyOf(stream),
    );
    let isAny = false;
    let map: KeyMap | null = null;
    while (queue.length > 0 && !isStopping()) {
      try {
        const pacer = this.#options.newPacer();
        map = await this.#mapFor(queue, map, pacer);
        const targets = await this.#pass(queue, map, pacer);
        isAny ||= targets.length > 0;
        queue = queue.filter((candidate) => this.#isLeft(candidate));
        this.#tellHeldUp(null);
      } catch (error) {
        if (!(error instanceof DiskError) || !error.isPassing) throw error;
        this.#tellHeldUp(error);
        break;
      }
    }
    return isAny;
  }

  #isLeft({ stream, upTo }: Candidate): boolean {
    return !stream.deleted && !this.#damaged.has(stream) && dirtyFrom(stream) < upTo;
  }

  /** Says once that compaction waits, and once that it goes on. */
  #tellHeldUp(error: DiskError | null): void {
    const { clock, logger, directory } = this.#options;
    if (error !== null) this.#pausedUntilMs = clock.monotonicMs() + NO_ROOM_PAUSE_MS;
    const wasHeldUp = this.#isHeldUp;
    this.#isHeldUp = error !== null;
    if (error !== null && !wasHeldUp)
      logger.warn({ directory }, `Compaction waits: ${error.message}. ${whatToDo(error)}`);
    if (error === null && wasHeldUp) logger.info({ directory }, `Compaction goes on in ${directory}.`);
  }

  /** One map, one copy, one change of the manifest. Returns the streams that were compacted. */
  async #pass(queue: readonly Candidate[], map: KeyMap, pacer: Pacer): Promise<readonly Target[]> {
    const targets: Target[] = [];
    let bytes = 0;
    // Not the place among the targets: keys of a stream that turned out to be damaged are in the map, too.
    for (const [number, candidate] of queue.entries()) {
      const mappedTo = await this.#fill(map, { candidate, number }, pacer);
      if (this.#options.isStopping()) return [];
      const from = dirtyFrom(candidate.stream);
      if (mappedTo === null || mappedTo <= from) continue;
      targets.push({ candidate, number, from, mappedTo });
      bytes += candidate.bytes;
      if (mappedTo < candidate.upTo || targets.length === PASS_STREAMS_MAX || bytes >= PASS_BYTES_MAX) break;
    }
    if (targets.length === 0) return [];
    return (await this.#rewrite(map, targets, pacer)) ? targets : [];
  }

  /** An empty map: that of the pass before, so that there are never two, where it is large enough. */
  async #mapFor(queue: readonly Candidate[], last: KeyMap | null, pacer: Pacer): Promise<KeyMap> {
    const { settings, random, reader } = this.#options;
    const { dedupeBufferBytes, dedupeLoadFactor: loadFactor } = settings;
    let wanted = 0;
    for (const { stream, upTo } of queue) wanted += Math.max(0, upTo - dirtyFrom(stream));
    const affordable = Math.max(1, Math.floor((dedupeBufferBytes / KEY_MAP_ENTRY_BYTES) * loadFactor) - 1);
    // One batch has to fit, however small the buffer was made.
    const { stream } = queue[0]!;
    const part = await reader.part(stream, dirtyFrom(stream), () => true).catch(() => null);
    const rows = part?.rows ?? null;
    const row = rows === null ? 0 : findRow(rows, dirtyFrom(stream));
    const first = rows === null || row === rows.count ? 1 : rows.lastOffset(row) - rows.baseOffset(row) + 1;
    const hashKey = sipKey(random?.bytes(HASH_KEY_BYTES) ?? Buffer.alloc(HASH_KEY_BYTES));
    const keys = Math.max(first, Math.min(wanted, affordable), 1);
    const isLarge = last !== null && last.capacity >= keys;
    const map = isLarge ? last : new KeyMap({ keys, loadFactor, hashKey });
    for (const bytes of map.clear(hashKey)) await pacer.spend(bytes);
    return map;
  }

  /** Notes the latest offsets of a stream's keys; returns up to where, or null where the stream can't be read. */
  async #fill(
    map: KeyMap,
    { candidate, number }: Pick<Target, 'candidate' | 'number'>,
    pacer: Pacer,
  ): Promise<number | null> {
    const { stream, policy, upTo } = candidate;
    const from = dirtyFrom(stream);
    const follower = new TransactionFollower(policy.abortedTransactions(), stream.compactedTo);
    let mappedTo = from;
    map.select(number, from);
    const put = (section: Buffer, start: number, end: number, offset: number): void => {
      if (start >= 0 && offset >= from) map.put(section, start, end, offset);
    };
    const take = (batch: Buffer): boolean => {
      const next = batchLastOffset(batch) + 1;
      if (next > upTo || next - from > KEY_MAP_OFFSETS_MAX) return false;
      if (map.size + batchRecordCount(batch) > map.capacity) return false;
      if (batchIsControl(batch)) follower.marksNothing(batch);
      else if (!follower.isAborted(batch)) this.#batches.eachKey(batch, put);
      mappedTo = next;
      return true;
    };
    const isWhole = await this.#each(stream, { from, to: upTo }, { pacer, take });
    return isWhole ? mappedTo : null;
  }

  /** Writes what stays of the streams and puts it in its place. False where it was given up. */
  async #rewrite(map: KeyMap, targets: readonly Target[], pacer: Pacer): Promise<boolean> {
    const sequence = Math.max(...this.#options.chunks.map(({ lastSequence }) => lastSequence));
    const newCopy = (): ChunkCopy =>
      new ChunkCopy(this.#options, { coversFirst: sequence, coversLast: sequence, compacted: true });
    const copies = [newCopy()];
    let made: MadeCopy[] | null = null;
    try {
      for (const target of targets) {
        if (!(await this.#copy(map, target, { pacer, copies, newCopy }))) return false;
      }
      made = await this.#finish(copies);
    } finally {
      if (made === null) for (const copy of copies) await copy.discard();
    }
    if (made === null) return false;
    // From here on they stay: a change of the manifest that fails may be there after a crash.
    await this.#swap(made, targets, copies[0]!.chunk.id);
    return true;
  }

  async #copy(
    map: KeyMap,
    { candidate, number, from, mappedTo }: Target,
    into: { readonly pacer: Pacer; readonly copies: ChunkCopy[]; readonly newCopy: () => ChunkCopy },
  ): Promise<boolean> {
    const { stream, policy } = candidate;
    const { settings, clock } = this.#options;
    const follower = new TransactionFollower(policy.abortedTransactions(), stream.compactedTo);
    const rule = {
      latest: map,
      discards: false,
      marksNothing: false,
      keepsEmpty: false,
      nowMs: clock.nowMs(),
      deleteRetentionMs: policy.deleteRetentionMs,
    };
    let copy = into.copies.at(-1)!;
    const sequence = copy.chunk.firstSequence;
    map.select(number, from);
    const room: Room = (bytes) => copy.room(bytes);
    const take = (batch: Buffer): boolean => {
      if (batchLastOffset(batch) >= mappedTo) return false;
      rule.keepsEmpty = batchLastOffset(batch) + 1 === mappedTo;
      judge(batch, follower, rule);
      let kept = this.#batches.compact(batch, rule, room);
      if (kept === null) return true;
      if (kept === batch) {
        kept = room(batch.length);
        batch.copy(kept);
      }
      copy.add({ stream, sequence, offset: batchBaseOffset(kept), batch: kept });
      return true;
    };
    const pause = async (): Promise<void> => {
      await copy.writeBehind();
      if (copy.sizeBytes < settings.chunkBytes && copy.batchCount < settings.chunkEntriesMax) return;
      copy = into.newCopy();
      into.copies.push(copy);
    };
    const isGathered = (): boolean => copy.gatheredBytes >= GATHER_BYTES_MAX;
    const range = { from: stream.startOffset, to: mappedTo };
    const isWhole = await this.#each(stream, range, { pacer: into.pacer, take, isGathered, pause });
    await pause();
    return isWhole;
  }

  /** Passes batches on until `take` says false. False where the stream is gone, can't be read, or the log is closing. */
  async #each(
    stream: StreamState,
    range: { readonly from: number; readonly to: number },
    work: {
      readonly pacer: Pacer;
      readonly take: (batch: Buffer) => boolean;
      readonly isGathered?: () => boolean;
      readonly pause?: () => Promise<void>;
    },
  ): Promise<boolean> {
    const { reader, blocks, isStopping, logger } = this.#options;
    const { pacer, take, isGathered, pause } = work;
    let bytes = 0;
    const breathe = async (): Promise<boolean> => {
      if (isGathered?.()) await pause!();
      if (pacer.workedMs >= SLICE_MS) {
        await pacer.spend(bytes);
        bytes = 0;
      }
      return !isStopping() && !stream.deleted;
    };
    try {
      return await eachBatchOf({ reader, blocks, stream, ...range }, (batch) => {
        bytes += batch.length;
        if (!take(batch)) return 'stop';
        return pacer.workedMs >= SLICE_MS || isGathered?.() ? breathe : 'go on';
      });
    } catch (error) {
      if (isStopping() || stream.deleted) return false;
      if (!(error instanceof BrokerError) && !(error instanceof MalformedError)) throw error;
      this.#damaged.add(stream);
      logger.error(
        { topicId: uuidToString(stream.topicId), partition: stream.partition },
        `Partition ${stream.partition} of topic ${uuidToString(stream.topicId)} is not compacted any more: ${error.message}`,
      );
      return false;
    }
  }

  /** Makes the copies durable; null where they are not to take their place. */
  async #finish(copies: readonly ChunkCopy[]): Promise<MadeCopy[] | null> {
    const { disk, directory, allDurable, isStopping } = this.#options;
    const made: MadeCopy[] = [];
    for (const copy of copies) {
      if (copy.batchCount === 0) await copy.discard();
      else made.push({ copy, rows: await copy.finish() });
    }
    disk.syncDirectory(directory);
    // What stands for what is left out must not be lost while that is gone, nor a start that was moved.
    return (await allDurable()) && !isStopping() ? made : null;
  }

  async #swap(
    made: readonly MadeCopy[],
    targets: readonly Target[],
    compactedFromChunk: number,
  ): Promise<void> {
    const { chunks, manifests, files, table } = this.#options;
    const compacted = new Set(targets.map(({ candidate }) => candidate.stream));
    await manifests.update((current) => {
      const place = current.chunks.findLastIndex((chunk) => chunk.compacted) + 1;
      const isOld = (topicId: StreamState['topicId'], partition: number): boolean => {
        const stream = table.get(topicId, partition);
        return stream === undefined || compacted.has(stream);
      };
      return {
        ...current,
        nextChunkId: files.nextId,
        chunks: current.chunks.toSpliced(place, 0, ...made.map(({ copy }) => manifestRow(copy.chunk))),
        compactions: [
          ...current.compactions.filter(({ topicId, partition }) => !isOld(topicId, partition)),
          ...targets.map(({ candidate: { stream }, mappedTo }) => ({
            topicId: stream.topicId,
            partition: stream.partition,
            compactedTo: mappedTo,
            compactedFromChunk,
          })),
        ],
      };
    });
    for (const { copy, rows } of made) copy.chunk.directory = new Directory(copy.chunk, rows, table);
    chunks.splice(
      chunks.findLastIndex(({ compacted }) => compacted) + 1,
      0,
      ...made.map(({ copy }) => copy.chunk),
    );
    for (const { candidate, mappedTo } of targets) {
      const { stream } = candidate;
      stream.compactedTo = mappedTo;
      stream.compactedFromChunk = compactedFromChunk;
      if (!stream.deleted) stream.sizeBytes = liveBytes(chunks, stream);
    }
  }
}

/** A copy that is whole, with the directory of its sidecar. */
interface MadeCopy {
  readonly copy: ChunkCopy;
  readonly rows: Buffer;
}

/** Sets what a rule says of one batch. */
function judge(
  batch: Buffer,
  follower: TransactionFollower,
  rule: { discards: boolean; marksNothing: boolean; readonly nowMs: number },
): void {
  if (!batchIsControl(batch)) {
    rule.marksNothing = false;
    rule.discards = follower.isAborted(batch);
    return;
  }
  rule.marksNothing = follower.marksNothing(batch);
  const horizonMs = batchDeleteHorizonMs(batch);
  rule.discards = rule.marksNothing && horizonMs !== null && horizonMs <= rule.nowMs;
}

const NO_COMPRESSION: Compression = {
  decompress: () => {
    throw new Error('there is no compression here');
  },
  compress: (_codec, input) => input,
};

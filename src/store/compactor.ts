/**
 * Compaction by key: of each key of a stream only the latest record stays (Kafka's cleanup.policy=compact).
 *
 * A look chooses the streams of which enough is not compacted. A pass over some of them first reads what is not, up to
 * where it may, and notes the latest offset of each key in a map of bounded size; what does not fit waits for the next
 * pass. Then it reads each stream from its start up to what the map covers, and writes what stays into compacted chunks
 * beside the log (compacted-chunks.ts). These are put at the front of the log, and the manifest says for each stream up to
 * where they stand for it: what other chunks hold below is superseded from then on, and cleaning reclaims it. So a pass
 * costs what the streams hold that it is about, whoever shares their chunks.
 *
 * Records, batches and markers go by Kafka's rules (record/compaction.ts). A pass leaves the reserve of the disk alone.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import { sipKey } from '../base/siphash.ts';
import { uuidToString } from '../base/uuid.ts';
import { type Compression, DiskError } from '../platform/ports.ts';
import { batchDeleteHorizonMs, batchIsControl, batchLastOffset, batchRecordCount } from '../record/batch.ts';
import { BatchCompactor, type Room } from '../record/compaction.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import { findRow } from './batch-rows.ts';
import { CompactedChunks, type CompactedChunksOptions } from './compacted-chunks.ts';
import { type Candidate, dirtyFrom, findCandidates } from './compaction-look.ts';
import { TransactionFollower } from './compaction-transactions.ts';
import type { CompactionPolicy, Stream } from './contract.ts';
import { whatToDo } from './disk-advice.ts';
import { KEY_MAP_ENTRY_BYTES, KEY_MAP_OFFSETS_MAX, KeyMap } from './key-map.ts';
import type { Pacer } from './pacer.ts';
import { eachBatchOf } from './stream-batches.ts';
import type { StreamState } from './stream-state.ts';

/** Streams and stored bytes of one pass: what more there is gets the next one. */
const PASS_STREAMS_MAX = 1000;
const PASS_BYTES_MAX = 1024 * 1024 * 1024;
/** Bytes that are gathered before they are written, and the part of a chunk that they are at most. */
const GATHER_BYTES_MAX = 2 * 1024 * 1024;
const GATHER_SHARE_MAX = 1 / 4;
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
  readonly #options: CompactedChunksOptions;
  readonly #batches: BatchCompactor;
  /** Streams that can't be read or understood: they are left alone until the next start. */
  readonly #damaged = new WeakSet<StreamState>();
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #isHeldUp = false;

  constructor(options: CompactedChunksOptions) {
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

  /** Writes what stays of the streams and puts it in its place. False where it was given up, or only a part was done. */
  async #rewrite(map: KeyMap, targets: readonly Target[], pacer: Pacer): Promise<boolean> {
    const chunks = new CompactedChunks(this.#options);
    try {
      for (const target of targets) {
        if (!(await this.#copy(map, target, { pacer, chunks }))) return false;
      }
      return await chunks.place();
    } finally {
      await chunks.discard();
    }
  }

  async #copy(
    map: KeyMap,
    { candidate, number, from, mappedTo }: Target,
    { pacer, chunks }: { readonly pacer: Pacer; readonly chunks: CompactedChunks },
  ): Promise<boolean> {
    const { stream, policy } = candidate;
    const follower = new TransactionFollower(policy.abortedTransactions(), stream.compactedTo);
    const rule = {
      latest: map,
      discards: false,
      marksNothing: false,
      keepsEmpty: false,
      nowMs: this.#options.clock.nowMs(),
      deleteRetentionMs: policy.deleteRetentionMs,
    };
    map.select(number, from);
    chunks.begin(stream);
    const room: Room = (bytes) => chunks.room(bytes);
    const take = (batch: Buffer): boolean => {
      if (batchLastOffset(batch) >= mappedTo) return false;
      rule.keepsEmpty = batchLastOffset(batch) + 1 === mappedTo;
      judge(batch, follower, rule);
      let kept = this.#batches.compact(batch, rule, room);
      if (kept === batch) {
        kept = room(batch.length);
        batch.copy(kept);
      }
      chunks.add(batch, kept);
      return true;
    };
    const pause = (): Promise<boolean> => chunks.writeBehind();
    const gatherBytes = Math.min(GATHER_BYTES_MAX, this.#options.settings.chunkBytes * GATHER_SHARE_MAX);
    const isGathered = (): boolean => chunks.gatheredBytes >= gatherBytes;
    const range = { from: stream.startOffset, to: mappedTo };
    const isWhole = await this.#each(stream, range, { pacer, take, isGathered, pause });
    if (!isWhole) return false;
    chunks.end(mappedTo);
    return chunks.writeBehind();
  }

  /** Passes batches on until `take` says false. False where the stream is gone, can't be read, or the log is closing. */
  async #each(
    stream: StreamState,
    range: { readonly from: number; readonly to: number },
    work: {
      readonly pacer: Pacer;
      readonly take: (batch: Buffer) => boolean;
      readonly isGathered?: () => boolean;
      readonly pause?: () => Promise<boolean>;
    },
  ): Promise<boolean> {
    const { reader, blocks, isStopping, logger } = this.#options;
    const { pacer, take, isGathered, pause } = work;
    let bytes = 0;
    const breathe = async (): Promise<boolean> => {
      if (isGathered?.() && !(await pause!())) return false;
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

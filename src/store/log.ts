/**
 * The shard's log: takes appends, gives them sequences and offsets, and ties together the parts that write, seal, read,
 * retain and clean. See contract.ts for what it promises and docs/formats/ for what it writes.
 */
import { assert } from '../base/assert.ts';
import type { BlockPool } from '../base/block-pool.ts';
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import {
  type Clock,
  type Compression,
  type DirectoryLock,
  type Disk,
  DiskError,
  type Logger,
  type Random,
} from '../platform/ports.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseOffset,
  batchLastOffset,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchSizeBytes,
} from '../record/batch.ts';
import type { Chunk } from './chunk.ts';
import type { ChunkFiles } from './chunk-files.ts';
import { chunkName, FRAME_ENTRIES_MAX } from './chunk-format.ts';
import type {
  AppendAccepted,
  AppendEntry,
  AppendRequest,
  Checkpointer,
  ChunkLog,
  CompactionPolicy,
  LogStatistics,
  ReadRequest,
  ReadResult,
  ReplayRange,
  RetentionPolicy,
  Stream,
  StreamEvent,
  StreamWatcher,
  TimestampPosition,
} from './contract.ts';
import { whatToDo } from './disk-advice.ts';
import { FrameGatherer, frameBytes, type WriteGroup } from './frame-gatherer.ts';
import { checkBatch } from './frame-scanner.ts';
import { GroupWriter } from './group-writer.ts';
import { Maintenance } from './maintenance.ts';
import { type Checkpoint, encodeStreams } from './manifest.ts';
import type { ManifestStore } from './manifest-store.ts';
import { Reader } from './reader.ts';
import { liveBytes } from './retention.ts';
import { Sealer } from './sealer.ts';
import { SectionCache } from './section-cache.ts';
import type { LiveStoreSettings, StoreSettings } from './settings.ts';
import { SpaceBudget } from './space-budget.ts';
import type { StreamState, StreamTable } from './stream-state.ts';
import { TailCache } from './tail-cache.ts';
import { offsetForTimestamp, recordOfMaxTimestamp, type TimestampLookup } from './timestamps.ts';

/** The runway is made longer at most this often: faster writers are not held up for it. */
const RUNWAY_EVERY_MS = 50;
const NO_EVENTS: readonly StreamEvent[] = [];

export interface LogParts {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random | undefined;
  readonly compression: Compression | undefined;
  readonly settings: StoreSettings;
  readonly checkpointer: Checkpointer | undefined;
  readonly onFatal: (error: BrokerError) => void;
  readonly lock: DirectoryLock;
  readonly blocks: BlockPool;
  readonly table: StreamTable;
  readonly files: ChunkFiles;
  readonly manifests: ManifestStore;
  /** Sealed chunks, oldest first; the log goes on in a new one. */
  readonly chunks: Chunk[];
  readonly nextSequence: number;
}

export class ShardLog implements ChunkLog {
  readonly leaderEpoch: number;
  readonly blocks: BlockPool;
  readonly #parts: LogParts;
  readonly #settings: StoreSettings;
  readonly #table: StreamTable;
  /** Oldest first; the open chunk is the last. */
  readonly #chunks: Chunk[];
  readonly #cache: TailCache;
  readonly #gatherer: FrameGatherer;
  readonly #writer: GroupWriter;
  readonly #sealer: Sealer;
  readonly #reader: Reader;
  readonly #space: SpaceBudget;
  readonly #lookup: TimestampLookup;
  readonly #maintenance: Maintenance;
  #open: Chunk;
  #group: WriteGroup | null = null;
  /** Groups of chunks that were full before they could be written. */
  #earlierGroups: WriteGroup[] = [];
  #nextSequence: number;
  /** Counts what is asked of the log, for those who should stay out of the way. */
  #activity = 0;
  #acceptedBytes = 0;
  #appendedBytes = 0;
  #runwayAtMs = Number.NEGATIVE_INFINITY;
  #zeros: Buffer | null = null;
  #closing = false;
  #closed: Promise<void> | null = null;
  readonly #durableWaiters = new Set<() => void>();
  #failure: BrokerError | null = null;

  constructor(parts: LogParts, open: Chunk) {
    const { directory, disk, clock, settings, files, manifests, table } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.#table = table;
    this.#chunks = parts.chunks;
    this.#chunks.push(open);
    this.#open = open;
    this.#nextSequence = parts.nextSequence;
    this.leaderEpoch = manifests.current.leaderEpoch;
    this.blocks = parts.blocks;
    this.#cache = new TailCache(settings.tailCacheBytes, parts.blocks);
    this.#gatherer = new FrameGatherer(this.#cache, parts.blocks);
    const onFailed = (what: string, error: DiskError): void => this.#fail(what, error);
    this.#writer = new GroupWriter(
      {
        clock,
        fullRetryMs: settings.fullRetryMs,
        writeHereBytesMax: settings.writeHereBytesMax,
        takeGroups: () => this.#takeGroups(),
        onWritten: (group) => parts.blocks.releaseAll(group.buffers),
        onFailed,
        onFull: (full) => this.#noteFull(full),
        onIdle: () => this.#extendRunway(),
      },
      parts.nextSequence,
    );
    this.#sealer = new Sealer({
      directory,
      disk,
      clock,
      table,
      files,
      manifests,
      writer: this.#writer,
      fullRetryMs: settings.fullRetryMs,
      onFailed,
      onSealed: () => this.#dropMemoryIndexes(),
    });
    this.#reader = new Reader({
      clock,
      files,
      cache: this.#cache,
      blocks: parts.blocks,
      sections: new SectionCache({ directory, disk, bytesMax: settings.sectionCacheBytes }),
      chunks: this.#chunks,
      coldReadBytesMax: settings.coldReadBytesMax,
      coldReadsMax: settings.coldReadsMax,
    });
    this.#lookup = { reader: this.#reader, compression: parts.compression };
    this.#maintenance = new Maintenance({
      ...parts,
      chunks: this.#chunks,
      reader: this.#reader,
      allDurable: () => this.#allDurable(),
      isStopping: () => this.#closing || this.#failure !== null,
      activity: () => this.#activity,
      appendEvents: (events) => 'sequence' in this.append({ entries: [], events, durability: 'fsync' }),
      roll: () => void this.#roll(),
      openChunk: () => this.#open,
      onFailed,
    });
    this.#space = new SpaceBudget({
      directory,
      disk,
      clock,
      reserveBytes: settings.diskReserveBytes,
      release: () => files.removeSpares(),
      onRefusing: (why) => this.#tellFull(why),
    });
  }

  get statistics(): LogStatistics {
    let bytes = 0;
    for (const { endPosition } of this.#chunks) bytes += endPosition;
    return {
      frames: this.#nextSequence - this.#parts.nextSequence,
      appendedBytes: this.#appendedBytes,
      chunks: this.#chunks.length,
      bytes,
      flushes: this.#writer.flushTimes,
    };
  }

  stream(topicId: Uuid, partition: number): Stream {
    return this.#table.getOrCreate(topicId, partition);
  }

  streams(): Iterable<Stream> {
    return this.#table.used();
  }

  append(request: AppendRequest): AppendAccepted | BrokerError {
    this.#activity++;
    const entries = request.entries;
    const events = request.events ?? NO_EVENTS;
    const bytes = frameBytes(entries, events);
    const refusal = this.#refusal(request, events, bytes);
    if (refusal !== null) return refusal;
    const overflow = this.#rollFor(bytes, entries.length);
    if (overflow !== null) return overflow;
    return this.#accept(request, { events, bytes });
  }

  readCached(request: ReadRequest): ReadResult | null {
    this.#activity++;
    return this.#reader.cached(request);
  }

  read(request: ReadRequest, done: (error: BrokerError | null, result: ReadResult | null) => void): void {
    this.#reader.read(request, done);
  }

  offsetForTimestamp(stream: Stream, timestampMs: number): Promise<TimestampPosition | null> {
    return offsetForTimestamp(this.#lookup, stream as StreamState, timestampMs);
  }

  maxTimestamp(stream: Stream): Promise<TimestampPosition | null> {
    return recordOfMaxTimestamp(this.#lookup, stream as StreamState);
  }

  async replay(
    stream: Stream,
    { fromOffset, endOffset = Number.POSITIVE_INFINITY }: ReplayRange,
    onBatch: (batch: Buffer) => void | Promise<void>,
  ): Promise<void> {
    let offset = Math.max(fromOffset, stream.startOffset);
    while (offset < Math.min(stream.highWatermark, endOffset)) {
      const request = { stream, offset, bytesMax: this.#settings.coldReadBytesMax, endOffset };
      const { batches } = await this.#read(request);
      if (batches.length === 0) return;
      for (const batch of checkedBatches(batches, offset)) {
        const wait = onBatch(batch);
        if (wait !== undefined) await wait;
        offset = batchLastOffset(batch) + 1;
      }
    }
  }

  watch(stream: Stream, watcher: StreamWatcher): void {
    (stream as StreamState).watch(watcher);
  }

  unwatch(stream: Stream, watcher: StreamWatcher): void {
    (stream as StreamState).unwatch(watcher);
  }

  enforceRetention(policy: (stream: Stream) => RetentionPolicy | null): Promise<void> {
    return this.#maintenance.enforceRetention(policy);
  }

  compact(policy: (stream: Stream) => CompactionPolicy | null): Promise<boolean> {
    return this.#maintenance.compact(policy);
  }

  clean(): Promise<void> {
    return this.#maintenance.clean();
  }

  adjust(settings: LiveStoreSettings): void {
    const {
      chunkAgeMsMax,
      cleanLiveRatio,
      cleanBytesPerSecond,
      idleCleanBytesPerSecond,
      dedupeBufferBytes,
      dedupeLoadFactor,
    } = settings;
    Object.assign(this.#settings, {
      chunkAgeMsMax,
      cleanLiveRatio,
      cleanBytesPerSecond,
      idleCleanBytesPerSecond,
      dedupeBufferBytes,
      dedupeLoadFactor,
    } satisfies LiveStoreSettings);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing = true;
    const { files, lock, disk } = this.#parts;
    const isWhole = await this.#allDurable();
    if (isWhole && !this.#open.isEmpty) this.#sealer.add(this.#open, this.#checkpoint());
    if (isWhole) this.#sealer.giveUpWhenFull();
    else this.#sealer.stop();
    await this.#sealer.idle();
    await this.#maintenance.idle();
    await this.#writer.close();
    await this.#reader.drain();
    for (const chunk of this.#chunks) {
      chunk.writer?.close();
      chunk.writer = null;
    }
    await files.close();
    if (isWhole && this.#open.isEmpty) disk.remove(files.path(chunkName(this.#open.id)));
    lock.release();
  }

  /** True when everything accepted so far is durable; false when that can't be waited for: failed, full. */
  #allDurable(): Promise<boolean> {
    if (this.#failure !== null || this.#writer.isFull) return Promise.resolve(false);
    return new Promise((resolve) => {
      const giveUp = (): void => resolve(false);
      this.#durableWaiters.add(giveUp);
      this.#writer.whenDurable(this.#nextSequence - 1, () => {
        this.#durableWaiters.delete(giveUp);
        resolve(true);
      });
    });
  }

  /** Ends all waits for durability, as it will not come soon. */
  #giveUpWaiting(): void {
    for (const giveUp of this.#durableWaiters) giveUp();
    this.#durableWaiters.clear();
  }

  /** Why an append can't be taken; null where it can. */
  #refusal(
    { entries, fromReserve }: AppendRequest,
    events: readonly StreamEvent[],
    bytes: number,
  ): BrokerError | null {
    if (this.#failure !== null) return this.#failure;
    if (this.#closing)
      return new BrokerError('shutting-down', 'The broker is stopping. Send this again to it later.');
    assert(entries.length + events.length > 0, 'an append has something in it');
    assert(entries.length + events.length <= FRAME_ENTRIES_MAX, 'a frame has a bounded number of entries');
    for (let i = 0; i < entries.length; i++) {
      if (entries[i]!.stream.deleted)
        return new BrokerError('unknown-topic', 'The topic was deleted meanwhile.');
    }
    for (const event of events) {
      if (event.kind !== 'advance-start') continue;
      const { stream, startOffset } = event;
      // What a frame appends may stand for all that it removes, committed or not: a machine's snapshot.
      const isReplaced = entries.some((entry) => entry.stream === stream);
      if (startOffset > (isReplaced ? stream.endOffset : stream.highWatermark)) {
        return new BrokerError('offset-out-of-range', 'A stream can start at its high watermark at most.');
      }
    }
    if (this.#writer.isFull) return this.#stillFull();
    // Events alone may use the reserve: they are what makes room.
    return entries.length === 0 ? null : this.#space.admit(bytes, this.#acceptedBytes, fromReserve);
  }

  #stillFull(): BrokerError {
    return new BrokerError(
      'storage-full',
      `The disk of ${this.#parts.directory} is full. Free some space, add some, or shorten retention; writing goes ` +
        'on by itself when there is room.',
    );
  }

  #noDescriptors(error: DiskError): BrokerError {
    return new BrokerError(
      'storage-full',
      `The broker has no file descriptors left for the next chunk in ${this.#parts.directory} (${error.message}). ` +
        `${whatToDo(error)} Writing goes on by itself when there are some.`,
    );
  }

  /** Goes on in a new chunk where this frame doesn't fit into the open one. */
  #rollFor(bytes: number, entryCount: number): BrokerError | null {
    const open = this.#open;
    if (open.isEmpty) return null;
    const fits =
      open.endPosition + bytes <= this.#settings.chunkBytes &&
      open.memory!.count + entryCount <= this.#settings.chunkEntriesMax;
    return fits ? null : this.#roll();
  }

  #roll(): BrokerError | null {
    let next: Chunk;
    try {
      next = this.#parts.files.take();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (error.code === 'no-descriptors') return this.#noDescriptors(error);
      if (error.code === 'full') return this.#stillFull();
      this.#fail('begin a chunk', error);
      return this.#failure;
    }
    this.#finishGroup();
    this.#sealer.add(this.#open, this.#checkpoint());
    this.#open = next;
    this.#chunks.push(next);
    this.#dropMemoryIndexes();
    this.#parts.clock.afterTurn(() => this.#parts.files.prepare());
    return null;
  }

  #accept(request: AppendRequest, frame: { events: readonly StreamEvent[]; bytes: number }): AppendAccepted {
    const entries = request.entries;
    const sequence = this.#nextSequence++;
    const chunk = this.#open;
    this.#group ??= this.#gatherer.begin(chunk);
    const sync = this.#mustSync(request);
    const baseOffsets = this.#assignOffsets(entries, sync ? sequence : 0);
    const position = this.#gatherer.add({
      entries,
      events: frame.events,
      baseOffsets,
      bytes: frame.bytes,
      sequence,
      durableSequence: this.#writer.durableSequence,
      leaderEpoch: this.leaderEpoch,
    });
    this.#indexBatches({ entries, baseOffsets, position, sequence });
    if (frame.events.length > 0) this.#applyEvents(frame.events);
    if (chunk.isEmpty) chunk.firstSequence = sequence;
    chunk.lastSequence = sequence;
    chunk.endPosition += frame.bytes;
    this.#acceptedBytes += frame.bytes;
    this.#appendedBytes += frame.bytes;
    this.#writer.accept({
      sequence,
      sync,
      flushWithinMs: request.flushWithinMs ?? Number.POSITIVE_INFINITY,
      onWritten: request.onWritten,
      onCommitted: request.onCommitted,
    });
    return { sequence, baseOffsets };
  }

  /** An append that doesn't ask for durability still waits for it behind one of the same stream that does. */
  #mustSync(request: AppendRequest): boolean {
    if (request.durability === 'fsync') return true;
    const durable = this.#writer.durableSequence;
    return request.entries.some((entry) => (entry.stream as StreamState).syncSequence > durable);
  }

  #assignOffsets(entries: readonly AppendEntry[], syncSequence: number): number[] {
    const baseOffsets = new Array<number>(entries.length);
    for (let i = 0; i < entries.length; i++) {
      const stream = entries[i]!.stream as StreamState;
      const batch = entries[i]!.batch;
      const base = stream.endOffset;
      baseOffsets[i] = base;
      stream.noteEpoch(this.leaderEpoch);
      stream.endOffset = base + batchLastOffsetDelta(batch) + 1;
      stream.sizeBytes += batch.length;
      if (syncSequence > 0) stream.syncSequence = syncSequence;
      this.#writer.addStream(stream, stream.endOffset);
    }
    return baseOffsets;
  }

  #indexBatches(frame: {
    entries: readonly AppendEntry[];
    baseOffsets: readonly number[];
    position: number;
    sequence: number;
  }): void {
    const memory = this.#open.memory!;
    let position = frame.position;
    for (let i = 0; i < frame.entries.length; i++) {
      const { stream, batch } = frame.entries[i]!;
      memory.add(stream as StreamState, {
        baseOffset: frame.baseOffsets[i]!,
        lastOffsetDelta: batchLastOffsetDelta(batch),
        position,
        length: batch.length,
        maxTimestamp: batchMaxTimestamp(batch),
        sequence: frame.sequence,
      });
      position += batch.length;
    }
  }

  #applyEvents(events: readonly StreamEvent[]): void {
    for (const event of events) {
      if (event.kind === 'delete-topic') {
        for (const stream of this.#table.deleteTopic(event.topicId)) this.#writer.addStream(stream, 0);
        continue;
      }
      const stream = event.stream as StreamState;
      if (event.startOffset <= stream.startOffset) continue;
      stream.moveStart(event.startOffset);
      stream.sizeBytes = liveBytes(this.#chunks, stream);
      this.#writer.addStream(stream, 0);
    }
  }

  #takeGroups(): WriteGroup[] {
    this.#finishGroup();
    this.#acceptedBytes = 0;
    this.#space.age();
    const groups = this.#earlierGroups;
    this.#earlierGroups = [];
    return groups;
  }

  #finishGroup(): void {
    if (this.#group === null) return;
    this.#gatherer.finish();
    this.#earlierGroups.push(this.#group);
    this.#group = null;
  }

  /** Keeps some zeros ahead of the data while few appends come; when many do, the file grows with them. */
  #extendRunway(): void {
    const { clock } = this.#parts;
    const { runwayBytes, chunkBytes } = this.#settings;
    const open = this.#open;
    const bytes = Math.min(runwayBytes, chunkBytes - open.allocatedBytes);
    if (this.#closing || bytes <= 0 || open.isEmpty) return;
    if (open.allocatedBytes - open.endPosition >= runwayBytes / 4) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#runwayAtMs < RUNWAY_EVERY_MS) return;
    this.#runwayAtMs = nowMs;
    this.#zeros ??= Buffer.alloc(runwayBytes);
    this.#writer.writeAhead(open, this.#zeros.subarray(0, bytes));
  }

  /** The state behind all frames that were accepted so far. */
  #checkpoint(): Checkpoint {
    return {
      nextSequence: this.#nextSequence,
      ...encodeStreams(this.#table.used()),
      upper: this.#parts.checkpointer?.save() ?? null,
    };
  }

  /** Forgets the indexes of sealed chunks of which the cache has nothing left. */
  #dropMemoryIndexes(): void {
    for (const chunk of this.#chunks) {
      if (chunk.memory === null) continue;
      if (chunk.directory === null || this.#cache.oldestChunkId <= chunk.id) return;
      chunk.memory.detach();
      chunk.memory = null;
    }
  }

  #read(request: ReadRequest): Promise<ReadResult> {
    return new Promise((resolve, reject) => {
      this.#reader.read(request, (error, result) => {
        if (error !== null) reject(error);
        else resolve(result!);
      });
    });
  }

  #noteFull(full: boolean): void {
    this.#tellFull(full ? this.#stillFull() : null);
    if (!full) return;
    this.#parts.files.removeSpares();
    this.#giveUpWaiting();
  }

  #tellFull(why: BrokerError | null): void {
    const { logger, directory } = this.#parts;
    if (why !== null) logger.error({ directory }, why.message);
    else logger.info({ directory }, `There is room in ${directory} again: appends are taken.`);
  }

  #fail(what: string, error: DiskError): void {
    if (this.#failure !== null) return;
    this.#failure = new BrokerError(
      'storage-failed',
      `The log in ${this.#parts.directory} has stopped: it could not ${what} (${error.message}). Nothing more is ` +
        'acknowledged. Check the disk, then start the broker again.',
    );
    this.#writer.stop();
    this.#sealer.stop();
    this.#giveUpWaiting();
    this.#parts.onFatal(this.#failure);
  }
}

/**
 * Each batch of a read that began at `offset`. What machines are made of again is checked in full: damage that a client would
 * see by the CRC would be believed here. Throws BrokerError.
 */
function* checkedBatches(buffers: readonly Buffer[], offset: number): Generator<Buffer> {
  let next = offset;
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length; ) {
      const bytes = buffer.length - at < BATCH_HEADER_BYTES ? 0 : batchSizeBytes(buffer, at);
      const known = { bytes: Math.min(bytes, buffer.length - at), epoch: null };
      const problem = checkBatch(buffer, at, {
        ...known,
        offset: bytes === 0 ? 0 : batchBaseOffset(buffer, at),
      });
      if (problem !== null || batchLastOffset(buffer, at) < next) {
        const why = problem ?? 'its offsets are not the next';
        throw new BrokerError(
          'corrupt-batch',
          `The stored batch at offset ${next} is damaged: ${why}. Stop the broker and run polylog log verify on its directory.`,
        );
      }
      const batch = buffer.subarray(at, at + bytes);
      next = batchLastOffset(batch) + 1;
      yield batch;
      at += bytes;
    }
  }
}

/**
 * What the shard's log offers to the layers above. CONTRACT between store/ and broker/.
 *
 * One shard, one writer, one event loop. All positions in a stream are record offsets; sequences number frames.
 * Appends are accepted or refused synchronously: an accepted append has its offsets, is seen by the next append, and
 * is never taken back (a write that fails later stops the log). Nothing above the high watermark is ever read.
 */
import type { BlockPool } from '../base/block-pool.ts';
import type { BrokerError } from '../base/errors.ts';
import type { TimeCounts } from '../base/time-histogram.ts';
import type { Uuid } from '../base/uuid.ts';
import type { LiveStoreSettings } from './settings.ts';

/** How an append becomes committed: after fdatasync, or after the write with a flush that follows within `flush.ms`. */
export type Durability = 'fsync' | 'os';

/** One record batch for one stream. `baseOffset` is set by the log, and patched into the batch with the leader epoch. */
export interface AppendEntry {
  readonly stream: Stream;
  /**
   * Exactly one v2 batch, validated. Owned by the log from now on: the bytes must not change. The log holds its block
   * for as long as it needs it.
   */
  readonly batch: Buffer;
}

/**
 * A change of a stream that is not data, in the same frame. A start moves up to the high watermark; in a frame that appends
 * to the stream, up to its end offset before the frame (and the high watermark goes along): what is appended stands for
 * what is removed.
 */
export type StreamEvent =
  | { readonly kind: 'delete-topic'; readonly topicId: Uuid }
  | { readonly kind: 'advance-start'; readonly stream: Stream; readonly startOffset: number };

export interface AppendRequest {
  /** All of them become one frame: after a crash it is there in whole or not at all. */
  readonly entries: readonly AppendEntry[];
  readonly events?: readonly StreamEvent[];
  /** 'fsync' when any entry's topic asks for it. */
  readonly durability: Durability;
  /** May use half of the reserve of the disk: for what is small, and asked for by an operator who makes room. */
  readonly fromReserve?: boolean;
  /** For `os`: the flush must have begun within this many ms (`flush.ms`; Infinity: never by us). */
  readonly flushWithinMs?: number;
  /** After the write into the page cache (acks=1). */
  readonly onWritten?: () => void;
  /** After the append is committed: durable on every in-sync replica, or for `os` written (acks=all). */
  readonly onCommitted?: () => void;
}

export interface AppendAccepted {
  readonly sequence: number;
  /** Base offset of each entry, in order. */
  readonly baseOffsets: readonly number[];
}

/** Told when a stream's high watermark or start moves, or the stream is deleted. Called synchronously; must not throw. */
export interface StreamWatcher {
  streamMoved(stream: Stream): void;
}

/** A stream's live state, kept by the log, read by everyone. One object a stream for the life of the process. */
export interface Stream {
  readonly topicId: Uuid;
  readonly partition: number;
  /** First offset that may be read. */
  readonly startOffset: number;
  /** Offset of the next record to be appended (log end offset). */
  readonly endOffset: number;
  /** First offset that is not committed; reads stop here. startOffset ≤ highWatermark ≤ endOffset. */
  readonly highWatermark: number;
  /**
   * What is below was compacted: of keys only the latest records are left, and nothing of aborted transactions that ended
   * there. 0: nothing was.
   */
  readonly compactedTo: number;
  /** Stored bytes of live batches, committed or not. */
  readonly sizeBytes: number;
  readonly deleted: boolean;
  /** (leader epoch, first offset) pairs, oldest first, for OffsetForLeaderEpoch. */
  readonly epochs: readonly { readonly epoch: number; readonly startOffset: number }[];
}

export interface ReadRequest {
  readonly stream: Stream;
  /** startOffset ≤ offset ≤ highWatermark. Inside a batch: the whole batch comes. */
  readonly offset: number;
  /** The first batch is returned even when it alone is larger. */
  readonly bytesMax: number;
  /** No batch is returned that reaches here or behind; the high watermark where it isn't given. */
  readonly endOffset?: number;
}

/**
 * Batches as stored, oldest first. Neighbouring batches may share a buffer only when their bytes touch. The block of each
 * buffer is held for the reader, who may release it when it is done with it.
 */
export interface ReadResult {
  readonly batches: Buffer[];
  readonly bytes: number;
  /** The stream's when this was read: no batch is of an aborted transaction that ended below. */
  readonly compactedTo: number;
}

export interface ReplayRange {
  readonly fromOffset: number;
  /** No batch is given that begins here or behind; the high watermark where it isn't given. */
  readonly endOffset?: number;
}

export interface TimestampPosition {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** How retention treats one topic; read at each look. */
export interface RetentionPolicy {
  /** Infinity: for ever. Compared with the batch's max timestamp. */
  readonly retentionMs: number;
  /** Infinity: no bound. Bytes a stream. */
  readonly retentionBytes: number;
}

/** A transaction that was aborted, with its offsets in one stream. */
export interface AbortedTransaction {
  readonly producerId: number;
  /** Of its first record. */
  readonly firstOffset: number;
  /** Of its end marker. */
  readonly lastOffset: number;
}

/** How compaction treats one stream; read at each look. */
export interface CompactionPolicy {
  /** min.compaction.lag.ms: younger batches wait, and all behind them. */
  readonly minLagMs: number;
  /** max.compaction.lag.ms: when an older record waits, compaction does not wait for the ratio. Infinity: never. */
  readonly maxLagMs: number;
  /** min.cleanable.dirty.ratio: the part of the stored bytes that is not compacted must be larger. */
  readonly dirtyRatio: number;
  /** delete.retention.ms: how long tombstones and markers of transactions stay once they are compacted. */
  readonly deleteRetentionMs: number;
  /** segment.ms and segment.bytes: what of the stream is in the open chunk, and as old or large, is sealed to be compacted. */
  readonly segmentMs: number;
  readonly segmentBytes: number;
  /** The last stable offset: nothing from here on is compacted. */
  readonly stableOffset: number;
  /** The aborted transactions that end below `stableOffset`, by first offset. Those that end below `compactedTo` may be left out. */
  abortedTransactions(): readonly AbortedTransaction[];
}

/**
 * State of upper layers that is derived from the batches of all streams (producer state), kept with the log's own
 * checkpoint so that a restart reads only what came after it. An option of `openChunkLog`.
 */
export interface Checkpointer {
  /**
   * Called synchronously inside `append`, at the moment at which the log decides that this frame begins a new chunk, before
   * its offsets are assigned: the answer covers exactly all frames before it. Also at the end of recovery
   * and at `close`. Stored opaquely.
   */
  save(): Buffer;
  /** Called once in recovery, before any `replay`; null when there is no checkpoint yet. Throws on a newer format. */
  load(saved: Buffer | null): void;
  /** Every batch of the frames behind the checkpoint, in log order, as recovery walks over them; valid during the call. */
  replay(stream: Stream, batch: Buffer): void;
  /** A topic deletion met on the same walk. */
  topicDeleted(topicId: Uuid): void;
}

/** What the log has done since it was opened, and how large it is. */
export interface LogStatistics {
  /** Appends, and their bytes in frames. */
  readonly frames: number;
  readonly appendedBytes: number;
  readonly chunks: number;
  /** Bytes of frames in all chunk files, live and dead. */
  readonly bytes: number;
  /** How long flushes took. */
  readonly flushes: TimeCounts;
}

export interface ChunkLog {
  /** Leader epoch that is stamped into frames and batches. */
  readonly leaderEpoch: number;
  /** The memory that frames, reads and large requests share. */
  readonly blocks: BlockPool;
  /** As it is now. */
  readonly statistics: LogStatistics;
  /** The stream's state, made on first use (costs nothing on disk until it holds data). */
  stream(topicId: Uuid, partition: number): Stream;
  /** Streams known to hold or have held data, for recovery of the layers above. */
  streams(): Iterable<Stream>;
  /** Accepts or refuses (`storage-full`, `storage-failed`, `shutting-down`). */
  append(request: AppendRequest): AppendAccepted | BrokerError;
  /** What the tail cache can answer at once; null: not all of it is in memory, use `read`. */
  readCached(request: ReadRequest): ReadResult | null;
  read(request: ReadRequest, done: (error: BrokerError | null, result: ReadResult | null) => void): void;
  /** First record with timestamp ≥ `timestampMs`, below the high watermark; null when there is none. */
  offsetForTimestamp(stream: Stream, timestampMs: number): Promise<TimestampPosition | null>;
  /** Record with the largest timestamp (the first such); null when the stream is empty. */
  maxTimestamp(stream: Stream): Promise<TimestampPosition | null>;
  /**
   * All batches of a stream in order, checked: for machines at start, and for what they read again later. Where `onBatch`
   * gives a promise the next batch waits for it, and the batch stays as it is so long.
   */
  replay(stream: Stream, range: ReplayRange, onBatch: (batch: Buffer) => void | Promise<void>): Promise<void>;
  watch(stream: Stream, watcher: StreamWatcher): void;
  unwatch(stream: Stream, watcher: StreamWatcher): void;
  /** One look: moves starts by `policy`, drops chunks without live data. Resolves when done. */
  enforceRetention(policy: (stream: Stream) => RetentionPolicy | null): Promise<void>;
  /**
   * One look: compacts the streams with a policy of which enough is not compacted. Paced; one at a time with cleaning.
   * Resolves with whether something was.
   */
  compact(policy: (stream: Stream) => CompactionPolicy | null): Promise<boolean>;
  /** One pass of cleaning: rewrites sealed chunks with little live data, merges small ones. Paced. */
  clean(): Promise<void>;
  /** Changes settings from now on; a pass that is under way goes on with what it began with. */
  adjust(settings: LiveStoreSettings): void;
  /** Flushes, seals, closes. Appends are refused from the call on. */
  close(): Promise<void>;
}

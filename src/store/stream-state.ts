/**
 * The live state of streams, and the table of all of them. A stream object is small and lives as long as the process,
 * so that whoever holds one sees its offsets move and, at the end, that it was deleted.
 */
import { assert } from '../base/assert.ts';
import type { Uuid } from '../base/uuid.ts';
import type { Stream, StreamWatcher } from './contract.ts';
import type { StreamRows } from './memory-index.ts';

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

const NO_EPOCHS: readonly EpochStart[] = [];
const NO_ROWS: readonly StreamRows[] = [];

export class StreamState implements Stream {
  readonly topicId: Uuid;
  readonly partition: number;
  /** Place in the table; orders the streams of a directory in memory. */
  readonly slot: number;
  startOffset = 0;
  endOffset = 0;
  highWatermark = 0;
  sizeBytes = 0;
  deleted = false;
  /** The last sequence of this stream that must be durable before anything behind it is visible. */
  syncSequence = 0;
  /** Being in the writer's list of streams to tell about. */
  moved = false;
  /** Rows in the chunks whose index is in memory, oldest chunk first. */
  memory: readonly StreamRows[] = NO_ROWS;
  epochs: readonly EpochStart[] = NO_EPOCHS;
  /** What is below was compacted: it is in compacted chunks, in others it is superseded. 0: nothing was. */
  compactedTo = 0;
  /** The first chunk of the last compaction: what older compacted chunks hold of the stream is superseded. */
  compactedFromChunk = 0;
  /** The oldest batch that retention kept by time, by its last offset; null: not known. */
  oldest: { readonly offset: number; readonly timestampMs: number } | null = null;
  #watchers: Set<StreamWatcher> | null = null;

  constructor(topicId: Uuid, partition: number, slot: number) {
    this.topicId = topicId;
    this.partition = partition;
    this.slot = slot;
  }

  /** Notes that from `endOffset` on batches carry `epoch`. */
  noteEpoch(epoch: number): void {
    const last = this.epochs.at(-1);
    if (last !== undefined && last.epoch >= epoch) return;
    this.epochs = [...this.epochs, { epoch, startOffset: this.endOffset }];
  }

  /** Moves the start; forgets epochs that ended before it. */
  moveStart(startOffset: number): void {
    assert(
      startOffset >= this.startOffset && startOffset <= this.endOffset,
      'a stream starts within its offsets',
    );
    this.startOffset = startOffset;
    if (this.highWatermark < startOffset) this.highWatermark = startOffset;
    let keep = 0;
    while (keep + 1 < this.epochs.length && this.epochs[keep + 1]!.startOffset <= startOffset) keep++;
    if (keep > 0) this.epochs = this.epochs.slice(keep);
  }

  watch(watcher: StreamWatcher): void {
    this.#watchers ??= new Set();
    this.#watchers.add(watcher);
  }

  unwatch(watcher: StreamWatcher): void {
    if (this.#watchers === null) return;
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#watchers = null;
  }

  /** Tells everyone who watches now; those who come while this runs are not told. */
  tellWatchers(): void {
    const watchers = this.#watchers;
    if (watchers === null) return;
    for (const watcher of [...watchers]) {
      if (watchers.has(watcher)) watcher.streamMoved(this);
    }
  }
}

export class StreamTable {
  readonly #topics = new Map<Uuid, Map<number, StreamState>>();
  #slots = 0;

  get(topicId: Uuid, partition: number): StreamState | undefined {
    return this.#topics.get(topicId)?.get(partition);
  }

  getOrCreate(topicId: Uuid, partition: number): StreamState {
    let partitions = this.#topics.get(topicId);
    if (partitions === undefined) {
      partitions = new Map();
      this.#topics.set(topicId, partitions);
    }
    let stream = partitions.get(partition);
    if (stream === undefined) {
      stream = new StreamState(topicId, partition, this.#slots++);
      partitions.set(partition, stream);
    }
    return stream;
  }

  /** Takes a topic's streams out of the table; they are marked and returned. */
  deleteTopic(topicId: Uuid): StreamState[] {
    const partitions = this.#topics.get(topicId);
    if (partitions === undefined) return [];
    this.#topics.delete(topicId);
    const streams = [...partitions.values()];
    for (const stream of streams) {
      stream.deleted = true;
      stream.sizeBytes = 0;
    }
    return streams;
  }

  /** Streams that hold or have held data. */
  *used(): Iterable<StreamState> {
    for (const partitions of this.#topics.values()) {
      for (const stream of partitions.values()) {
        if (stream.endOffset > 0) yield stream;
      }
    }
  }
}

/**
 * What can be set about a shard's log, with units, and the values that hold where nothing is said. What is not readonly may
 * change while the log runs: it is read where it is used.
 */

export interface StoreSettings {
  /** Bytes of frames after which a chunk is sealed and the next begins. 64 KiB to 2 GiB − 1. One frame may be larger. */
  readonly chunkBytes: number;
  /** Batches after which a chunk is sealed: bounds the memory of its index (about 40 bytes a batch). */
  readonly chunkEntriesMax: number;
  /** Age in ms at which a chunk that holds data is sealed at a retention look, so that idle topics expire too. */
  chunkAgeMsMax: number;
  /** Memory for the latest batches, in bytes. 0: every read goes to the disk. */
  readonly tailCacheBytes: number;
  /** Memory for index sections of sealed chunks, in bytes. */
  readonly sectionCacheBytes: number;
  /** Bytes that one cold read takes from the disk at most; a larger single batch is read whole. */
  readonly coldReadBytesMax: number;
  /** Cold reads in flight; others wait their turn. */
  readonly coldReadsMax: number;
  /** Sealed chunk files held open for reading. */
  readonly openFilesMax: number;
  /**
   * Free bytes under which appends are refused, so that there is room for indexes, the manifest and the events that
   * free space. null: 64 MiB, or 5 % of a smaller volume.
   */
  readonly diskReserveBytes: number | null;
  /** How often a write that met a full disk is tried again, in ms. */
  readonly fullRetryMs: number;
  /** Groups of appends up to so many bytes are written on the event loop, larger ones beside it, where they hold up nobody. */
  readonly writeHereBytesMax: number;
  /** Zeros written ahead of the data while idle, so that a small flush changes no metadata. 0: none. */
  readonly runwayBytes: number;
  /** Dropped chunk files kept for the next chunks. */
  readonly sparesMax: number;
  /** A sealed chunk with a smaller part of live bytes is cleaned. 0 to 1. */
  cleanLiveRatio: number;
  /** Pace of cleaning while the log is in use: bytes read a second. */
  cleanBytesPerSecond: number;
  /** The same while it is not. */
  idleCleanBytesPerSecond: number;
  /** Memory of the map of keys that a compaction makes at most, in bytes. */
  dedupeBufferBytes: number;
  /** The part of it that may be filled. Above 0, below 1. */
  dedupeLoadFactor: number;
  /** Serve what is whole of a damaged log, and say what is lost, where otherwise opening is refused. */
  readonly salvage: boolean;
}

export type LiveStoreSettings = Pick<
  StoreSettings,
  | 'chunkAgeMsMax'
  | 'cleanLiveRatio'
  | 'cleanBytesPerSecond'
  | 'idleCleanBytesPerSecond'
  | 'dedupeBufferBytes'
  | 'dedupeLoadFactor'
>;

export const DEFAULT_STORE_SETTINGS: StoreSettings = {
  chunkBytes: 256 * 1024 * 1024,
  chunkEntriesMax: 262_144,
  chunkAgeMsMax: 7 * 24 * 3600 * 1000,
  tailCacheBytes: 64 * 1024 * 1024,
  sectionCacheBytes: 16 * 1024 * 1024,
  coldReadBytesMax: 1024 * 1024,
  coldReadsMax: 4,
  openFilesMax: 64,
  diskReserveBytes: null,
  fullRetryMs: 250,
  writeHereBytesMax: 256 * 1024,
  runwayBytes: 1024 * 1024,
  sparesMax: 2,
  cleanLiveRatio: 0.5,
  cleanBytesPerSecond: 32 * 1024 * 1024,
  idleCleanBytesPerSecond: Number.POSITIVE_INFINITY,
  dedupeBufferBytes: 128 * 1024 * 1024,
  dedupeLoadFactor: 0.9,
  salvage: false,
};

/**
 * The manifest: which sealed chunks make up the log, and the state of all streams behind the last of them. It is the
 * one file that is ever replaced, by writing `manifest.new`, syncing it, renaming it and syncing the directory; so the
 * log changes its shape in one step, or not at all. Every byte is explained in docs/formats/manifest.md; big endian.
 *
 *   0  8  magic "POLYLOGM"            68 u32 streams
 *   8  u16 format version             72 u32 bytes of the upper layers' checkpoint
 *   10 u16 zero                       76 u32 1 where there is such a checkpoint, else 0
 *   12 u32 CRC32C of 16 – end         80 chunks, 40 bytes each: u64 id, u64 first sequence, u64 last sequence,
 *   16 u64 length of the file            u64 end of the frames, u32 flags (1 cleaned), u32 zero
 *   24 u64 generation                    (2 compacted)
 *   32 u64 next chunk id              …  compactions, 40 bytes each: 16 topic id, u32 partition, u32 zero,
 *   40 u64 tail chunk id                 u64 compacted to, u64 first chunk
 *   48 u64 next sequence
 *   56 u32 leader epoch
 *   60 u32 compactions                …  streams: 16 topic id, u32 partition, u32 epochs, u64 start offset,
 *   64 u32 chunks                        u64 end offset, then u32 epoch and u64 start offset for each epoch
 *                                     …  the upper layers' checkpoint
 */
import { crc32c } from '../base/crc32c.ts';
import { BrokerError } from '../base/errors.ts';
import { readInt64, writeInt64 } from '../base/int64.ts';
import { readUuid, type Uuid, writeUuid } from '../base/uuid.ts';
import { CHUNK_FLAG_CLEANED, CHUNK_FLAG_COMPACTED, chunkFlags } from './chunk-format.ts';
import type { EpochStart, StreamState } from './stream-state.ts';

/** Version 1 knows no compactions: it has a zero in the place of their number. */
export const MANIFEST_FORMAT_VERSION = 2;
const MANIFEST_MAGIC = 'POLYLOGM';
const HEADER_BYTES = 80;
const CHUNK_ROW_BYTES = 40;
const COMPACTION_ROW_BYTES = 40;
const STREAM_ROW_BYTES = 40;
const EPOCH_ROW_BYTES = 12;

export interface ManifestChunk {
  readonly id: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly endPosition: number;
  readonly cleaned: boolean;
  readonly compacted: boolean;
}

/** Up to where a stream was compacted, and the first chunk that has what was kept. */
export interface Compaction {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly compactedTo: number;
  readonly compactedFromChunk: number;
}

/** The state of all streams behind the frame `nextSequence − 1`. */
export interface Checkpoint {
  readonly nextSequence: number;
  /** Rows of streams as in the file; made by `encodeStreams`. */
  readonly streams: Buffer;
  readonly streamCount: number;
  /** What the layers above saved; null where they saved nothing yet. */
  readonly upper: Buffer | null;
}

export interface Manifest {
  readonly generation: number;
  readonly nextChunkId: number;
  /** Chunks with this id and above that are not cleaned hold the frames behind the checkpoint. */
  readonly tailChunkId: number;
  readonly leaderEpoch: number;
  readonly chunks: readonly ManifestChunk[];
  /** Of streams that were compacted; may name some that are deleted meanwhile. */
  readonly compactions: readonly Compaction[];
  readonly checkpoint: Checkpoint;
}

/** The rows of a checkpoint, from the live streams. */
export function encodeStreams(streams: Iterable<StreamState>): { streams: Buffer; streamCount: number } {
  const list = [...streams];
  let bytes = 0;
  for (const stream of list) bytes += STREAM_ROW_BYTES + stream.epochs.length * EPOCH_ROW_BYTES;
  const buffer = Buffer.alloc(bytes);
  let at = 0;
  for (const stream of list) {
    writeUuid(buffer, at, stream.topicId);
    buffer.writeUInt32BE(stream.partition, at + 16);
    buffer.writeUInt32BE(stream.epochs.length, at + 20);
    writeInt64(buffer, at + 24, stream.startOffset);
    writeInt64(buffer, at + 32, stream.endOffset);
    at += STREAM_ROW_BYTES;
    for (const { epoch, startOffset } of stream.epochs) {
      buffer.writeUInt32BE(epoch, at);
      writeInt64(buffer, at + 4, startOffset);
      at += EPOCH_ROW_BYTES;
    }
  }
  return { streams: buffer, streamCount: list.length };
}

export interface StreamRow {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly epochs: readonly EpochStart[];
}

/** The rows of a checkpoint that came from `decodeManifest`, which has checked that they are whole. */
export function* decodeStreams(checkpoint: Checkpoint): Generator<StreamRow> {
  const buffer = checkpoint.streams;
  let at = 0;
  while (at < buffer.length) {
    const epochCount = buffer.readUInt32BE(at + 20);
    const epochs: EpochStart[] = [];
    for (let i = 0; i < epochCount; i++) {
      const row = at + STREAM_ROW_BYTES + i * EPOCH_ROW_BYTES;
      epochs.push({ epoch: buffer.readUInt32BE(row), startOffset: readInt64(buffer, row + 4) });
    }
    yield {
      topicId: readUuid(buffer, at),
      partition: buffer.readUInt32BE(at + 16),
      startOffset: readInt64(buffer, at + 24),
      endOffset: readInt64(buffer, at + 32),
      epochs,
    };
    at += STREAM_ROW_BYTES + epochCount * EPOCH_ROW_BYTES;
  }
}

/** Size of a manifest on disk. */
export function manifestBytes({ chunks, compactions, checkpoint }: Manifest): number {
  const rows =
    chunks.length * CHUNK_ROW_BYTES + compactions.length * COMPACTION_ROW_BYTES + checkpoint.streams.length;
  return HEADER_BYTES + rows + (checkpoint.upper?.length ?? 0);
}

export function encodeManifest(manifest: Manifest): Buffer {
  const { checkpoint, chunks, compactions } = manifest;
  const chunksEnd = HEADER_BYTES + chunks.length * CHUNK_ROW_BYTES;
  const compactionsEnd = chunksEnd + compactions.length * COMPACTION_ROW_BYTES;
  const streamsEnd = compactionsEnd + checkpoint.streams.length;
  const buffer = Buffer.alloc(manifestBytes(manifest));
  buffer.write(MANIFEST_MAGIC, 0, 'latin1');
  buffer.writeUInt16BE(MANIFEST_FORMAT_VERSION, 8);
  writeInt64(buffer, 16, buffer.length);
  writeInt64(buffer, 24, manifest.generation);
  writeInt64(buffer, 32, manifest.nextChunkId);
  writeInt64(buffer, 40, manifest.tailChunkId);
  writeInt64(buffer, 48, checkpoint.nextSequence);
  buffer.writeUInt32BE(manifest.leaderEpoch, 56);
  buffer.writeUInt32BE(compactions.length, 60);
  buffer.writeUInt32BE(chunks.length, 64);
  buffer.writeUInt32BE(checkpoint.streamCount, 68);
  buffer.writeUInt32BE(checkpoint.upper?.length ?? 0, 72);
  buffer.writeUInt32BE(checkpoint.upper === null ? 0 : 1, 76);
  for (let i = 0; i < chunks.length; i++) {
    const at = HEADER_BYTES + i * CHUNK_ROW_BYTES;
    const chunk = chunks[i]!;
    writeInt64(buffer, at, chunk.id);
    writeInt64(buffer, at + 8, chunk.firstSequence);
    writeInt64(buffer, at + 16, chunk.lastSequence);
    writeInt64(buffer, at + 24, chunk.endPosition);
    buffer.writeUInt32BE(chunkFlags(chunk), at + 32);
  }
  for (let i = 0; i < compactions.length; i++) {
    const at = chunksEnd + i * COMPACTION_ROW_BYTES;
    const compaction = compactions[i]!;
    writeUuid(buffer, at, compaction.topicId);
    buffer.writeUInt32BE(compaction.partition, at + 16);
    writeInt64(buffer, at + 24, compaction.compactedTo);
    writeInt64(buffer, at + 32, compaction.compactedFromChunk);
  }
  checkpoint.streams.copy(buffer, compactionsEnd);
  checkpoint.upper?.copy(buffer, streamsEnd);
  buffer.writeUInt32BE(crc32c(buffer, 16), 12);
  return buffer;
}

/** Throws `unsupported-format` for a newer version and `storage-failed` for damage, naming `path`. */
export function decodeManifest(buffer: Buffer, path: string): Manifest {
  const damaged = (what: string): BrokerError =>
    new BrokerError('storage-failed', `The manifest ${path} is damaged: ${what}. Restore it from a backup.`);
  if (buffer.length < HEADER_BYTES) throw damaged(`it has ${buffer.length} bytes`);
  if (buffer.toString('latin1', 0, 8) !== MANIFEST_MAGIC) throw damaged('it does not begin with POLYLOGM');
  const version = buffer.readUInt16BE(8);
  if (version > MANIFEST_FORMAT_VERSION) throw newerFormat(path, version, MANIFEST_FORMAT_VERSION);
  if (readInt64(buffer, 16) !== buffer.length) throw damaged('its length is not what it says');
  if (crc32c(buffer, 16) !== buffer.readUInt32BE(12)) throw damaged('its checksum is wrong');
  const chunkCount = buffer.readUInt32BE(64);
  const chunksEnd = HEADER_BYTES + chunkCount * CHUNK_ROW_BYTES;
  const compactionCount = buffer.readUInt32BE(60);
  const compactionsEnd = chunksEnd + compactionCount * COMPACTION_ROW_BYTES;
  const upperLength = buffer.readUInt32BE(72);
  const streamsEnd = buffer.length - upperLength;
  if (compactionsEnd > streamsEnd) throw damaged('its parts do not fit');
  const streamCount = buffer.readUInt32BE(68);
  const streams = buffer.subarray(compactionsEnd, streamsEnd);
  if (!streamRowsFit(streams, streamCount)) throw damaged('its streams do not fit');
  const hasUpper = buffer.readUInt32BE(76) === 1;
  return {
    generation: readInt64(buffer, 24),
    nextChunkId: readInt64(buffer, 32),
    tailChunkId: readInt64(buffer, 40),
    leaderEpoch: buffer.readUInt32BE(56),
    chunks: Array.from({ length: chunkCount }, (_, i) =>
      decodeChunkRow(buffer, HEADER_BYTES + i * CHUNK_ROW_BYTES),
    ),
    compactions: Array.from({ length: compactionCount }, (_, i) =>
      decodeCompaction(buffer, chunksEnd + i * COMPACTION_ROW_BYTES),
    ),
    checkpoint: {
      nextSequence: readInt64(buffer, 48),
      streams,
      streamCount,
      upper: hasUpper ? buffer.subarray(streamsEnd) : null,
    },
  };
}

/** The refusal of what a later version wrote. */
export function newerFormat(path: string, version: number, known: number): BrokerError {
  return new BrokerError(
    'unsupported-format',
    `${path} has format version ${version}; this version of Polylog reads up to ${known}. Start a newer one.`,
  );
}

function decodeChunkRow(buffer: Buffer, at: number): ManifestChunk {
  const flags = buffer.readUInt32BE(at + 32);
  return {
    id: readInt64(buffer, at),
    firstSequence: readInt64(buffer, at + 8),
    lastSequence: readInt64(buffer, at + 16),
    endPosition: readInt64(buffer, at + 24),
    cleaned: (flags & CHUNK_FLAG_CLEANED) !== 0,
    compacted: (flags & CHUNK_FLAG_COMPACTED) !== 0,
  };
}

function decodeCompaction(buffer: Buffer, at: number): Compaction {
  return {
    topicId: readUuid(buffer, at),
    partition: buffer.readUInt32BE(at + 16),
    compactedTo: readInt64(buffer, at + 24),
    compactedFromChunk: readInt64(buffer, at + 32),
  };
}

function streamRowsFit(rows: Buffer, count: number): boolean {
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + STREAM_ROW_BYTES > rows.length) return false;
    at += STREAM_ROW_BYTES + rows.readUInt32BE(at + 20) * EPOCH_ROW_BYTES;
  }
  return at === rows.length;
}

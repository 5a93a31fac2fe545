/**
 * Looks at a stopped log without changing it: `verifyLog` checks every byte and says where each problem is, `dumpLog`
 * walks over chunks, frames, entries and batches. Both take the directory's lock, and so refuse one in use.
 */
import { BrokerError } from '../base/errors.ts';
import { type Uuid, uuidToString } from '../base/uuid.ts';
import { type Clock, type DirectoryLock, type Disk, DiskError } from '../platform/ports.ts';
import {
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  chunkName,
  ENTRY_ADVANCE_START,
  ENTRY_BATCH,
  ENTRY_BYTES,
  ENTRY_DELETE_TOPIC,
  entryKind,
  entryLength,
  entryOffset,
  entryPartition,
  entrySequenceDelta,
  entryTopicId,
  FRAME_HEADER_BYTES,
  frameSeed,
  parseFileName,
} from './chunk-format.ts';
import { FrameScanner, type ScanStep } from './frame-scanner.ts';
import type { Manifest, ManifestChunk } from './manifest.ts';
import { asBrokerError, takeLock } from './open.ts';
import { readManifest } from './recovery.ts';
import { readChunkHeader } from './sealed-loader.ts';

export interface InspectOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
}

/** One entry of a frame, as it is stored. */
export interface InspectedEntry {
  readonly kind: 'batch' | 'delete-topic' | 'advance-start';
  readonly topicId: Uuid;
  readonly partition: number;
  /** Base offset of a batch; the new start of an advance-start. */
  readonly offset: number;
  readonly sequence: number;
  /** Position of the batch in the chunk file, and its bytes; for events where it would be, and nothing. */
  readonly position: number;
  /** Valid until the walk goes on. */
  readonly batch: Buffer;
}

export interface InspectedFrame {
  readonly position: number;
  readonly length: number;
  readonly sequence: number;
  readonly durableSequence: number;
  readonly leaderEpoch: number;
  readonly cleaned: boolean;
  readonly entries: readonly InspectedEntry[];
}

/** A chunk file on the way from its first frame to where no whole frame is left. */
export interface InspectedChunk {
  readonly path: string;
  readonly header: ChunkHeader;
  /** What the manifest says of it; null for a chunk that is not sealed. */
  readonly sealed: ManifestChunk | null;
  readonly sizeBytes: number;
}

/** Runs `visit` with the manifest while nobody else may use the directory. */
export async function withLockedLog<T>(
  options: InspectOptions,
  visit: (manifest: Manifest) => Promise<T>,
): Promise<T> {
  const { disk, directory } = options;
  if (!disk.exists(directory)) throw missing('directory', directory);
  let lock: DirectoryLock | null = null;
  try {
    lock = takeLock(disk, directory);
    const manifest = readManifest(options);
    if (manifest.generation === 0) throw missing('log in', directory);
    return await visit(manifest);
  } catch (error) {
    throw error instanceof DiskError ? asBrokerError(error) : error;
  } finally {
    lock?.release();
  }
}

function missing(what: string, directory: string): BrokerError {
  return new BrokerError(
    'storage-failed',
    `There is no ${what} ${directory}. Name the directory of a broker's data.`,
  );
}

/** Ids of the chunk files behind the sealed ones, in the order of the log. */
export function tailIds(options: InspectOptions, manifest: Manifest): number[] {
  const sealed = new Set(manifest.chunks.map((chunk) => chunk.id));
  const ids: number[] = [];
  for (const name of options.disk.list(options.directory)) {
    const parsed = parseFileName(name);
    if (parsed?.kind === 'chunk' && parsed.id >= manifest.tailChunkId && !sealed.has(parsed.id))
      ids.push(parsed.id);
  }
  return ids.sort((a, b) => a - b);
}

/**
 * Walks over the frames of one chunk. `onFrame` is called for each; returns where it stopped and why (`end` at the end
 * of the frames).
 */
export async function walkChunk(
  options: InspectOptions,
  chunk: { readonly id: number; readonly sealed: ManifestChunk | null },
  visitor: {
    readonly onChunk: (chunk: InspectedChunk) => void;
    readonly onFrame: (frame: InspectedFrame) => void | Promise<void>;
  },
): Promise<{ position: number; step: ScanStep }> {
  const path = `${options.directory}/${chunkName(chunk.id)}`;
  const file = options.disk.open(path, 'read');
  try {
    const header = readChunkHeader(file, chunk.id);
    const sizeBytes = file.size();
    visitor.onChunk({ path, header, sealed: chunk.sealed, sizeBytes });
    const end = Math.min(sizeBytes, chunk.sealed?.endPosition ?? sizeBytes);
    const life = { mark: header.mark, seed: frameSeed(header.id) };
    const scanner = new FrameScanner(file, life, { position: CHUNK_HEADER_BYTES, end });
    for (;;) {
      const step = await scanner.next();
      if (step.kind !== 'frame') return { position: scanner.position, step };
      await visitor.onFrame(inspectFrame(scanner));
    }
  } finally {
    file.close();
  }
}

function inspectFrame(scanner: FrameScanner): InspectedFrame {
  const buffer = scanner.buffer;
  const entries: InspectedEntry[] = [];
  let offsetInFrame = FRAME_HEADER_BYTES + scanner.entryCount * ENTRY_BYTES;
  for (let i = 0; i < scanner.entryCount; i++) {
    const at = scanner.entryAt(i);
    const length = entryLength(buffer, at);
    entries.push({
      kind: KINDS[entryKind(buffer, at)]!,
      topicId: entryTopicId(buffer, at),
      partition: entryPartition(buffer, at),
      offset: entryOffset(buffer, at),
      sequence: scanner.sequence + entrySequenceDelta(buffer, at),
      position: scanner.position + offsetInFrame,
      batch: buffer.subarray(scanner.at + offsetInFrame, scanner.at + offsetInFrame + length),
    });
    offsetInFrame += length;
  }
  return {
    position: scanner.position,
    length: scanner.length,
    sequence: scanner.sequence,
    durableSequence: scanner.durableSequence,
    leaderEpoch: scanner.leaderEpoch,
    cleaned: scanner.isCleaned,
    entries,
  };
}

const KINDS: Readonly<Record<number, InspectedEntry['kind']>> = {
  [ENTRY_BATCH]: 'batch',
  [ENTRY_DELETE_TOPIC]: 'delete-topic',
  [ENTRY_ADVANCE_START]: 'advance-start',
};

/** How a stream is named where its topic's name is not known. */
export const streamLabel = (topicId: Uuid, partition: number): string =>
  `${uuidToString(topicId)}-${partition}`;

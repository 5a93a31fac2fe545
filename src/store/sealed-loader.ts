/**
 * Loads the directory of a sealed chunk from its sidecar. A sidecar that is missing or damaged is made again from the
 * chunk, which holds everything that it says.
 */
import { crc32c } from '../base/crc32c.ts';
import { BrokerError } from '../base/errors.ts';
import type { Clock, Disk, DiskFile, Logger } from '../platform/ports.ts';
import { batchLastOffsetDelta, batchMaxTimestamp } from '../record/batch.ts';
import { Chunk } from './chunk.ts';
import {
  CHUNK_FORMAT_VERSION,
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  chunkName,
  decodeChunkHeader,
  ENTRY_BATCH,
  ENTRY_BYTES,
  entryKind,
  entryLength,
  entryOffset,
  entryPartition,
  entrySequenceDelta,
  entryTopicId,
  FRAME_HEADER_BYTES,
  indexName,
} from './chunk-format.ts';
import { runInSteps, writeWhole } from './file-io.ts';
import { FrameScanner } from './frame-scanner.ts';
import { type ManifestChunk, newerFormat } from './manifest.ts';
import { MemoryIndex } from './memory-index.ts';
import {
  DIRECTORY_ROW_BYTES,
  Directory,
  decodeIndexHeader,
  encodeIndex,
  INDEX_FORMAT_VERSION,
  INDEX_HEADER_BYTES,
  type IndexSummary,
} from './sealed-index.ts';
import { type StreamState, StreamTable } from './stream-state.ts';

export interface LoaderOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly salvage: boolean;
}

/** Reads and checks a chunk file's header. Throws BrokerError: a named chunk always had a whole one. */
export function readChunkHeader(file: DiskFile, id: number): ChunkHeader {
  const buffer = Buffer.alloc(CHUNK_HEADER_BYTES);
  const bytesRead = file.readSync(buffer, 0);
  const header = decodeChunkHeader(buffer.subarray(0, bytesRead));
  if (header === null || header.id !== id) {
    throw lost(file.path, 0, 'the header of the chunk is damaged');
  }
  if (header.version > CHUNK_FORMAT_VERSION)
    throw newerFormat(file.path, header.version, CHUNK_FORMAT_VERSION);
  return header;
}

/** The refusal to open a damaged log. */
export function corrupt(path: string, position: number, what: string): BrokerError {
  return new BrokerError(
    'storage-failed',
    `The log is corrupt: ${path}, byte ${position}: ${what}. Restore it from a backup, or start with ` +
      'salvaging to serve what is whole.',
  );
}

/** The same where salvaging does not help either. */
export function lost(path: string, position: number, what: string): BrokerError {
  return new BrokerError(
    'storage-failed',
    `The log is corrupt: ${path}, byte ${position}: ${what}. Restore the data directory from a backup; salvaging ` +
      'does not help with this.',
  );
}

/** A sealed chunk as the manifest names it, with its directory. `table` has the streams that live. */
export async function loadSealedChunk(
  options: LoaderOptions,
  row: ManifestChunk,
  table: StreamTable,
): Promise<Chunk> {
  const path = `${options.directory}/${chunkName(row.id)}`;
  if (!options.disk.exists(path)) throw lost(path, 0, 'the manifest names this chunk and it is missing');
  const file = options.disk.open(path, 'read');
  try {
    const chunk = new Chunk(readChunkHeader(file, row.id));
    if (file.size() < row.endPosition) {
      throw lost(path, file.size(), `the file ends here and its frames end at byte ${row.endPosition}`);
    }
    chunk.memory = null;
    chunk.firstSequence = row.firstSequence;
    chunk.lastSequence = row.lastSequence;
    chunk.endPosition = row.endPosition;
    const rows = readDirectory(options, row) ?? (await rebuild(options, chunk, file));
    chunk.directory = new Directory(chunk, rows, table);
    return chunk;
  } finally {
    file.close();
  }
}

/** The directory's rows as bytes; null, with a warning, where the sidecar can't be used. */
function readDirectory(options: LoaderOptions, row: ManifestChunk): Buffer | null {
  const path = `${options.directory}/${indexName(row.id)}`;
  const unusable = (why: string): null => {
    options.logger.warn({ path }, `The index ${path} ${why}; it is made again from its chunk.`);
    return null;
  };
  if (!options.disk.exists(path)) return unusable('is missing');
  const file = options.disk.open(path, 'read');
  try {
    const head = Buffer.alloc(INDEX_HEADER_BYTES);
    const header = decodeIndexHeader(head.subarray(0, file.readSync(head, 0)));
    if (header === null) return unusable('is damaged in its header');
    if (header.version > INDEX_FORMAT_VERSION) throw newerFormat(path, header.version, INDEX_FORMAT_VERSION);
    if (header.chunkId !== row.id || header.endPosition !== row.endPosition)
      return unusable('is of another chunk');
    const bytes = header.streamCount * DIRECTORY_ROW_BYTES;
    if (file.size() < INDEX_HEADER_BYTES + bytes) return unusable('is too short');
    const rows = Buffer.allocUnsafe(bytes);
    if (file.readSync(rows, INDEX_HEADER_BYTES) < bytes) return unusable('is too short');
    return crc32c(rows) === header.directoryCrc ? rows : unusable('is damaged in its directory');
  } finally {
    file.close();
  }
}

/** Cleaned chunks have their frames by stream, all others by sequence. */
function isMisplaced(chunk: Chunk, sequence: number, last: number): boolean {
  return !chunk.cleaned && (sequence <= last || sequence > chunk.lastSequence);
}

/** Makes the sidecar of a sealed chunk again, and returns its directory's rows. */
async function rebuild(options: LoaderOptions, chunk: Chunk, file: DiskFile): Promise<Buffer> {
  const index = new MemoryIndex(chunk.id);
  const streams = new StreamTable();
  const scanner = new FrameScanner(file, chunk, { position: CHUNK_HEADER_BYTES, end: chunk.endPosition });
  let last = chunk.firstSequence - 1;
  for (;;) {
    let step = await scanner.next();
    // A whole frame in a wrong place: a copy of an earlier one, as a misdirected write leaves it.
    if (step.kind === 'frame' && isMisplaced(chunk, scanner.sequence, last)) {
      step = { kind: 'bad', why: `frame ${scanner.sequence} stands behind frame ${last}` };
    }
    if (step.kind === 'frame') {
      last = scanner.sequence;
      indexFrame(scanner, index, (entry) =>
        streams.getOrCreate(entryTopicId(scanner.buffer, entry), entryPartition(scanner.buffer, entry)),
      );
      continue;
    }
    if (scanner.position === chunk.endPosition) break;
    const problem = corrupt(
      file.path,
      scanner.position,
      step.kind === 'bad' ? step.why : 'no frame begins here',
    );
    if (!options.salvage) throw problem;
    options.logger.error(
      { path: file.path, position: scanner.position },
      `${problem.message} Salvaging: what is behind is lost.`,
    );
    break;
  }
  return writeIndex(options, index, chunk);
}

/** Writes the sidecar of a chunk, durable but for its name, and returns its directory's rows. */
export async function writeIndex(
  options: Pick<LoaderOptions, 'directory' | 'disk' | 'clock'>,
  index: MemoryIndex,
  chunk: Chunk,
): Promise<Buffer> {
  const summary: IndexSummary = {
    chunkId: chunk.id,
    firstSequence: chunk.firstSequence,
    lastSequence: chunk.lastSequence,
    endPosition: chunk.endPosition,
  };
  const content = await runInSteps(options.clock, encodeIndex(index, summary));
  await writeWhole({ ...options, path: `${options.directory}/${indexName(chunk.id)}`, content });
  return content.subarray(
    INDEX_HEADER_BYTES,
    INDEX_HEADER_BYTES + index.streams.length * DIRECTORY_ROW_BYTES,
  );
}

/** Adds the batches of the scanner's frame to an index. */
export function indexFrame(
  scanner: FrameScanner,
  index: MemoryIndex,
  streamOf: (entryAt: number) => StreamState,
): void {
  const buffer = scanner.buffer;
  let offsetInFrame = FRAME_HEADER_BYTES + scanner.entryCount * ENTRY_BYTES;
  for (let i = 0; i < scanner.entryCount; i++) {
    const entry = scanner.entryAt(i);
    if (entryKind(buffer, entry) !== ENTRY_BATCH) continue;
    const length = entryLength(buffer, entry);
    index.add(streamOf(entry), {
      baseOffset: entryOffset(buffer, entry),
      lastOffsetDelta: batchLastOffsetDelta(buffer, scanner.at + offsetInFrame),
      position: scanner.position + offsetInFrame,
      length,
      maxTimestamp: batchMaxTimestamp(buffer, scanner.at + offsetInFrame),
      sequence: scanner.sequence + entrySequenceDelta(buffer, entry),
    });
    offsetInFrame += length;
  }
}

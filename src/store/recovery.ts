/**
 * Brings a directory back to a whole log: manifest, sidecars' directories, then a walk over the chunks behind the last
 * sealed one. How long it takes depends on those, not on what is stored.
 *
 * What the walk finds at the first place that is no whole frame decides:
 * - Nothing behind it: the end of the log.
 * - A frame behind it that was made when the missing one was already durable (its durable sequence says so): the log is
 *   corrupt. That is said, with file and position, and opening is refused (or, salvaging, the walk goes on there).
 * - Frames behind it that prove no such thing: writes that were never acknowledged as durable, of which a power cut
 *   kept some and not others. They are cut off, and how much is logged.
 *
 * What was found is synced and sealed at once, and the log goes on in a new chunk: so nothing that was cut can ever be
 * taken for a frame again. Recovery that is interrupted begins anew and comes to the same result.
 */
import { type Uuid, uuidToString } from '../base/uuid.ts';
import { batchLastOffsetDelta } from '../record/batch.ts';
import { Chunk } from './chunk.ts';
import type { ChunkFiles } from './chunk-files.ts';
import {
  CHUNK_HEADER_BYTES,
  chunkName,
  ENTRY_ADVANCE_START,
  ENTRY_BATCH,
  ENTRY_BYTES,
  ENTRY_DELETE_TOPIC,
  entryKind,
  entryLength,
  entryOffset,
  entryPartition,
  entryTopicId,
  FRAME_HEADER_BYTES,
  MANIFEST_NAME,
  MANIFEST_TEMPORARY_NAME,
  parseFileName,
} from './chunk-format.ts';
import type { Checkpointer } from './contract.ts';
import { datasync, readWhole } from './file-io.ts';
import { type FoundFrame, FrameScanner, findFrame } from './frame-scanner.ts';
import {
  decodeManifest,
  decodeStreams,
  encodeStreams,
  type Manifest,
  type ManifestChunk,
} from './manifest.ts';
import type { ManifestStore } from './manifest-store.ts';
import { Directory } from './sealed-index.ts';
import {
  corrupt,
  indexFrame,
  type LoaderOptions,
  loadSealedChunk,
  lost,
  readChunkHeader,
  writeIndex,
} from './sealed-loader.ts';
import type { StreamState, StreamTable } from './stream-state.ts';

/** A manifest with a million streams is about 50 MB; the upper layers' checkpoint comes on top. */
const MANIFEST_BYTES_MAX = 1024 * 1024 * 1024;

export interface RecoveryOptions extends LoaderOptions {
  readonly table: StreamTable;
  readonly files: ChunkFiles;
  readonly checkpointer: Checkpointer | undefined;
}

export interface Recovered {
  /** Sealed chunks, oldest first. */
  readonly chunks: Chunk[];
  readonly nextSequence: number;
}

/** The manifest of a directory, or that of an empty log where there is none yet. Throws BrokerError. */
export function readManifest(options: Pick<LoaderOptions, 'directory' | 'disk'>): Manifest {
  const { directory, disk } = options;
  const path = `${directory}/${MANIFEST_NAME}`;
  if (disk.exists(path)) return decodeManifest(readWhole(disk, path, MANIFEST_BYTES_MAX), path);
  const chunk = disk.list(directory).find((name) => parseFileName(name)?.kind === 'chunk');
  if (chunk !== undefined) {
    throw lost(path, 0, `the manifest is missing, and there are chunks (${chunk})`);
  }
  return {
    generation: 0,
    nextChunkId: 1,
    tailChunkId: 1,
    leaderEpoch: 0,
    chunks: [],
    compactions: [],
    checkpoint: { nextSequence: 1, streams: Buffer.alloc(0), streamCount: 0, upper: null },
  };
}

/** Rebuilds the log from `manifests.current` and the chunks behind it, and seals what it found. */
export async function recover(options: RecoveryOptions, manifests: ManifestStore): Promise<Recovered> {
  const { table, files, checkpointer } = options;
  const manifest = manifests.current;
  for (const row of decodeStreams(manifest.checkpoint)) {
    const stream = table.getOrCreate(row.topicId, row.partition);
    stream.startOffset = row.startOffset;
    stream.endOffset = row.endOffset;
    stream.epochs = row.epochs;
  }
  for (const compaction of manifest.compactions) {
    const stream = table.get(compaction.topicId, compaction.partition);
    if (stream === undefined) continue;
    stream.compactedTo = compaction.compactedTo;
    stream.compactedFromChunk = compaction.compactedFromChunk;
  }
  checkpointer?.load(manifest.checkpoint.upper);
  files.raiseNextId(manifest.nextChunkId);
  const tail = sortFiles(options, manifest);
  const chunks: Chunk[] = [];
  for (const row of manifest.chunks) chunks.push(await loadSealedChunk(options, row, table));

  const walk = new TailWalk(options, manifest.checkpoint.nextSequence);
  const found = await walk.run(tail);
  await seal(options, manifests, { found, nextSequence: walk.nextSequence });
  for (const chunk of found) chunks.push(chunk);
  for (const stream of table.used()) stream.highWatermark = stream.endOffset;
  countBytes(chunks);
  return { chunks, nextSequence: walk.nextSequence };
}

/** Removes what belongs to nothing, spares too, and returns the ids of the chunks behind the checkpoint. */
function sortFiles(options: RecoveryOptions, manifest: Manifest): number[] {
  const { directory, disk, files } = options;
  const sealed = new Set(manifest.chunks.map((chunk) => chunk.id));
  const tail: number[] = [];
  for (const name of disk.list(directory)) {
    const path = `${directory}/${name}`;
    const parsed = parseFileName(name);
    if (name === MANIFEST_TEMPORARY_NAME) disk.remove(path);
    if (parsed === null) continue;
    files.raiseNextId(parsed.id + 1);
    if (sealed.has(parsed.id)) continue;
    if (parsed.kind === 'chunk' && parsed.id >= manifest.tailChunkId) tail.push(parsed.id);
    else disk.remove(path);
  }
  return tail.sort((a, b) => a - b);
}

/** The walk over the chunks behind the checkpoint. */
class TailWalk {
  readonly #options: RecoveryOptions;
  nextSequence: number;
  /** Damage was met, and what is whole behind it is wanted. */
  #salvaging = false;

  constructor(options: RecoveryOptions, nextSequence: number) {
    this.#options = options;
    this.nextSequence = nextSequence;
  }

  /** Returns the chunks that hold frames, cut to them; empty ones are removed. */
  async run(ids: readonly number[]): Promise<Chunk[]> {
    const { directory, disk } = this.#options;
    const chunks: Chunk[] = [];
    for (const id of ids) {
      const path = `${directory}/${chunkName(id)}`;
      const file = disk.open(path, 'write');
      const chunk = new Chunk(readChunkHeader(file, id));
      chunk.writer = file;
      chunks.push(chunk);
    }
    // What cleaning had written and not put into the manifest.
    const log = chunks.filter((chunk) => !chunk.cleaned);
    for (let i = 0; i < log.length; i++) await this.#walkChunk(log, i);
    const found = log.filter((chunk) => !chunk.isEmpty);
    for (const chunk of chunks) {
      if (found.includes(chunk)) continue;
      chunk.writer?.close();
      disk.remove(`${directory}/${chunkName(chunk.id)}`);
    }
    return found;
  }

  async #walkChunk(log: readonly Chunk[], place: number): Promise<void> {
    const chunk = log[place]!;
    const file = chunk.writer!;
    const end = file.size();
    let position = CHUNK_HEADER_BYTES;
    for (;;) {
      const scanner = new FrameScanner(file, chunk, { position, end });
      const stop = await this.#walkFrames(chunk, scanner);
      const resumeAt = await this.#judge(log, place, { position: scanner.position, why: stop });
      if (resumeAt === null) return;
      position = resumeAt;
    }
  }

  /** Takes frames in as long as they follow one another; returns why it stopped. */
  async #walkFrames(chunk: Chunk, scanner: FrameScanner): Promise<string> {
    for (;;) {
      const step = await scanner.next();
      if (step.kind !== 'frame') return step.kind === 'bad' ? step.why : 'no frame begins here';
      if (scanner.sequence !== this.nextSequence) {
        return `frame ${scanner.sequence} stands where frame ${this.nextSequence} is due`;
      }
      this.#take(chunk, scanner);
    }
  }

  /**
   * Looks at what is behind the place where the walk stopped. Null: the chunk ends there. Otherwise, salvaging, the
   * position at which to go on.
   */
  async #judge(
    log: readonly Chunk[],
    place: number,
    stop: { position: number; why: string },
  ): Promise<number | null> {
    const hole = this.nextSequence;
    const chunk = log[place]!;
    const path = chunk.writer!.path;
    const proves = (frame: FoundFrame): boolean => frame.sequence > hole && frame.durableSequence >= hole;
    for (let i = place; i < log.length; i++) {
      const file = log[i]!.writer!;
      const position = i === place ? stop.position : CHUNK_HEADER_BYTES;
      // The next chunk may well go on with the very frame that is due.
      if (i > place && (await startsWith(log[i]!, hole))) break;
      const proof = await findFrame(file, log[i]!, { position, end: file.size() }, proves);
      if (proof === null) continue;
      const problem = corrupt(
        path,
        stop.position,
        `${stop.why}; frame ${hole} is missing, though frame ${proof.sequence} at byte ${proof.position} of ` +
          `${file.path} says that it was durable`,
      );
      if (!this.#options.salvage) throw problem;
      this.#salvaging = true;
      this.#options.logger.error({ path, position: stop.position }, `${problem.message} Salvaging.`);
      break;
    }
    if (this.#salvaging) return this.#skipHole(log, place, stop.position);
    const cut = chunk.writer!.size() - stop.position;
    this.#options.logger.debug(
      { path, position: stop.position, bytes: cut },
      `${path} ends at byte ${stop.position}.`,
    );
    if (stop.why !== 'no frame begins here') {
      this.#options.logger.warn(
        { path, position: stop.position, bytes: cut },
        `${path}, byte ${stop.position}: ${stop.why}. It was never acknowledged as durable and is cut off, with ` +
          `the ${cut} bytes behind it.`,
      );
    }
    return null;
  }

  /** Salvaging: goes on with the next frame that is whole, in this chunk (returns where) or a later one (null). */
  async #skipHole(log: readonly Chunk[], place: number, from: number): Promise<number | null> {
    const hole = this.nextSequence;
    for (let i = place; i < log.length; i++) {
      const file = log[i]!.writer!;
      const position = i === place ? from : CHUNK_HEADER_BYTES;
      const usable = (frame: FoundFrame): boolean =>
        frame.sequence > hole || (frame.sequence === hole && (i > place || frame.position > from));
      const next = await findFrame(file, log[i]!, { position, end: file.size() }, usable);
      if (next === null) continue;
      this.nextSequence = next.sequence;
      if (next.sequence > hole) {
        this.#options.logger.error(
          { firstLost: hole, lastLost: next.sequence - 1 },
          `Salvaging: frames ${hole} to ${next.sequence - 1} are lost; the log goes on at byte ${next.position} of ${file.path}.`,
        );
      }
      return i === place ? next.position : null;
    }
    return null;
  }

  #take(chunk: Chunk, scanner: FrameScanner): void {
    const { table } = this.#options;
    const buffer = scanner.buffer;
    const path = chunk.writer!.path;
    indexFrame(scanner, chunk.memory!, (entry) =>
      table.getOrCreate(entryTopicId(buffer, entry), entryPartition(buffer, entry)),
    );
    let batchAt = scanner.at + FRAME_HEADER_BYTES + scanner.entryCount * ENTRY_BYTES;
    for (let i = 0; i < scanner.entryCount; i++) {
      const entry = scanner.entryAt(i);
      const kind = entryKind(buffer, entry);
      if (kind === ENTRY_DELETE_TOPIC) {
        this.#deleteTopic(entryTopicId(buffer, entry));
        continue;
      }
      const stream = table.getOrCreate(entryTopicId(buffer, entry), entryPartition(buffer, entry));
      const offset = entryOffset(buffer, entry);
      if (kind === ENTRY_ADVANCE_START) {
        stream.moveStart(Math.min(Math.max(offset, stream.startOffset), stream.endOffset));
      } else if (kind === ENTRY_BATCH) {
        if (offset !== stream.endOffset)
          this.#offsetGap(stream, { path, position: scanner.position, offset });
        const length = entryLength(buffer, entry);
        stream.noteEpoch(scanner.leaderEpoch);
        const batch = buffer.subarray(batchAt, batchAt + length);
        batchAt += length;
        stream.endOffset = offset + batchLastOffsetDelta(batch) + 1;
        this.#options.checkpointer?.replay(stream, batch);
      }
    }
    if (chunk.isEmpty) chunk.firstSequence = scanner.sequence;
    chunk.lastSequence = scanner.sequence;
    chunk.endPosition = scanner.position + scanner.length;
    this.nextSequence = scanner.sequence + 1;
  }

  #deleteTopic(topicId: Uuid): void {
    this.#options.table.deleteTopic(topicId);
    this.#options.checkpointer?.topicDeleted(topicId);
  }

  #offsetGap(stream: StreamState, at: { path: string; position: number; offset: number }): void {
    const problem = corrupt(
      at.path,
      at.position,
      `a batch of partition ${stream.partition} of topic ${uuidToString(stream.topicId)} has base offset ` +
        `${at.offset} where ${stream.endOffset} is due`,
    );
    if (!this.#options.salvage || at.offset < stream.endOffset) throw problem;
    this.#options.logger.error(
      { path: at.path, position: at.position },
      `${problem.message} Salvaging: the offsets between are lost.`,
    );
    stream.endOffset = at.offset;
  }
}

/** Whether a chunk's first frame is whole and has this sequence. */
async function startsWith(chunk: Chunk, sequence: number): Promise<boolean> {
  const file = chunk.writer!;
  const scanner = new FrameScanner(file, chunk, { position: CHUNK_HEADER_BYTES, end: file.size() });
  return (await scanner.next()).kind === 'frame' && scanner.sequence === sequence;
}

/** Makes what the walk found durable, gives it sidecars, and puts it into the manifest. */
async function seal(
  options: RecoveryOptions,
  manifests: ManifestStore,
  walked: { found: readonly Chunk[]; nextSequence: number },
): Promise<void> {
  const { table, files, checkpointer } = options;
  for (const chunk of walked.found) {
    const file = chunk.writer!;
    file.truncate(chunk.endPosition);
    await datasync(file);
    file.close();
    chunk.writer = null;
    const index = chunk.memory!;
    const rows = await writeIndex(options, index, chunk);
    index.detach();
    chunk.memory = null;
    chunk.directory = new Directory(chunk, rows, table);
  }
  const checkpoint = {
    nextSequence: walked.nextSequence,
    ...encodeStreams(table.used()),
    upper: checkpointer?.save() ?? null,
  };
  await manifests.update((current) => ({
    nextChunkId: files.nextId,
    tailChunkId: files.nextId,
    leaderEpoch: current.generation === 0 ? 0 : current.leaderEpoch + 1,
    chunks: [...current.chunks, ...walked.found.map(manifestRow)],
    compactions: current.compactions,
    checkpoint,
  }));
}

/** A sealed chunk as the manifest names it. */
export function manifestRow(chunk: Chunk): ManifestChunk {
  return {
    id: chunk.id,
    firstSequence: chunk.firstSequence,
    lastSequence: chunk.lastSequence,
    endPosition: chunk.endPosition,
    cleaned: chunk.cleaned,
    compacted: chunk.compacted,
  };
}

/** Sets the size of all streams from the directories of the chunks. */
function countBytes(chunks: readonly Chunk[]): void {
  for (const chunk of chunks) {
    const directory = chunk.directory!;
    for (let i = 0; i < directory.streams.length; i++)
      directory.streams[i]!.sizeBytes += directory.liveBytes(i);
  }
}

/**
 * The chunk files of one directory: makes the next one ahead of time, keeps a bounded number of sealed ones open for
 * reading, and turns dropped ones into spares.
 *
 * A file gets its name `ID.chunk` only after its header is durable: a chunk whose header can't be read is therefore
 * damaged, never half made. While a file is being made it is called `ID.spare`, like a dropped one that waits for its
 * next life, and its content means nothing.
 */
import { assert } from '../base/assert.ts';
import {
  type Clock,
  type Disk,
  DiskError,
  type DiskFile,
  type Logger,
  type Random,
} from '../platform/ports.ts';
import { Chunk } from './chunk.ts';
import {
  CHUNK_FORMAT_VERSION,
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  chunkName,
  encodeChunkHeader,
  indexName,
  spareName,
} from './chunk-format.ts';
import type { StoreSettings } from './settings.ts';

export interface ChunkFilesOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random | undefined;
  readonly logger: Logger;
  readonly settings: StoreSettings;
}

/** Removing a large file at once holds the event loop for tens of ms: it is cut by this much at a time first. */
const SHRINK_STEP_BYTES = 16 * 1024 * 1024;
/** Pause between two cuts, ms. */
const SHRINK_PAUSE_MS = 2;

interface OpenFile {
  readonly file: DiskFile;
  users: number;
}

export class ChunkFiles {
  readonly #options: ChunkFilesOptions;
  #nextId = 1;
  #prepared: Chunk | null = null;
  #preparing = false;
  /** The id of the last chunk that was taken: one that is prepared later must have a higher one. */
  #takenId = 0;
  readonly #spares: string[] = [];
  /** Open for reading, least recently used first. */
  readonly #open = new Map<Chunk, OpenFile>();
  #closed = false;
  #onPrepared: () => void = () => {};

  constructor(options: ChunkFilesOptions) {
    this.#options = options;
  }

  get nextId(): number {
    return this.#nextId;
  }

  /** Ids below `id` have been in use. */
  raiseNextId(id: number): void {
    if (id > this.#nextId) this.#nextId = id;
  }

  path(name: string): string {
    return `${this.#options.directory}/${name}`;
  }

  /** A new id for a chunk that is written beside the log (cleaning). */
  newHeader(cleaned: { coversFirst: number; coversLast: number; compacted: boolean } | null): ChunkHeader {
    const id = this.#nextId++;
    return {
      id,
      version: CHUNK_FORMAT_VERSION,
      mark: this.#options.random === undefined ? derivedMark(id) : drawnMark(this.#options.random),
      cleaned: cleaned !== null,
      compacted: cleaned?.compacted ?? false,
      createdMs: this.#options.clock.nowMs(),
      coversFirst: cleaned?.coversFirst ?? 0,
      coversLast: cleaned?.coversLast ?? 0,
    };
  }

  /** The next chunk to be written: the one made ahead, or a new one, which takes some ms. Throws DiskError. */
  take(): Chunk {
    const chunk = this.#prepared ?? this.#makeNow();
    this.#prepared = null;
    this.#takenId = chunk.id;
    return chunk;
  }

  /** Makes the next chunk beside the loop. A full disk is no error here: `take` will meet it. */
  prepare(): void {
    if (this.#preparing || this.#prepared !== null || this.#closed) return;
    this.#preparing = true;
    let made: { chunk: Chunk; sparePath: string };
    try {
      made = this.#write();
    } catch (error) {
      this.#preparing = false;
      if (!(error instanceof DiskError)) throw error;
      this.#options.logger.warn({ path: error.path }, `The next chunk can't be made ahead: ${error.message}`);
      return;
    }
    const { chunk, sparePath } = made;
    chunk.writer!.datasync((error) => {
      this.#preparing = false;
      if (error === null && !this.#closed && chunk.id > this.#takenId) this.#finish(chunk, sparePath);
      else this.#abandon(chunk, sparePath);
      this.#onPrepared();
    });
  }

  /** A file that is not needed any more: a spare, or removed where there are enough. */
  retire(path: string, id: number, sizeBytes: number): void {
    const { disk, settings } = this.#options;
    const fits = sizeBytes <= settings.chunkBytes * 1.25 && sizeBytes >= settings.chunkBytes / 2;
    if (!fits || this.#spares.length >= settings.sparesMax) {
      this.#removeInSteps(path, sizeBytes);
      return;
    }
    const spare = this.path(spareName(id));
    if (spare !== path) disk.rename(path, spare);
    this.#spares.push(spare);
  }

  /** Gives the space of all spares back to the volume. */
  removeSpares(): void {
    const { disk, logger } = this.#options;
    for (const path of this.#spares.splice(0)) {
      try {
        disk.remove(path);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        // The next start removes it.
        logger.warn({ path }, `A spare file can't be removed now: ${error.message}`);
      }
    }
  }

  /** The chunk's file for reading; give it back with `release`. Throws DiskError. */
  acquire(chunk: Chunk): DiskFile {
    let open = this.#open.get(chunk);
    if (open === undefined) {
      open = { file: this.#options.disk.open(this.path(chunkName(chunk.id)), 'read'), users: 0 };
    } else {
      this.#open.delete(chunk);
    }
    open.users++;
    this.#open.set(chunk, open);
    if (this.#open.size > this.#options.settings.openFilesMax) this.#closeOne();
    return open.file;
  }

  release(chunk: Chunk): void {
    const open = this.#open.get(chunk);
    if (open === undefined) return;
    assert(open.users > 0, 'a file is released as often as it was acquired');
    open.users--;
    if (chunk.dropped && open.users === 0) this.#removeDropped(chunk);
  }

  /** Removes or recycles the files of a chunk that is no longer in the manifest, when nobody reads them. */
  drop(chunk: Chunk): void {
    chunk.dropped = true;
    const open = this.#open.get(chunk);
    if (open === undefined || open.users === 0) this.#removeDropped(chunk);
  }

  /** Closes everything, once nothing is in flight. No chunk may be taken or acquired any more. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#preparing) {
      await new Promise<void>((resolve) => {
        this.#onPrepared = resolve;
      });
    }
    for (const { file, users } of this.#open.values()) {
      assert(users === 0, 'reads end before their files are closed');
      file.close();
    }
    this.#open.clear();
    if (this.#prepared !== null) {
      this.#abandon(this.#prepared, this.path(chunkName(this.#prepared.id)));
      this.#prepared = null;
    }
  }

  #makeNow(): Chunk {
    const { chunk, sparePath } = this.#write();
    try {
      chunk.writer!.datasyncSync();
      this.#name(chunk, sparePath);
    } catch (error) {
      this.#abandon(chunk, sparePath);
      throw error;
    }
    return chunk;
  }

  /** A spare or a new file, with a header that is not durable yet. */
  #write(): { chunk: Chunk; sparePath: string } {
    const { disk, settings } = this.#options;
    const header = this.newHeader(null);
    const recycled = this.#spares.pop();
    const sparePath = recycled ?? this.path(spareName(header.id));
    const file = disk.open(sparePath, recycled === undefined ? 'create' : 'write');
    const chunk = new Chunk(header);
    chunk.writer = file;
    try {
      const runway = recycled === undefined ? Math.min(settings.runwayBytes, settings.chunkBytes) : 0;
      file.writev([encodeChunkHeader(header)], 0);
      if (runway > 0) writeRunway(file, runway);
      chunk.allocatedBytes = file.size();
    } catch (error) {
      this.#abandon(chunk, sparePath);
      throw error;
    }
    return { chunk, sparePath };
  }

  #finish(chunk: Chunk, sparePath: string): void {
    try {
      this.#name(chunk, sparePath);
      this.#prepared = chunk;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#abandon(chunk, sparePath);
    }
  }

  #name(chunk: Chunk, sparePath: string): void {
    this.#options.disk.rename(sparePath, this.path(chunkName(chunk.id)));
    this.#options.disk.syncDirectory(this.#options.directory);
  }

  #abandon(chunk: Chunk, path: string): void {
    chunk.writer?.close();
    chunk.writer = null;
    const named = this.path(chunkName(chunk.id));
    for (const candidate of path === named ? [path] : [path, named]) {
      if (this.#options.disk.exists(candidate)) this.#options.disk.remove(candidate);
    }
  }

  #closeOne(): void {
    for (const [chunk, open] of this.#open) {
      if (open.users > 0) continue;
      open.file.close();
      this.#open.delete(chunk);
      return;
    }
  }

  /** Removes a file that nothing names any more. Where the log closes or fails meanwhile, the next start removes it. */
  #removeInSteps(path: string, sizeBytes: number): void {
    const { disk, clock, logger } = this.#options;
    if (sizeBytes <= SHRINK_STEP_BYTES) {
      disk.remove(path);
      return;
    }
    const file = disk.open(path, 'write');
    const step = (): void => {
      try {
        const size = file.size();
        if (size > SHRINK_STEP_BYTES && !this.#closed) {
          file.truncate(size - SHRINK_STEP_BYTES);
          clock.setTimer(SHRINK_PAUSE_MS, step);
          return;
        }
        file.close();
        if (size <= SHRINK_STEP_BYTES) disk.remove(path);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        logger.warn({ path }, `A dropped chunk can't be removed now: ${error.message}`);
      }
    };
    step();
  }

  #removeDropped(chunk: Chunk): void {
    const { disk, logger } = this.#options;
    const open = this.#open.get(chunk);
    if (open !== undefined) {
      open.file.close();
      this.#open.delete(chunk);
    }
    const index = this.path(indexName(chunk.id));
    const path = this.path(chunkName(chunk.id));
    try {
      if (disk.exists(index)) disk.remove(index);
      if (!disk.exists(path)) return;
      // A cleaned one may have an id of the tail. When a power cut undoes its new name, recovery looks into it, and must
      // not find the header of another chunk.
      if (chunk.cleaned) this.#removeInSteps(path, chunk.endPosition);
      else this.retire(path, chunk.id, chunk.endPosition);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      // The next start removes what the manifest doesn't name.
      logger.warn({ path }, `A dropped chunk can't be removed now: ${error.message}`);
    }
  }
}

/** Never 0, so that zeros are no frame. */
const drawnMark = (random: Random): number => random.bytes(4).readUInt32BE(0) || 1;
const derivedMark = (id: number): number => Math.imul(id, 0x85ebca6b) >>> 0 || 1;

/** Zeros behind the header, as far as there is room: a broker also starts on a disk that is all but full. */
function writeRunway(file: DiskFile, bytes: number): void {
  try {
    file.writev([Buffer.alloc(bytes)], CHUNK_HEADER_BYTES);
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'full')) throw error;
  }
}

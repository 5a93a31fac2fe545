/**
 * Walks over the frames of a chunk file and checks every byte of them: header CRC, lengths, and each batch by its own
 * CRC. It says where it had to stop and why; what that means is for the caller to judge.
 */
import { crc32c } from '../base/crc32c.ts';
import type { DiskFile } from '../platform/ports.ts';
import {
  BATCH_CRC_START,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  batchBaseOffset,
  batchCrc,
  batchLeaderEpoch,
  batchMagic,
  batchSizeBytes,
} from '../record/batch.ts';
import {
  ENTRY_ADVANCE_START,
  ENTRY_BATCH,
  ENTRY_BYTES,
  ENTRY_DELETE_TOPIC,
  entryKind,
  entryLength,
  entryOffset,
  FRAME_ENTRIES_MAX,
  FRAME_FLAG_CLEANED,
  FRAME_HEADER_BYTES,
  frameCrc,
  frameDurableSequence,
  frameEntryCount,
  frameFlags,
  frameLeaderEpoch,
  frameLength,
  frameMark,
  frameSequence,
} from './chunk-format.ts';
import { readAt } from './file-io.ts';

const WINDOW_BYTES = 4 * 1024 * 1024;

/** What identifies the frames of one life of a chunk file. */
export interface ChunkLife {
  readonly mark: number;
  readonly seed: number;
}

/**
 * `end`: no frame begins here (the end of the file, zeros, or what the file held in an earlier life). `bad`: a frame
 * begins here and is not whole.
 */
export type ScanStep = { readonly kind: 'frame' | 'end' } | { readonly kind: 'bad'; readonly why: string };

const FRAME: ScanStep = { kind: 'frame' };
const END: ScanStep = { kind: 'end' };
const bad = (why: string): ScanStep => ({ kind: 'bad', why });

export class FrameScanner {
  readonly #file: DiskFile;
  readonly #life: ChunkLife;
  readonly #end: number;
  /** One piece of memory for all that is read, and the part of it that is. */
  #memory = Buffer.alloc(0);
  #window = this.#memory;
  #windowPosition: number;
  #next: number;

  /** Bytes of the current frame are `buffer[at, at + length)`, until the next step. */
  at = 0;
  length = 0;
  /** Position of the current frame in the file, or of the place where the walk stopped. */
  position: number;

  /** Walks over [position, end) of the file. */
  constructor(file: DiskFile, life: ChunkLife, range: { position: number; end: number }) {
    this.#file = file;
    this.#life = life;
    this.#end = range.end;
    this.#next = range.position;
    this.#windowPosition = range.position;
    this.position = range.position;
  }

  get buffer(): Buffer {
    return this.#window;
  }
  get entryCount(): number {
    return frameEntryCount(this.#window, this.at);
  }
  get sequence(): number {
    return frameSequence(this.#window, this.at);
  }
  get durableSequence(): number {
    return frameDurableSequence(this.#window, this.at);
  }
  get leaderEpoch(): number {
    return frameLeaderEpoch(this.#window, this.at);
  }
  get isCleaned(): boolean {
    return (frameFlags(this.#window, this.at) & FRAME_FLAG_CLEANED) !== 0;
  }
  /** Position in `buffer` of an entry of the current frame. */
  entryAt(entry: number): number {
    return this.at + FRAME_HEADER_BYTES + entry * ENTRY_BYTES;
  }

  /** Goes to the next frame. */
  async next(): Promise<ScanStep> {
    this.position = this.#next;
    const remaining = this.#end - this.position;
    if (remaining < FRAME_HEADER_BYTES) return END;
    if (!this.#has(FRAME_HEADER_BYTES)) await this.#load(FRAME_HEADER_BYTES);
    if (!this.#has(FRAME_HEADER_BYTES)) return END;
    this.at = this.position - this.#windowPosition;
    if (frameMark(this.#window, this.at) !== this.#life.mark) return END;
    const length = frameLength(this.#window, this.at);
    const entryCount = frameEntryCount(this.#window, this.at);
    const headBytes = FRAME_HEADER_BYTES + entryCount * ENTRY_BYTES;
    if (entryCount > FRAME_ENTRIES_MAX || headBytes > length) return bad('its length and count do not fit');
    if (length > remaining) return bad(`it has ${length} bytes and ${remaining} are there`);
    if (!this.#has(length)) await this.#load(length);
    if (!this.#has(length)) return bad('the file ends in it');
    this.at = this.position - this.#windowPosition;
    const problem = this.#check(length, entryCount, headBytes);
    if (problem !== null) return bad(problem);
    this.length = length;
    this.#next = this.position + length;
    return FRAME;
  }

  #check(length: number, entryCount: number, headBytes: number): string | null {
    const buffer = this.#window;
    const at = this.at;
    if (crc32c(buffer, at + 8, at + headBytes, this.#life.seed) !== frameCrc(buffer, at)) {
      return 'the checksum of its header is wrong';
    }
    const epoch = frameFlags(buffer, at) & FRAME_FLAG_CLEANED ? null : frameLeaderEpoch(buffer, at);
    let batchAt = at + headBytes;
    const end = at + length;
    for (let i = 0; i < entryCount; i++) {
      const entry = this.entryAt(i);
      const kind = entryKind(buffer, entry);
      const bytes = entryLength(buffer, entry);
      if (kind === ENTRY_DELETE_TOPIC || kind === ENTRY_ADVANCE_START) {
        if (bytes !== 0) return `event ${i} has a length`;
        continue;
      }
      if (kind !== ENTRY_BATCH) return `entry ${i} is of the unknown kind ${kind}`;
      if (batchAt + bytes > end) return `batch ${i} does not fit into it`;
      const problem = checkBatch(buffer, batchAt, { bytes, offset: entryOffset(buffer, entry), epoch });
      if (problem !== null) return `batch ${i}: ${problem}`;
      batchAt += bytes;
    }
    return batchAt === end ? null : 'its batches are shorter than it';
  }

  #has(bytes: number): boolean {
    return this.position + bytes <= this.#windowPosition + this.#window.length;
  }

  /** Makes the window begin at `position` and hold `bytes` at least, where the file has them. */
  async #load(bytes: number): Promise<void> {
    const size = Math.min(Math.max(bytes, WINDOW_BYTES), this.#end - this.position);
    if (this.#memory.length < size) this.#memory = Buffer.allocUnsafeSlow(size);
    const bytesRead = await readAt(this.#file, this.#memory.subarray(0, size), this.position);
    this.#window = this.#memory.subarray(0, bytesRead);
    this.#windowPosition = this.position;
  }
}

/** What is wrong with a stored batch; null where it is whole and what its entry says. */
export function checkBatch(
  buffer: Buffer,
  at: number,
  expected: { bytes: number; offset: number; epoch: number | null },
): string | null {
  if (expected.bytes < BATCH_HEADER_BYTES) return `${expected.bytes} bytes are no batch`;
  if (batchSizeBytes(buffer, at) !== expected.bytes) return 'its length is not what the frame says';
  if (batchMagic(buffer, at) !== BATCH_MAGIC) return `its magic is ${batchMagic(buffer, at)}`;
  if (batchBaseOffset(buffer, at) !== expected.offset) return 'its base offset is not what the frame says';
  if (expected.epoch !== null && batchLeaderEpoch(buffer, at) !== expected.epoch) {
    return 'its leader epoch is not what the frame says';
  }
  if (crc32c(buffer, at + BATCH_CRC_START, at + expected.bytes) !== batchCrc(buffer, at)) {
    return 'its checksum is wrong';
  }
  return null;
}

export interface FoundFrame {
  readonly position: number;
  readonly sequence: number;
  readonly durableSequence: number;
}

/** The first frame in [position, end) whose header is whole and that `wanted` accepts. */
export async function findFrame(
  file: DiskFile,
  life: ChunkLife,
  range: { position: number; end: number },
  wanted: (frame: FoundFrame) => boolean,
): Promise<FoundFrame | null> {
  const pattern = Buffer.alloc(4);
  pattern.writeUInt32BE(life.mark);
  let position = range.position;
  while (range.end - position >= FRAME_HEADER_BYTES) {
    const window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, range.end - position));
    const bytesRead = await readAt(file, window, position);
    if (bytesRead < FRAME_HEADER_BYTES) return null;
    const last = bytesRead - FRAME_HEADER_BYTES;
    for (let at = window.indexOf(pattern); at >= 0 && at <= last; at = window.indexOf(pattern, at + 1)) {
      const header = window.subarray(at, at + FRAME_HEADER_BYTES);
      const found = {
        position: position + at,
        sequence: frameSequence(header, 0),
        durableSequence: frameDurableSequence(header, 0),
      };
      if (
        wanted(found) &&
        (await headIsWhole(file, life, { header, position: position + at, end: range.end }))
      ) {
        return found;
      }
    }
    position += last + 1;
  }
  return null;
}

async function headIsWhole(
  file: DiskFile,
  life: ChunkLife,
  frame: { header: Buffer; position: number; end: number },
): Promise<boolean> {
  const entryCount = frameEntryCount(frame.header, 0);
  const headBytes = FRAME_HEADER_BYTES + entryCount * ENTRY_BYTES;
  if (entryCount > FRAME_ENTRIES_MAX || frame.position + headBytes > frame.end) return false;
  const head = Buffer.allocUnsafe(headBytes);
  if ((await readAt(file, head, frame.position)) < headBytes) return false;
  return crc32c(head, 8, headBytes, life.seed) === frameCrc(head, 0);
}

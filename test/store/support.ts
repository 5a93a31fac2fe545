/** What the store's tests share: batches, topics, a quiet logger that remembers, and opening a log. */
import { crc32c } from '../../src/base/crc32c.ts';
import { writeInt64 } from '../../src/base/int64.ts';
import type { Uuid } from '../../src/base/uuid.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from '../../src/base/varint.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Clock, Disk, Logger } from '../../src/platform/ports.ts';
import { BATCH_HEADER_BYTES } from '../../src/record/batch.ts';
import type {
  AppendAccepted,
  AppendRequest,
  ChunkLog,
  ReadResult,
  Stream,
} from '../../src/store/contract.ts';
import { type OpenChunkLogOptions, openChunkLog } from '../../src/store/open.ts';

/** A topic id of sixteen equal characters. */
export const topic = (letter: string): Uuid => letter.repeat(16) as Uuid;

export interface BatchOptions {
  /** One record for each value. */
  readonly values: readonly string[];
  readonly timestamp?: number;
  /** Added to `timestamp` for each further record. */
  readonly timestampStep?: number;
  readonly producerId?: number;
}

/** An uncompressed v2 batch with base offset 0, as a producer sends it. */
export function makeBatch({
  values,
  timestamp = 1000,
  timestampStep = 0,
  producerId = -1,
}: BatchOptions): Buffer {
  const records = values.map((value, i) => makeRecord(i, i * timestampStep, Buffer.from(value)));
  const body = Buffer.concat(records);
  const batch = Buffer.alloc(BATCH_HEADER_BYTES + body.length);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt32BE(values.length - 1, 23);
  writeInt64(batch, 27, timestamp);
  writeInt64(batch, 35, Math.max(timestamp, timestamp + (values.length - 1) * timestampStep));
  writeInt64(batch, 43, producerId);
  batch.writeInt16BE(-1, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeInt32BE(values.length, 57);
  body.copy(batch, BATCH_HEADER_BYTES);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

function makeRecord(offsetDelta: number, timestampDelta: number, value: Buffer): Buffer {
  const size =
    1 +
    varlongSize(timestampDelta) +
    varintSize(offsetDelta) +
    1 +
    varintSize(value.length) +
    value.length +
    1;
  const record = Buffer.alloc(varintSize(size) + size);
  let at = writeVarint(record, 0, size);
  record[at++] = 0;
  at = writeVarlong(record, at, timestampDelta);
  at = writeVarint(record, at, offsetDelta);
  at = writeVarint(record, at, -1);
  at = writeVarint(record, at, value.length);
  at += value.copy(record, at);
  writeVarint(record, at, 0);
  return record;
}

/** Remembers what was logged, by level. */
export class TestLogger implements Logger {
  readonly lines: { level: 'debug' | 'info' | 'warn' | 'error'; message: string }[] = [];
  debug(_fields: object, message: string): void {
    this.lines.push({ level: 'debug', message });
  }
  info(_fields: object, message: string): void {
    this.lines.push({ level: 'info', message });
  }
  warn(_fields: object, message: string): void {
    this.lines.push({ level: 'warn', message });
  }
  error(_fields: object, message: string): void {
    this.lines.push({ level: 'error', message });
  }
  messages(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}

export const DIRECTORY = '/log';

/** Settings at which chunks are small and nothing is held in reserve. */
export const SMALL = {
  chunkBytes: 64 * 1024,
  writeHereBytesMax: 2000,
  runwayBytes: 4096,
  diskReserveBytes: 0,
} as const;

export function memoryDisk(sizeBytes?: number): Disk {
  return createMemoryDisk({ clock: nodeClock, ...(sizeBytes === undefined ? {} : { sizeBytes }) });
}

export function openLog(
  disk: Disk,
  options: Partial<OpenChunkLogOptions> & { clock?: Clock } = {},
): Promise<ChunkLog> {
  return openChunkLog({
    directory: DIRECTORY,
    disk,
    clock: nodeClock,
    logger: new TestLogger(),
    settings: SMALL,
    onFatal: (error) => {
      throw error;
    },
    ...options,
  });
}

/** Appends and waits for the commit; throws a refusal. */
export function appendDurably(
  log: ChunkLog,
  request: Omit<AppendRequest, 'durability'>,
): Promise<AppendAccepted> {
  return new Promise((resolve, reject) => {
    const accepted = log.append({
      ...request,
      durability: 'fsync',
      onCommitted: () => resolve(accepted as AppendAccepted),
    });
    if (accepted instanceof Error) reject(accepted);
  });
}

export function appendValues(log: ChunkLog, stream: Stream, ...values: string[]): Promise<AppendAccepted> {
  return appendDurably(log, { entries: [{ stream, batch: makeBatch({ values }) }] });
}

export function read(log: ChunkLog, stream: Stream, offset: number, bytesMax = 1 << 20): Promise<ReadResult> {
  return new Promise((resolve, reject) => {
    log.read({ stream, offset, bytesMax }, (error, result) => {
      if (error !== null) reject(error);
      else resolve(result!);
    });
  });
}

/** Everything of a stream from an offset on, as one buffer, through cold reads. */
export async function readAll(log: ChunkLog, stream: Stream, from = stream.startOffset): Promise<Buffer[]> {
  const batches: Buffer[] = [];
  await log.replay(stream, { fromOffset: from }, (batch) => void batches.push(Buffer.from(batch)));
  return batches;
}

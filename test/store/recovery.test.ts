import { describe, expect, it } from 'vitest';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Disk } from '../../src/platform/ports.ts';
import { batchBaseOffset } from '../../src/record/batch.ts';
import type { ChunkLog } from '../../src/store/contract.ts';
import { verifyLog } from '../../src/store/verify.ts';
import {
  appendValues,
  DIRECTORY,
  memoryDisk,
  openLog,
  readAll,
  SMALL,
  TestLogger,
  topic,
} from './support.ts';

/** A log that was left as it was, without a stop. */
async function abandonedLog(disk: Disk, values: number): Promise<ChunkLog> {
  const log = await openLog(disk);
  for (let i = 0; i < values; i++)
    await appendValues(log, log.stream(topic('a'), 0), `value ${i} `.repeat(20));
  return log;
}

/** A copy of a log's directory as a crash of the process leaves it: without the lock. */
function copyDirectory(from: Disk): Disk {
  const to = memoryDisk();
  to.makeDirectory(DIRECTORY);
  for (const name of from.list(DIRECTORY)) write(to, name, content(from, name));
  return to;
}

function content(disk: Disk, name: string): Buffer {
  const file = disk.open(`${DIRECTORY}/${name}`, 'read');
  const buffer = Buffer.alloc(file.size());
  file.readSync(buffer, 0);
  file.close();
  return buffer;
}

function write(disk: Disk, name: string, bytes: Buffer): void {
  const path = `${DIRECTORY}/${name}`;
  if (disk.exists(path)) disk.remove(path);
  const file = disk.open(path, 'create');
  file.writev([bytes], 0);
  file.close();
}

function change(disk: Disk, name: string, position: number): void {
  const bytes = content(disk, name);
  bytes[position]! ^= 0x40;
  write(disk, name, bytes);
}

const chunks = (disk: Disk): string[] => disk.list(DIRECTORY).filter((name) => name.endsWith('.chunk'));
const verify = (disk: Disk) => verifyLog({ directory: DIRECTORY, disk, clock: nodeClock });

/** Position of the frame with this sequence in a chunk of one stream. */
function framePosition(bytes: Buffer, sequence: number): number {
  const mark = bytes.subarray(64, 68);
  for (let at = bytes.indexOf(mark, 64); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (bytes.readUInt32BE(at + 20) === sequence) return at;
  }
  throw new Error(`no frame ${sequence}`);
}

describe('recovery', () => {
  it('cuts a torn end off, says so, and never takes it for data later', async () => {
    const left = memoryDisk();
    await abandonedLog(left, 10);
    const disk = copyDirectory(left);
    const [name] = chunks(disk);
    change(disk, name!, framePosition(content(disk, name!), 10) + 200);
    expect((await verify(disk)).problems).toEqual([]);
    expect((await verify(disk)).notes).toHaveLength(1);

    const logger = new TestLogger();
    const log = await openLog(disk, { logger });
    const stream = log.stream(topic('a'), 0);
    expect(stream.endOffset).toBe(9);
    expect(logger.messages('warn')).toEqual([expect.stringMatching(/byte \d+: .*cut off/)]);
    await appendValues(log, stream, 'again');
    expect((await readAll(log, stream)).map((batch) => batchBaseOffset(batch))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    await log.close();
    expect((await verify(disk)).problems).toEqual([]);
  });

  it('refuses damage before frames that say it was durable, and names the place', async () => {
    const left = memoryDisk();
    await abandonedLog(left, 10);
    const disk = copyDirectory(left);
    const [name] = chunks(disk);
    const position = framePosition(content(disk, name!), 4);
    change(disk, name!, position + 150);
    const opening = openLog(disk);
    await expect(opening).rejects.toMatchObject({ code: 'storage-failed' });
    await expect(opening).rejects.toThrow(
      new RegExp(`${name}, byte ${position}: batch 0: its checksum is wrong`),
    );
    const report = await verify(disk);
    expect(report.problems).toEqual([expect.objectContaining({ path: `${DIRECTORY}/${name}`, position })]);

    const logger = new TestLogger();
    const log = await openLog(disk, { logger, settings: { salvage: true } });
    const batches = await readAll(log, log.stream(topic('a'), 0));
    expect(batches.map((batch) => batchBaseOffset(batch))).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
    expect(logger.messages('error').join('\n')).toMatch(/frames 4 to 4 are lost/);
    await log.close();
  });

  it('refuses a damaged chunk header, a missing chunk and a missing manifest', async () => {
    const left = memoryDisk();
    const log = await abandonedLog(left, 10);
    const header = copyDirectory(left);
    change(header, chunks(header)[0]!, 3);
    for (const salvage of [false, true]) {
      await expect(openLog(header, { settings: { ...SMALL, salvage } })).rejects.toThrow(
        /header of the chunk is damaged\. Restore .* from a backup; salvaging does not help/,
      );
    }
    const manifest = copyDirectory(left);
    manifest.remove(`${DIRECTORY}/manifest`);
    await expect(openLog(manifest)).rejects.toThrow(/manifest is missing/);
    await log.close();
    const chunk = copyDirectory(left);
    chunk.remove(`${DIRECTORY}/${chunks(chunk)[0]!}`);
    await expect(openLog(chunk)).rejects.toThrow(/names this chunk and it is missing/);
    const changed = copyDirectory(left);
    change(changed, 'manifest', 40);
    await expect(openLog(changed)).rejects.toThrow(/manifest .* is damaged: its checksum is wrong/);
  });

  it('makes a missing or damaged index again', async () => {
    const left = memoryDisk();
    await (await abandonedLog(left, 10)).close();
    const index = left.list(DIRECTORY).find((name) => name.endsWith('.index'))!;
    const whole = content(left, index);
    for (const damage of ['missing', 'header', 'directory'] as const) {
      const disk = copyDirectory(left);
      if (damage === 'missing') disk.remove(`${DIRECTORY}/${index}`);
      else change(disk, index, damage === 'header' ? 30 : 70);
      const logger = new TestLogger();
      const log = await openLog(disk, { logger });
      expect(logger.messages('warn')).toHaveLength(1);
      expect(await readAll(log, log.stream(topic('a'), 0))).toHaveLength(10);
      await log.close();
      expect(content(disk, index).equals(whole)).toBe(true);
    }
  });

  it('refuses what a newer version wrote', async () => {
    const left = memoryDisk();
    await (await abandonedLog(left, 1)).close();
    const bytes = content(left, 'manifest');
    bytes.writeUInt16BE(3, 8);
    write(left, 'manifest', bytes);
    const opening = openLog(left);
    await expect(opening).rejects.toMatchObject({ code: 'unsupported-format' });
    await expect(opening).rejects.toThrow(/format version 3; this version of Polylog reads up to 2/);
  });

  it('refuses a directory that is in use, and frees it when opening fails', async () => {
    const disk = memoryDisk();
    const log = await openLog(disk);
    await expect(openLog(disk)).rejects.toThrow(/in use by this process/);
    await expect(verify(disk)).rejects.toThrow(/in use by this process/);
    await log.close();
    disk.remove(`${DIRECTORY}/manifest`);
    write(disk, '000000000009.chunk', Buffer.alloc(64));
    await expect(openLog(disk)).rejects.toThrow(/manifest is missing/);
    await expect(openLog(disk)).rejects.toThrow(/manifest is missing/);
  });
});

/** The two disks of the product behave alike; what the real one does with locks comes on top. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { nodeDisk } from '../../src/platform/node/disk.ts';
import { type Disk, DiskError, type DiskFile } from '../../src/platform/ports.ts';

const root = mkdtempSync(`${tmpdir()}/polylog-disk-`);
afterAll(() => rmSync(root, { recursive: true }));

const disks: [string, Disk, string][] = [
  ['in memory', createMemoryDisk({ clock: nodeClock }), '/root'],
  ['of Node', nodeDisk, root],
];

const sync = (file: DiskFile): Promise<DiskError | null> => new Promise((resolve) => file.datasync(resolve));
const read = (file: DiskFile, into: Uint8Array, position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    file.read(into, position, (error, bytesRead) => (error === null ? resolve(bytesRead) : reject(error))),
  );

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof DiskError ? error.code : `another error: ${String(error)}`;
  }
  return 'none';
}

for (const [name, disk, base] of disks) {
  describe(`the disk ${name}`, () => {
    const directory = `${base}/a/b`;

    it('writes many buffers at once and reads them back', async () => {
      disk.makeDirectory(directory);
      const file = disk.open(`${directory}/data`, 'create');
      const buffers = Array.from({ length: 3000 }, (_, i) => Buffer.alloc((i * 37) % 400, i));
      file.writev(buffers, 100);
      const all = Buffer.concat([Buffer.alloc(100), ...buffers]);
      expect(file.size()).toBe(all.length);
      expect(await sync(file)).toBeNull();
      file.datasyncSync();
      const whole = Buffer.alloc(all.length + 50);
      expect(await read(file, whole, 0)).toBe(all.length);
      expect(whole.subarray(0, all.length).equals(all)).toBe(true);
      const part = Buffer.alloc(1000);
      expect(file.readSync(part, 300_000)).toBe(1000);
      expect(part.equals(all.subarray(300_000, 301_000))).toBe(true);
      expect(await read(file, part, all.length)).toBe(0);
      file.close();
    });

    it('reads zeros where a file was cut and grew again', () => {
      const file = disk.open(`${directory}/cut`, 'create');
      file.writev([Buffer.alloc(1000, 7)], 0);
      file.truncate(10);
      file.writev([Buffer.alloc(1, 9)], 500);
      const into = Buffer.alloc(600);
      expect(file.readSync(into, 0)).toBe(501);
      expect([into[9], into[10], into[499], into[500]]).toEqual([7, 0, 0, 9]);
      file.close();
    });

    it('lists, renames and removes, and says what is wrong', () => {
      disk.open(`${directory}/one`, 'create').close();
      expect(code(() => disk.open(`${directory}/one`, 'create'))).toBe('exists');
      disk.rename(`${directory}/one`, `${directory}/two`);
      expect(disk.list(directory)).toEqual(['cut', 'data', 'two']);
      expect(disk.exists(`${directory}/one`)).toBe(false);
      disk.remove(`${directory}/two`);
      disk.syncDirectory(directory);
      for (const mode of ['read', 'write'] as const) {
        expect(code(() => disk.open(`${directory}/two`, mode))).toBe('not-found');
      }
      expect(code(() => disk.remove(`${directory}/two`))).toBe('not-found');
      expect(code(() => disk.rename(`${directory}/two`, `${directory}/one`))).toBe('not-found');
      expect(code(() => disk.list(`${base}/nothing`))).toBe('not-found');
      const { freeBytes, totalBytes } = disk.space(directory);
      expect(freeBytes).toBeGreaterThan(0);
      expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
    });

    it('gives the lock of a directory once', () => {
      const taken = disk.lock(directory);
      if (!('lock' in taken)) throw new Error('the lock was free');
      expect(disk.lock(directory)).toEqual({ owner: expect.stringMatching(/process/) });
      taken.lock.release();
      const again = disk.lock(directory);
      if ('lock' in again) again.lock.release();
      expect(again).toHaveProperty('lock');
    });
  });
}

describe('a memory disk of bounded size', () => {
  it('is full at its end', () => {
    const disk = createMemoryDisk({ clock: nodeClock, sizeBytes: 1024 * 1024 });
    const file = disk.open('/a', 'create');
    file.writev([Buffer.alloc(600_000)], 0);
    expect(code(() => file.writev([Buffer.alloc(600_000)], 600_000))).toBe('full');
    disk.remove('/a');
    expect(disk.space('/').freeBytes).toBe(1024 * 1024);
  });
});

describe('the lock of a real directory', () => {
  const path = `${root}/lock`;

  it('names the process that has it', () => {
    const taken = nodeDisk.lock(root);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(nodeDisk.lock(root)).toEqual({ owner: `process ${process.pid}` });
    if ('lock' in taken) taken.lock.release();
  });

  it('takes over what a dead process left, and a number that is used again', () => {
    const dead = { pid: 2 ** 22 + 1, began: 'boot/1' };
    const reused = { pid: process.pid, began: 'an earlier boot/1' };
    for (const content of [JSON.stringify(dead), JSON.stringify(reused), 'nonsense', '']) {
      writeFileSync(path, content);
      const taken = nodeDisk.lock(root);
      expect(taken).toHaveProperty('lock');
      if ('lock' in taken) taken.lock.release();
      expect(nodeDisk.exists(path)).toBe(false);
    }
  });
});

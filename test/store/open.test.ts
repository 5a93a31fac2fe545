/** What is said where a data directory can't be made or used. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { nodeDisk } from '../../src/platform/node/disk.ts';
import { type Disk, DiskError, type DiskErrorCode } from '../../src/platform/ports.ts';
import { verifyLog } from '../../src/store/verify.ts';
import { memoryDisk, openLog } from './support.ts';

const base = mkdtempSync(`${tmpdir()}/polylog-open-`);
afterAll(() => rmSync(base, { recursive: true }));

const messageOf = (disk: Disk, directory: string): Promise<string> =>
  openLog(disk, { directory }).then(
    async (log) => {
      await log.close();
      return 'opened';
    },
    (error: Error) => error.message,
  );

describe('a data directory', () => {
  it('is made with its parents', async () => {
    expect(await messageOf(nodeDisk, `${base}/a/b/c`)).toBe('opened');
    expect(await messageOf(nodeDisk, `${base}/a/b/c`)).toBe('opened');
  });

  it('can not stand where a file is, nor under one', async () => {
    writeFileSync(`${base}/file`, '');
    for (const directory of [`${base}/file`, `${base}/file/x`, `${base}/file/x/y`]) {
      const message = await messageOf(nodeDisk, directory);
      expect(message).toContain(
        `The directory ${directory} can't be made: a file stands in the way. Move that away`,
      );
    }
  });

  it('is inspected only where there is a log', async () => {
    const verify = (directory: string) => verifyLog({ directory, disk: nodeDisk, clock: nodeClock });
    mkdirSync(`${base}/empty`);
    writeFileSync(`${base}/plain`, '');
    await expect(verify(`${base}/none`)).rejects.toThrow(
      /^There is no directory .*none\. Name the directory/,
    );
    await expect(verify(`${base}/empty`)).rejects.toThrow(/^There is no log in .*empty\. Name the directory/);
    await expect(verify(`${base}/plain`)).rejects.toThrow(/A file stands in the way: name a directory/);
  });

  it('can not be made in a file system that takes none', async () => {
    for (const directory of ['/proc/polylog', '/proc/polylog/x']) {
      expect(await messageOf(nodeDisk, directory)).toMatch(
        /^The directory \/proc\/polylog.* can't be made: .*\. /,
      );
    }
  });

  for (const [code, what] of [
    ['not-found', /its parent takes no directories\. Give the broker a data directory on a disk/],
    ['permission', /Give the user of the broker the right to read and write there/],
    ['read-only', /mounted read-only: mount it for writing, or give the broker another directory/],
    ['no-descriptors', /Raise the limit of open files/],
    ['io', /Check the disk/],
  ] as const satisfies readonly (readonly [DiskErrorCode, RegExp])[]) {
    it(`says what to do when the disk says ${code}, at making it and at its lock`, async () => {
      const making = memoryDisk();
      making.makeDirectory = (path) => {
        throw new DiskError(code, path, 'no');
      };
      expect(await messageOf(making, '/x')).toMatch(what);
      if (code === 'not-found') return;
      const locking = memoryDisk();
      locking.lock = (path) => {
        throw new DiskError(code, path, 'no');
      };
      expect(await messageOf(locking, '/x')).toMatch(what);
    });
  }
});

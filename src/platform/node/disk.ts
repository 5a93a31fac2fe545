/** The disk port over node:fs. */
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writev,
  writevSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type Disk, DiskError, type DiskErrorCode, type DiskFile } from '../ports.ts';
import { lockDirectory } from './directory-lock.ts';

const CODES: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'not-found',
  EEXIST: 'exists',
  // A file in the middle of the path.
  ENOTDIR: 'exists',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EMFILE: 'no-descriptors',
  ENFILE: 'no-descriptors',
  EROFS: 'read-only',
  EACCES: 'permission',
  EPERM: 'permission',
};

/** What Node threw, in the port's terms. */
export function diskError(error: unknown, path: string): DiskError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new DiskError(CODES[code] ?? 'io', path, message);
}

function guarded<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw diskError(error, path);
  }
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;
  #busy = 0;
  #closed = false;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  size(): number {
    return guarded(this.path, () => fstatSync(this.#fd).size);
  }

  writev(buffers: readonly Uint8Array[], position: number): void {
    guarded(this.path, () => writeAll(this.#fd, buffers, position));
  }

  writevBeside(
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: DiskError | null) => void,
  ): void {
    this.#busy++;
    const step = (left: Uint8Array[], at: number, bytes: number): void => {
      writev(this.#fd, left, at, (error, written) => {
        if (error === null && written < bytes)
          return step(behind(left, written), at + written, bytes - written);
        this.#settle();
        done(error === null ? null : diskError(error, this.path));
      });
    };
    step(buffers as Uint8Array[], position, bytesOf(buffers));
  }

  readSync(into: Uint8Array, position: number): number {
    return guarded(this.path, () => {
      let filled = 0;
      while (filled < into.length) {
        const bytesRead = readSync(this.#fd, into, filled, into.length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    });
  }

  read(into: Uint8Array, position: number, done: (error: DiskError | null, bytesRead: number) => void): void {
    this.#busy++;
    const step = (filled: number): void => {
      read(this.#fd, into, filled, into.length - filled, position + filled, (error, bytesRead) => {
        if (error === null && bytesRead > 0 && filled + bytesRead < into.length) {
          step(filled + bytesRead);
          return;
        }
        this.#settle();
        done(error === null ? null : diskError(error, this.path), error === null ? filled + bytesRead : 0);
      });
    };
    step(0);
  }

  datasync(done: (error: DiskError | null) => void): void {
    this.#busy++;
    fdatasync(this.#fd, (error) => {
      this.#settle();
      done(error === null ? null : diskError(error, this.path));
    });
  }

  datasyncSync(): void {
    guarded(this.path, () => fdatasyncSync(this.#fd));
  }

  truncate(sizeBytes: number): void {
    guarded(this.path, () => ftruncateSync(this.#fd, sizeBytes));
  }

  /** The descriptor goes when nothing is in flight on it: its number must not become another file's before. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#busy === 0) guarded(this.path, () => closeSync(this.#fd));
  }

  #settle(): void {
    this.#busy--;
    if (this.#closed && this.#busy === 0) guarded(this.path, () => closeSync(this.#fd));
  }
}

/** Goes on after short writes, which a file gives at the end of its space or on a signal. */
function writeAll(fd: number, buffers: readonly Uint8Array[], position: number): void {
  const bytes = bytesOf(buffers);
  let left: Uint8Array[] = buffers as Uint8Array[];
  let written = 0;
  while (written < bytes) {
    const step = writevSync(fd, left, position + written);
    written += step;
    if (written < bytes) left = behind(left, step);
  }
}

function bytesOf(buffers: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const buffer of buffers) bytes += buffer.length;
  return bytes;
}

/** What is left of `buffers` behind their first `bytes` bytes. */
function behind(buffers: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  let place = 0;
  while (skip >= buffers[place]!.length) skip -= buffers[place++]!.length;
  return [buffers[place]!.subarray(skip), ...buffers.slice(place + 1)];
}

/** Not mkdir's own recursion: that never ends where a file system that takes no directories says ENOENT, as /proc does. */
function makeDirectories(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
      throw error;
    }
    const parent = dirname(path);
    if (parent === path || existsSync(parent)) throw error;
    makeDirectories(parent);
    mkdirSync(path);
  }
}

const FLAGS = { read: 'r', write: 'r+', create: 'wx+' } as const;

export const nodeDisk: Disk = {
  makeDirectory: (path) => {
    guarded(path, () => makeDirectories(path));
  },
  list: (path) => guarded(path, () => readdirSync(path).sort()),
  exists: (path) => existsSync(path),
  open: (path, mode) =>
    new NodeFile(
      path,
      guarded(path, () => openSync(path, FLAGS[mode], 0o640)),
    ),
  rename: (from, to) => guarded(from, () => renameSync(from, to)),
  remove: (path) => guarded(path, () => unlinkSync(path)),
  syncDirectory: (path) => {
    guarded(path, () => {
      const fd = openSync(path, 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    });
  },
  space: (path) => {
    const { bavail, blocks, bsize } = guarded(path, () => statfsSync(path));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
  lock: (path) => guarded(path, () => lockDirectory(path)),
};

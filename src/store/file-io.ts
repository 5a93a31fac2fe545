/** The disk's callbacks as promises, for what is not on the path of an append. */
import { assert } from '../base/assert.ts';
import type { Clock, Disk, DiskError, DiskFile } from '../platform/ports.ts';

/** Reads into all of `into`, or as much as there is; returns how many bytes. */
export function readAt(file: DiskFile, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    file.read(into, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead);
      else reject(error);
    });
  });
}

/** The buffers must not change until it has ended. */
export function writev(file: DiskFile, buffers: readonly Uint8Array[], position: number): Promise<void> {
  return ended((done) => file.writevBeside(buffers, position, done));
}

export function datasync(file: DiskFile): Promise<void> {
  return ended((done) => file.datasync(done));
}

function ended(begin: (done: (error: DiskError | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => (error === null ? resolve() : reject(error)));
  });
}

/** Lets the rest of the event loop run. */
export function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.afterTurn(resolve));
}

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
}

/** Runs a generator to its end, letting others run at each of its pauses. */
export async function runInSteps<T>(clock: Clock, steps: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await turn(clock);
  }
}

/** Reads a whole file; `bytesMax` guards against a file that can't be ours. */
export function readWhole(disk: Disk, path: string, bytesMax: number): Buffer {
  const file = disk.open(path, 'read');
  try {
    const size = file.size();
    assert(size <= bytesMax, `${path} has ${size} bytes, more than any of its kind`);
    const buffer = Buffer.allocUnsafe(size);
    const bytesRead = file.readSync(buffer, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    file.close();
  }
}

export interface NewFile {
  readonly disk: Disk;
  readonly path: string;
  readonly content: Buffer;
}

/** Creates or replaces a file with durable content, beside the event loop. Its name is durable after the directory is synced. */
export async function writeWhole({ disk, path, content }: NewFile): Promise<void> {
  if (disk.exists(path)) disk.remove(path);
  const file = disk.open(path, 'create');
  try {
    await writev(file, [content], 0);
    await datasync(file);
  } finally {
    file.close();
  }
}

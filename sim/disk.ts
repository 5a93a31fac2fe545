/**
 * The Disk of a simulated process, over a SimVolume.
 *
 * Every operation is numbered, also the moment at which an asynchronous one completes. `crashAt` kills the process at
 * the operation with that number: before it, or half way through it where it has a half. Misuse that a real disk would
 * not notice at once (using a closed file, closing one with a read or flush in flight, reading behind its end) throws a
 * plain Error, which fails the run.
 */
import {
  type DirectoryLock,
  type Disk,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
} from '../src/platform/ports.ts';
import { type SimProcess, SimulatedCrash } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import { type Directory, type Inode, normalPath, PAGE_BYTES, type SimVolume, splitPath } from './volume.ts';

/** Where a process dies: at the operation with this number, before it or half way through it. */
export interface CrashPoint {
  readonly operation: number;
  readonly half: boolean;
}

/** What async reads find in their buffer until they are done. */
const SCRIBBLE = 0xdb;

export class SimDisk implements Disk {
  readonly volume: SimVolume;
  readonly process: SimProcess;
  readonly #scheduler: Scheduler;
  /** Operations so far. */
  operations = 0;
  /** Flushes that completed. */
  flushes = 0;
  crashAt: CrashPoint | null = null;

  constructor(scheduler: Scheduler, volume: SimVolume, process: SimProcess) {
    this.#scheduler = scheduler;
    this.volume = volume;
    this.process = process;
  }

  makeDirectory(path: string): void {
    this.step('mkdir', path);
    this.volume.makeDirectory(normalPath(path));
  }

  list(path: string): string[] {
    this.process.check();
    const normal = normalPath(path);
    const names = [...this.#directory(normal).names.keys()];
    for (const other of this.volume.directories.keys()) {
      if (other !== '' && splitPath(other).directory === normal) names.push(splitPath(other).name);
    }
    return names.sort();
  }

  exists(path: string): boolean {
    this.process.check();
    return this.volume.directories.has(normalPath(path)) || this.volume.find(path) !== undefined;
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    const normal = normalPath(path);
    if (mode === 'read') this.process.check();
    else this.step('open', normal);
    const { directory, name } = splitPath(normal);
    const holder = this.#directory(directory);
    let inode = holder.names.get(name);
    if (mode === 'create') {
      if (inode !== undefined) throw new DiskError('exists', path, `${path} exists already`);
      this.refuseReadOnly(path);
      inode = this.volume.newInode();
      holder.put(name, inode);
    } else if (inode === undefined) throw notFound(path);
    else if (mode === 'write') this.refuseReadOnly(path);
    return new SimFile(this, inode, normal, mode !== 'read');
  }

  rename(from: string, to: string): void {
    this.step('rename', to);
    this.refuseReadOnly(from);
    const source = splitPath(from);
    const target = splitPath(to);
    const holder = this.#directory(source.directory);
    const inode = holder.names.get(source.name);
    if (inode === undefined) throw notFound(from);
    if (source.directory === target.directory) holder.rename(source.name, target.name);
    else {
      this.#directory(target.directory).put(target.name, inode);
      holder.drop(source.name);
    }
  }

  remove(path: string): void {
    this.step('remove', path);
    this.refuseReadOnly(path);
    const normal = normalPath(path);
    const { directory, name } = splitPath(normal);
    if (this.volume.directories.has(normal)) {
      if (this.list(normal).length > 0) throw new DiskError('io', path, `${path} is not empty`);
      this.volume.directories.delete(normal);
      return;
    }
    const holder = this.#directory(directory);
    if (!holder.names.has(name)) throw notFound(path);
    holder.drop(name);
  }

  syncDirectory(path: string): void {
    const directory = this.#directory(normalPath(path));
    this.step('syncdir', path);
    if (this.volume.prng.chance(this.volume.faults.datasyncFails))
      throw this.failure('io', path, 'the flush failed');
    directory.sync();
  }

  space(_path: string): { freeBytes: number; totalBytes: number } {
    this.process.check();
    const { capacityBytes } = this.volume.faults;
    const totalBytes = Number.isFinite(capacityBytes) ? capacityBytes : 2 ** 40;
    return { freeBytes: Math.max(0, totalBytes - this.volume.usedBytes()), totalBytes };
  }

  lock(path: string): { lock: DirectoryLock } | { owner: string } {
    this.step('lock', path);
    const normal = normalPath(path);
    const owner = this.volume.locks.get(normal);
    if (owner !== undefined) return { owner };
    this.volume.locks.set(normal, this.process.name);
    return {
      lock: {
        release: () => {
          this.process.check();
          this.volume.locks.delete(normal);
        },
      },
    };
  }

  /** Numbers an operation and kills the process where it was asked to die. `half` does the first half of it. */
  step(name: string, path: string, half?: () => void): void {
    this.process.check();
    const number = ++this.operations;
    this.#scheduler.traceText(name);
    this.#scheduler.traceText(path);
    if (this.crashAt?.operation !== number) return;
    if (this.crashAt.half) half?.();
    this.process.kill();
    throw new SimulatedCrash(this.process.name);
  }

  /** Calls `done` later, with a latency of `usMin` to `usMax` and now and then much more. */
  later(usMin: number, usMax: number, done: () => void): void {
    this.#scheduler.schedule(this.latencyUs(usMin, usMax), this.process, done);
  }

  /** The event loop stands still for this long. */
  block(usMin: number, usMax: number): void {
    this.#scheduler.nowUs += this.latencyUs(usMin, usMax);
  }

  latencyUs(usMin: number, usMax: number): number {
    const { prng, faults } = this.volume;
    const us = prng.between(usMin, usMax) * faults.slowness;
    return Math.ceil(prng.chance(0.01) ? us * prng.between(2, 50) : us);
  }

  refuseReadOnly(path: string): void {
    if (this.volume.faults.readOnly) throw this.failure('read-only', path, 'the volume is read-only');
  }

  failure(code: DiskErrorCode, path: string, message: string): DiskError {
    this.#scheduler.traceText(code);
    return new DiskError(code, path, `${path}: ${message}`);
  }

  #directory(path: string): Directory {
    const directory = this.volume.directories.get(path);
    if (directory === undefined) throw notFound(path);
    return directory;
  }
}

class SimFile implements DiskFile {
  readonly path: string;
  readonly #disk: SimDisk;
  readonly #inode: Inode;
  readonly #writable: boolean;
  #open = true;
  #inFlight = 0;

  constructor(disk: SimDisk, inode: Inode, path: string, writable: boolean) {
    this.#disk = disk;
    this.#inode = inode;
    this.path = path;
    this.#writable = writable;
  }

  size(): number {
    this.#check('asked for its size');
    return this.#inode.cache.size;
  }

  writev(buffers: readonly Uint8Array[], position: number): void {
    this.#checkWritable('written');
    const data = Buffer.concat(buffers);
    if (!Number.isInteger(position) || position < 0) throw new Error(`${this.path}: write at ${position}`);
    const { volume } = this.#disk;
    const half = (): void => this.#inode.write(data.subarray(0, volume.prng.int(data.length + 1)), position);
    this.#disk.step('writev', this.path, half);
    this.#disk.refuseReadOnly(this.path);
    if (volume.prng.chance(volume.faults.writeFails)) {
      half();
      throw this.#disk.failure('io', this.path, 'the write failed');
    }
    const room = this.#roomFor(position, data.length);
    this.#inode.write(data.subarray(0, room), position);
    if (room < data.length) throw this.#disk.failure('full', this.path, 'no space left');
  }

  writevBeside(
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: DiskError | null) => void,
  ): void {
    this.#checkWritable('written');
    const { volume } = this.#disk;
    const data = Buffer.concat(buffers);
    // Some of it is in the page cache at once: a flush of what was written before takes it along.
    this.#disk.step('writev-begun', this.path);
    const begun = data.subarray(0, volume.prng.int(data.length + 1));
    if (!volume.faults.readOnly)
      this.#inode.write(begun.subarray(0, this.#roomFor(position, begun.length)), position);
    this.#inFlight++;
    this.#disk.later(20, 200, () => {
      this.#inFlight--;
      if (!data.equals(Buffer.concat(buffers)))
        throw new Error(`${this.path}: what is being written has changed`);
      let failure: DiskError | null = null;
      try {
        this.writev([data], position);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        failure = error;
      }
      done(failure);
    });
  }

  readSync(into: Uint8Array, position: number): number {
    this.#check('read');
    this.#disk.block(5, 60);
    return this.#read(into, position);
  }

  read(into: Uint8Array, position: number, done: (error: DiskError | null, bytesRead: number) => void): void {
    this.#check('read');
    into.fill(SCRIBBLE);
    this.#inFlight++;
    this.#disk.later(20, 200, () => {
      this.#inFlight--;
      let bytes = 0;
      let failure: DiskError | null = null;
      try {
        bytes = this.#read(into, position);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        failure = error;
      }
      done(failure, bytes);
    });
  }

  datasync(done: (error: DiskError | null) => void): void {
    this.#check('flushed');
    this.#disk.step('datasync', this.path);
    const seq = this.#inode.lastSeq;
    this.#inFlight++;
    this.#disk.later(50, 400, () => {
      this.#disk.step('datasync-done', this.path, () => {
        this.#makeDurable(seq);
      });
      this.#inFlight--;
      done(this.#flush(seq));
    });
  }

  datasyncSync(): void {
    this.#check('flushed');
    this.#disk.step('datasync', this.path);
    this.#disk.block(50, 400);
    const failure = this.#flush(this.#inode.lastSeq);
    if (failure !== null) throw failure;
  }

  truncate(sizeBytes: number): void {
    this.#checkWritable('truncated');
    this.#disk.step('truncate', this.path);
    this.#disk.refuseReadOnly(this.path);
    this.#inode.truncate(sizeBytes);
    for (const page of this.#inode.pages) {
      if (page * PAGE_BYTES >= sizeBytes) this.#inode.pages.delete(page);
    }
  }

  close(): void {
    this.#check('closed');
    if (this.#inFlight > 0) {
      throw new Error(`${this.path} was closed with ${this.#inFlight} operations in flight`);
    }
    this.#open = false;
  }

  #read(into: Uint8Array, position: number): number {
    const { prng, faults, readsBehindEnd } = this.#disk.volume;
    if (prng.chance(faults.readFails)) throw this.#disk.failure('io', this.path, 'the read failed');
    const { bytes, size } = this.#inode.cache;
    if (readsBehindEnd && position > size) return 0;
    if (!Number.isInteger(position) || position < 0 || position > size) {
      throw new Error(`${this.path}: read at ${position}, behind its end at ${size}`);
    }
    const count = Math.min(into.length, size - position);
    into.set(bytes.subarray(position, position + count));
    return count;
  }

  #flush(seq: number): DiskError | null {
    const { prng, faults } = this.#disk.volume;
    if (prng.chance(faults.datasyncFails)) {
      this.#inode.failFlush(seq, prng);
      return this.#disk.failure('io', this.path, 'the flush failed');
    }
    this.#disk.flushes++;
    this.#makeDurable(seq);
    return null;
  }

  #makeDurable(seq: number): void {
    const lies = this.#disk.volume.faults.flushesLie?.test(this.path) === true && this.#inode.flushes > 0;
    this.#inode.flushes++;
    if (!lies) this.#inode.flush(seq);
  }

  /** Takes the pages that a write needs; returns how many of its bytes have room. */
  #roomFor(position: number, length: number): number {
    const { volume } = this.#disk;
    const { pages } = this.#inode;
    let free = Number.POSITIVE_INFINITY;
    if (Number.isFinite(volume.faults.capacityBytes)) {
      free = Math.floor((volume.faults.capacityBytes - volume.usedBytes()) / PAGE_BYTES);
    }
    const end = position + length;
    for (let page = Math.floor(position / PAGE_BYTES); page * PAGE_BYTES < end; page++) {
      if (pages.has(page)) continue;
      if (free-- <= 0) return Math.max(0, page * PAGE_BYTES - position);
      pages.add(page);
    }
    return length;
  }

  #check(what: string): void {
    this.#disk.process.check();
    if (!this.#open) throw new Error(`${this.path} was ${what} after it had been closed`);
  }

  #checkWritable(what: string): void {
    this.#check(what);
    if (!this.#writable) throw new Error(`${this.path} was ${what} but opened to read`);
  }
}

function notFound(path: string): DiskError {
  return new DiskError('not-found', path, `there is no ${path}`);
}

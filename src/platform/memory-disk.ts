/**
 * A disk in memory without faults, for brokers that live in a test or a program and leave nothing behind. Everything
 * is durable at once. Memory is taken in blocks as files grow.
 */
import { type Clock, type Disk, DiskError, type DiskFile } from './ports.ts';

const BLOCK_BYTES = 256 * 1024;

interface Content {
  blocks: Buffer[];
  size: number;
}

export interface MemoryDiskOptions {
  /** Runs the callbacks of what is asynchronous. */
  readonly clock: Clock;
  /** What `space` says is there, in bytes; writes beyond it fail with `full`. */
  readonly sizeBytes?: number;
}

export function createMemoryDisk({ clock, sizeBytes = 2 ** 40 }: MemoryDiskOptions): Disk {
  return new MemoryDisk(clock, sizeBytes);
}

class MemoryDisk implements Disk {
  readonly #clock: Clock;
  readonly #sizeBytes: number;
  readonly #files = new Map<string, Content>();
  readonly #directories = new Set<string>();
  readonly #locks = new Set<string>();

  constructor(clock: Clock, sizeBytes: number) {
    this.#clock = clock;
    this.#sizeBytes = sizeBytes;
  }

  makeDirectory(path: string): void {
    this.#directories.add(path);
  }

  list(path: string): string[] {
    const prefix = `${path}/`;
    const names = new Set<string>();
    for (const known of [...this.#files.keys(), ...this.#directories]) {
      if (known.startsWith(prefix)) names.add(known.slice(prefix.length).split('/')[0]!);
    }
    if (names.size === 0 && !this.#directories.has(path)) throw notFound(path);
    return [...names].sort();
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path);
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    let content = this.#files.get(path);
    if (mode === 'create') {
      if (content !== undefined) throw new DiskError('exists', path, `${path} exists`);
      content = { blocks: [], size: 0 };
      this.#files.set(path, content);
    } else if (content === undefined) {
      throw notFound(path);
    }
    return new MemoryFile(path, content, { clock: this.#clock, free: () => this.space().freeBytes });
  }

  rename(from: string, to: string): void {
    const content = this.#files.get(from);
    if (content === undefined) throw notFound(from);
    this.#files.delete(from);
    this.#files.set(to, content);
  }

  remove(path: string): void {
    if (!this.#files.delete(path)) throw notFound(path);
  }

  syncDirectory(): void {}

  space(): { freeBytes: number; totalBytes: number } {
    let used = 0;
    for (const content of this.#files.values()) used += content.blocks.length * BLOCK_BYTES;
    return { freeBytes: Math.max(0, this.#sizeBytes - used), totalBytes: this.#sizeBytes };
  }

  lock(path: string): ReturnType<Disk['lock']> {
    if (this.#locks.has(path)) return { owner: 'this process' };
    this.#locks.add(path);
    return { lock: { release: () => void this.#locks.delete(path) } };
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #content: Content;
  readonly #disk: { clock: Clock; free: () => number };

  constructor(path: string, content: Content, disk: { clock: Clock; free: () => number }) {
    this.path = path;
    this.#content = content;
    this.#disk = disk;
  }

  size(): number {
    return this.#content.size;
  }

  writev(buffers: readonly Uint8Array[], position: number): void {
    let at = position;
    for (const buffer of buffers) {
      this.#reserve(at + buffer.length);
      for (let done = 0; done < buffer.length; ) {
        const block = this.#content.blocks[Math.floor((at + done) / BLOCK_BYTES)]!;
        const start = (at + done) % BLOCK_BYTES;
        const part = Math.min(buffer.length - done, BLOCK_BYTES - start);
        block.set(buffer.subarray(done, done + part), start);
        done += part;
      }
      at += buffer.length;
      this.#content.size = Math.max(this.#content.size, at);
    }
  }

  writevBeside(
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: DiskError | null) => void,
  ): void {
    this.#disk.clock.afterTurn(() => {
      try {
        this.writev(buffers, position);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        return done(error);
      }
      done(null);
    });
  }

  readSync(into: Uint8Array, position: number): number {
    const bytes = Math.max(0, Math.min(into.length, this.#content.size - position));
    for (let done = 0; done < bytes; ) {
      const block = this.#content.blocks[Math.floor((position + done) / BLOCK_BYTES)]!;
      const start = (position + done) % BLOCK_BYTES;
      const part = Math.min(bytes - done, BLOCK_BYTES - start);
      into.set(block.subarray(start, start + part), done);
      done += part;
    }
    return bytes;
  }

  read(into: Uint8Array, position: number, done: (error: DiskError | null, bytesRead: number) => void): void {
    const bytes = this.readSync(into, position);
    this.#disk.clock.afterTurn(() => done(null, bytes));
  }

  datasync(done: (error: DiskError | null) => void): void {
    this.#disk.clock.afterTurn(() => done(null));
  }

  datasyncSync(): void {}

  truncate(sizeBytes: number): void {
    const content = this.#content;
    this.#reserve(sizeBytes);
    content.blocks.length = Math.ceil(sizeBytes / BLOCK_BYTES);
    // What is behind the end reads as zeros when the file grows again.
    content.blocks.at(-1)?.fill(0, sizeBytes % BLOCK_BYTES || BLOCK_BYTES);
    content.size = sizeBytes;
  }

  close(): void {}

  #reserve(sizeBytes: number): void {
    const blocks = this.#content.blocks;
    const missing = Math.ceil(sizeBytes / BLOCK_BYTES) - blocks.length;
    if (missing <= 0) return;
    if (missing * BLOCK_BYTES > this.#disk.free()) {
      throw new DiskError('full', this.path, 'no space left in memory');
    }
    for (let i = 0; i < missing; i++) blocks.push(Buffer.alloc(BLOCK_BYTES));
  }
}

function notFound(path: string): DiskError {
  return new DiskError('not-found', path, `${path} does not exist`);
}

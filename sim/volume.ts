/**
 * A simulated disk volume: what survives the processes that use it.
 *
 * Each file has its content as processes see it (the page cache), its durable content, and the changes between the
 * two in order. A flush makes durable what was written before it began. A crash decides for each 4 KiB page which of
 * the versions it went through has reached the disk (so that writes are reordered), may mix two neighbouring versions
 * by 512 B sectors (a torn page), and decides for each directory how many of its unsynced changes, in order, remain.
 * Directories themselves are durable when made: their loss would only lose what was never used.
 */
import type { Prng } from './prng.ts';

export const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;
const SECTORS_PER_PAGE = PAGE_BYTES / SECTOR_BYTES;

export type Change =
  | { readonly kind: 'write'; readonly seq: number; readonly position: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly seq: number; readonly sizeBytes: number };

/** Bytes with a size that grows; what is between is zero. */
class Content {
  bytes: Buffer = Buffer.alloc(0);
  size = 0;

  write(data: Uint8Array, position: number): void {
    this.#reserve(position + data.length);
    this.bytes.set(data, position);
    this.size = Math.max(this.size, position + data.length);
  }

  truncate(size: number): void {
    this.#reserve(size);
    if (size < this.size) this.bytes.fill(0, size, this.size);
    this.size = size;
  }

  #reserve(size: number): void {
    if (size <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.max(size, 2 * this.bytes.length, PAGE_BYTES));
    grown.set(this.bytes.subarray(0, this.size));
    this.bytes = grown;
  }
}

export class Inode {
  readonly id: number;
  readonly cache = new Content();
  readonly durable = new Content();
  changes: Change[] = [];
  lastSeq = 0;
  flushes = 0;
  readonly pages = new Set<number>();

  constructor(id: number) {
    this.id = id;
  }

  write(data: Buffer, position: number): void {
    if (data.length === 0) return;
    this.cache.write(data, position);
    this.changes.push({ kind: 'write', seq: ++this.lastSeq, position, data });
  }

  truncate(sizeBytes: number): void {
    this.cache.truncate(sizeBytes);
    this.changes.push({ kind: 'truncate', seq: ++this.lastSeq, sizeBytes });
  }

  /** Makes durable all changes up to `seq`. */
  flush(seq: number): void {
    let count = 0;
    while (count < this.changes.length && this.changes[count]!.seq <= seq) {
      const change = this.changes[count++]!;
      if (change.kind === 'write') this.durable.write(change.data, change.position);
      else this.durable.truncate(change.sizeBytes);
    }
    this.changes = this.changes.slice(count);
  }

  /** A flush of the changes up to `seq` failed: some of it is on the disk, and the kernel has forgotten the rest. */
  failFlush(seq: number, prng: Prng): void {
    const later = this.changes.filter((change) => change.seq > seq);
    this.changes = this.changes.filter((change) => change.seq <= seq);
    this.settleChanges(prng, 'pages');
    this.changes = later;
  }

  /** Decides by chance what of the unsynced changes has reached the disk. The cache is left as it is. */
  settleChanges(prng: Prng, fate: CrashFate): void {
    const { changes } = this;
    this.changes = [];
    if (changes.length === 0 || fate === 'none') return;
    const order = fate === 'prefix' ? prng.int(changes.length + 1) : changes.length;
    const kept = changes.slice(0, order);
    const torn = fate === 'prefix' ? changes[order] : undefined;
    if (fate === 'pages') this.#applyPages(kept, prng);
    else for (const change of kept) this.#apply(change);
    if (torn?.kind === 'write') {
      const bytes = Math.min(torn.data.length, SECTOR_BYTES * prng.int(1 + torn.data.length / SECTOR_BYTES));
      // The cut lies on a sector of the device, not of the write.
      const end = Math.max(0, bytes - ((torn.position + bytes) % SECTOR_BYTES));
      this.durable.write(torn.data.subarray(0, end), torn.position);
    }
  }

  #apply(change: Change): void {
    if (change.kind === 'write') this.durable.write(change.data, change.position);
    else this.durable.truncate(change.sizeBytes);
  }

  #applyPages(changes: readonly Change[], prng: Prng): void {
    const versions = new Map<number, number>();
    let truncates = 0;
    for (const change of changes) {
      if (change.kind === 'truncate') truncates++;
      else for (const page of pagesOf(change)) versions.set(page, (versions.get(page) ?? 0) + 1);
    }
    const plans = new Map<number, PagePlan>();
    for (const [page, count] of versions) plans.set(page, planPage(count, prng));
    let truncatesKept = prng.int(truncates + 1);
    for (const change of changes) {
      if (change.kind === 'truncate') {
        if (truncatesKept-- > 0) this.durable.truncate(change.sizeBytes);
      } else for (const page of pagesOf(change)) this.#applyPage(change, page, plans.get(page)!);
    }
    // The size may have reached the disk without the data, which then reads as zeros.
    if (this.durable.size < this.cache.size && prng.chance(0.2)) this.durable.truncate(this.cache.size);
  }

  #applyPage(change: Change & { kind: 'write' }, page: number, plan: PagePlan): void {
    const version = ++plan.seen;
    const start = Math.max(change.position, page * PAGE_BYTES);
    const end = Math.min(change.position + change.data.length, (page + 1) * PAGE_BYTES);
    if (version <= plan.keep) {
      this.durable.write(change.data.subarray(start - change.position, end - change.position), start);
      return;
    }
    if (version !== plan.keep + 1 || plan.tornSectors === 0) return;
    for (let sector = 0; sector < SECTORS_PER_PAGE; sector++) {
      if ((plan.tornSectors & (1 << sector)) === 0) continue;
      const from = Math.max(start, page * PAGE_BYTES + sector * SECTOR_BYTES);
      const to = Math.min(end, page * PAGE_BYTES + (sector + 1) * SECTOR_BYTES);
      if (from < to)
        this.durable.write(change.data.subarray(from - change.position, to - change.position), from);
    }
  }
}

interface PagePlan {
  /** How many of the page's versions are kept, in order. */
  readonly keep: number;
  /** Sectors, as bits, that have the next version already. */
  readonly tornSectors: number;
  seen: number;
}

function planPage(count: number, prng: Prng): PagePlan {
  const draw = prng.int(4);
  const keep = draw === 0 ? 0 : draw === 1 ? count : prng.int(count + 1);
  return { keep, tornSectors: prng.chance(0.2) ? prng.int(1 << SECTORS_PER_PAGE) : 0, seen: 0 };
}

function* pagesOf(change: Change & { kind: 'write' }): Generator<number> {
  const last = Math.floor((change.position + change.data.length - 1) / PAGE_BYTES);
  for (let page = Math.floor(change.position / PAGE_BYTES); page <= last; page++) yield page;
}

/**
 * What a crash does to what was not synced: keeps nothing, keeps everything (the process died, not the machine), keeps
 * the first changes of each file in order, or decides for each page.
 */
export type CrashFate = 'none' | 'all' | 'prefix' | 'pages';
const CRASH_FATES: readonly CrashFate[] = ['none', 'all', 'prefix', 'pages', 'pages'];

type NameChange =
  | { readonly kind: 'put'; readonly name: string; readonly inode: Inode }
  | { readonly kind: 'drop'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

/** One directory: names as processes see them, durable names, and the changes between. */
export class Directory {
  readonly names = new Map<string, Inode>();
  readonly durable = new Map<string, Inode>();
  #changes: NameChange[] = [];

  put(name: string, inode: Inode): void {
    this.#change({ kind: 'put', name, inode });
  }

  drop(name: string): void {
    this.#change({ kind: 'drop', name });
  }

  rename(from: string, to: string): void {
    this.#change({ kind: 'rename', from, to });
  }

  sync(): void {
    for (const change of this.#changes) applyName(this.durable, change);
    this.#changes = [];
  }

  crash(prng: Prng, fate: CrashFate): void {
    const count = this.#changes.length;
    const kept = fate === 'none' ? 0 : fate === 'all' ? count : prng.int(count + 1);
    for (const change of this.#changes.slice(0, kept)) applyName(this.durable, change);
    this.#changes = [];
    this.names.clear();
    for (const [name, inode] of this.durable) this.names.set(name, inode);
  }

  #change(change: NameChange): void {
    applyName(this.names, change);
    this.#changes.push(change);
  }
}

function applyName(names: Map<string, Inode>, change: NameChange): void {
  if (change.kind === 'put') names.set(change.name, change.inode);
  else if (change.kind === 'drop') names.delete(change.name);
  else {
    const inode = names.get(change.from);
    if (inode === undefined) return;
    names.delete(change.from);
    names.set(change.to, inode);
  }
}

/** What goes wrong on a volume until it is set otherwise. */
export interface VolumeFaults {
  /** Bytes that files may take, in whole pages. */
  capacityBytes: number;
  readOnly: boolean;
  /** Probabilities from 0 to 1 that one operation fails with `io`. */
  datasyncFails: number;
  readFails: number;
  writeFails: number;
  /** Factor on every latency. */
  slowness: number;
  /**
   * Files of which only the first flush is true, the later ones say that they are done and do nothing: a disk that nobody
   * should own, for tests of the checkers.
   */
  flushesLie: RegExp | null;
}

export class SimVolume {
  readonly directories = new Map<string, Directory>([['', new Directory()]]);
  readonly locks = new Map<string, string>();
  readonly faults: VolumeFaults = {
    capacityBytes: Number.POSITIVE_INFINITY,
    readOnly: false,
    datasyncFails: 0,
    readFails: 0,
    writeFails: 0,
    slowness: 1,
    flushesLie: null,
  };
  /** False: a read that begins behind the end of a file fails the run, because code should know where it ends. */
  readsBehindEnd = false;
  readonly prng: Prng;
  #inodes = 0;

  constructor(prng: Prng) {
    this.prng = prng;
  }

  newInode(): Inode {
    return new Inode(++this.#inodes);
  }

  makeDirectory(path: string): void {
    const parts = path.split('/');
    for (let i = 1; i <= parts.length; i++) {
      const one = parts.slice(0, i).join('/');
      if (!this.directories.has(one)) this.directories.set(one, new Directory());
    }
  }

  /** The inode at a path, as processes see it. */
  find(path: string): Inode | undefined {
    const { directory, name } = splitPath(path);
    return this.directories.get(directory)?.names.get(name);
  }

  /** Paths of all files, sorted. */
  files(): string[] {
    const paths: string[] = [];
    for (const [path, directory] of this.directories) {
      for (const name of directory.names.keys()) paths.push(`${path}/${name}`);
    }
    return paths.sort();
  }

  /** Bytes in use: pages of all files that have a name. */
  usedBytes(): number {
    const inodes = new Set<Inode>();
    for (const directory of this.directories.values()) {
      for (const inode of directory.names.values()) inodes.add(inode);
    }
    let pages = 0;
    for (const inode of inodes) pages += inode.pages.size;
    return pages * PAGE_BYTES;
  }

  /**
   * The machine goes down. Call it when every process that uses the volume is dead; then attach a new one. Returns
   * what it did to unsynced changes.
   */
  crash(prng: Prng = this.prng, fate: CrashFate = prng.pick(CRASH_FATES)): CrashFate {
    this.locks.clear();
    const inodes = new Set<Inode>();
    for (const directory of this.directories.values()) {
      directory.crash(prng, fate);
      for (const inode of directory.names.values()) inodes.add(inode);
    }
    for (const inode of inodes) {
      inode.settleChanges(prng, fate);
      inode.cache.truncate(0);
      inode.cache.write(inode.durable.bytes.subarray(0, inode.durable.size), 0);
      inode.pages.clear();
      for (let p = 0; p * PAGE_BYTES < inode.durable.size; p++) inode.pages.add(p);
    }
    return fate;
  }

  /** Flips one bit on the disk and in the cache, as rot does. */
  flipBit(path: string, position: number, bit: number): void {
    const inode = this.find(path);
    if (inode === undefined || position >= inode.cache.size)
      throw new Error(`no byte ${position} in ${path}`);
    inode.cache.bytes[position]! ^= 1 << bit;
    if (position < inode.durable.size) inode.durable.bytes[position]! ^= 1 << bit;
  }

  /** A copy of a file's content as processes see it. */
  content(path: string): Buffer {
    const inode = this.find(path);
    if (inode === undefined) throw new Error(`no file ${path}`);
    return Buffer.from(inode.cache.bytes.subarray(0, inode.cache.size));
  }

  /** Replaces a file, durably, behind the back of everyone. */
  plant(path: string, content: Buffer): void {
    const { directory, name } = splitPath(path);
    this.makeDirectory(directory);
    const inode = this.newInode();
    inode.cache.write(content, 0);
    inode.durable.write(content, 0);
    for (let p = 0; p * PAGE_BYTES < content.length; p++) inode.pages.add(p);
    const holder = this.directories.get(directory)!;
    holder.names.set(name, inode);
    holder.durable.set(name, inode);
  }

  /** Removes a file, durably, behind the back of everyone. */
  unplant(path: string): void {
    const { directory, name } = splitPath(path);
    this.directories.get(directory)?.names.delete(name);
    this.directories.get(directory)?.durable.delete(name);
  }
}

/** One form for each path: no empty or `.` parts, no slash at the end. */
export function normalPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '' : `/${parts.join('/')}`;
}

export function splitPath(path: string): { directory: string; name: string } {
  const normal = normalPath(path);
  const cut = normal.lastIndexOf('/');
  return { directory: normal.slice(0, cut), name: normal.slice(cut + 1) };
}

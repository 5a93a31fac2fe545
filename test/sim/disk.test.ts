import { describe, expect, it } from 'vitest';
import { SimDisk } from '../../sim/disk.ts';
import { Prng } from '../../sim/prng.ts';
import { SimProcess, SimulatedCrash } from '../../sim/process.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { type CrashFate, SimVolume } from '../../sim/volume.ts';
import { DiskError, type DiskFile } from '../../src/platform/ports.ts';

function world(seed: number) {
  const prng = new Prng(seed);
  const scheduler = new Scheduler(prng.fork());
  const volume = new SimVolume(prng.fork());
  let number = 0;
  const boot = () => {
    const process = new SimProcess(`process ${++number}`);
    return { process, disk: new SimDisk(scheduler, volume, process) };
  };
  return { scheduler, volume, boot };
}

const sync = (file: DiskFile): Promise<void> =>
  new Promise((resolve, reject) => file.datasync((error) => (error === null ? resolve() : reject(error))));

describe('the simulated disk', () => {
  it('keeps what was flushed and named, whatever the crash does', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const { scheduler, volume, boot } = world(seed);
      const { disk, process } = boot();
      disk.makeDirectory('/data');
      const file = disk.open('/data/a', 'create');
      const content = new Prng(seed).bytes(10_000);
      file.writev([content.subarray(0, 3000), content.subarray(3000)], 0);
      disk.syncDirectory('/data');
      await scheduler.settle(sync(file));
      file.writev([Buffer.alloc(9000, 0xee)], 10_000);
      process.kill();
      volume.crash();
      const again = boot().disk.open('/data/a', 'read');
      const read = Buffer.alloc(10_000);
      expect(again.readSync(read, 0)).toBe(10_000);
      expect(read.equals(content)).toBe(true);
    }
  });

  it('loses, keeps, tears and reorders what was not flushed', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const { volume, boot } = world(seed);
      const { disk, process } = boot();
      disk.makeDirectory('/d');
      const file = disk.open('/d/a', 'create');
      disk.syncDirectory('/d');
      file.writev([Buffer.alloc(4096, 1)], 0);
      file.writev([Buffer.alloc(4096, 2)], 4096);
      process.kill();
      volume.crash();
      const { cache } = volume.find('/d/a')!;
      const whole = (page: number): boolean | null => {
        const bytes = cache.bytes.subarray(page * 4096, Math.min(cache.size, (page + 1) * 4096));
        const kept = bytes.filter((byte) => byte === page + 1).length;
        return kept === 4096 ? true : kept === 0 ? false : null;
      };
      seen.add(`${whole(0)} ${whole(1)}`);
    }
    for (const outcome of ['true true', 'false false', 'true false', 'false true', 'true null']) {
      expect(seen).toContain(outcome);
    }
  });

  it('forgets names that were not synced, and keeps those that were', () => {
    const outcomes = new Set<string>();
    for (const fate of ['none', 'all', 'pages'] as CrashFate[]) {
      for (let seed = 0; seed < 40; seed++) {
        const { volume, boot } = world(seed);
        const { disk, process } = boot();
        disk.makeDirectory('/d');
        disk.open('/d/old', 'create').close();
        disk.syncDirectory('/d');
        disk.open('/d/new', 'create').close();
        disk.rename('/d/old', '/d/renamed');
        process.kill();
        volume.crash(undefined, fate);
        outcomes.add(`${fate}: ${boot().disk.list('/d').join(' ')}`);
      }
    }
    expect([...outcomes].sort()).toEqual([
      'all: new renamed',
      'none: old',
      'pages: new old',
      'pages: new renamed',
      'pages: old',
    ]);
  });

  it('dies at the operation that was asked for', async () => {
    const { volume, boot } = world(1);
    const { disk, process } = boot();
    disk.makeDirectory('/d');
    disk.crashAt = { operation: 3, half: true };
    const file = disk.open('/d/a', 'create');
    expect(() => file.writev([Buffer.alloc(100)], 0)).toThrow(SimulatedCrash);
    expect(process.alive).toBe(false);
    expect(() => disk.list('/d')).toThrow(SimulatedCrash);
    volume.crash(undefined, 'all');
    expect(boot().disk.open('/d/a', 'read').size()).toBeLessThanOrEqual(100);
  });

  it('never calls back into a dead process', async () => {
    const { scheduler, boot } = world(1);
    const { disk, process } = boot();
    disk.makeDirectory('/d');
    const file = disk.open('/d/a', 'create');
    let called = false;
    file.datasync(() => {
      called = true;
    });
    process.kill();
    await scheduler.runFor(1000);
    expect(called).toBe(false);
  });

  it('has a bound, and writes what fits', () => {
    const { volume, boot } = world(1);
    const { disk } = boot();
    disk.makeDirectory('/d');
    volume.faults.capacityBytes = 3 * 4096;
    const file = disk.open('/d/a', 'create');
    file.writev([Buffer.alloc(8192, 1)], 0);
    expect(() => file.writev([Buffer.alloc(8192, 2)], 8192)).toThrow(
      expect.objectContaining({ name: 'DiskError', code: 'full' }),
    );
    expect(file.size()).toBe(3 * 4096);
    expect(disk.space('/d')).toEqual({ freeBytes: 0, totalBytes: 3 * 4096 });
    // What was allocated may be written again.
    file.writev([Buffer.alloc(12_288, 3)], 0);
    volume.faults.capacityBytes = 100 * 4096;
    file.writev([Buffer.alloc(8192, 2)], 8192);
    disk.remove('/d/a');
    expect(disk.space('/d').freeBytes).toBe(100 * 4096);
  });

  it('fails flushes on request, and a later flush does not heal them', async () => {
    let lost = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { scheduler, volume, boot } = world(seed);
      const { disk, process } = boot();
      disk.makeDirectory('/d');
      const file = disk.open('/d/a', 'create');
      disk.syncDirectory('/d');
      file.writev([Buffer.alloc(4096, 1)], 0);
      volume.faults.datasyncFails = 1;
      await expect(scheduler.settle(sync(file))).rejects.toBeInstanceOf(DiskError);
      volume.faults.datasyncFails = 0;
      await scheduler.settle(sync(file));
      process.kill();
      volume.crash(undefined, 'all');
      if (volume.find('/d/a')!.cache.bytes[0] !== 1) lost++;
    }
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(40);
  });

  it('finds misuse of files', async () => {
    const { boot } = world(1);
    const { disk } = boot();
    disk.makeDirectory('/d');
    const file = disk.open('/d/a', 'create');
    expect(() => file.readSync(Buffer.alloc(1), 1)).toThrow('behind its end');
    file.datasync(() => {});
    expect(() => file.close()).toThrow('in flight');
    const other = disk.open('/d/a', 'read');
    expect(() => other.writev([Buffer.alloc(1)], 0)).toThrow('opened to read');
    other.close();
    expect(() => other.size()).toThrow('after it had been closed');
  });

  it('holds one lock a directory, until the machine goes down', () => {
    const { volume, boot } = world(1);
    const { disk, process } = boot();
    disk.makeDirectory('/d');
    expect(disk.lock('/d')).toHaveProperty('lock');
    expect(disk.lock('/d/')).toEqual({ owner: 'process 1' });
    process.kill();
    volume.crash();
    expect(boot().disk.lock('/d')).toHaveProperty('lock');
  });
});

/**
 * Whatever is damaged in a directory: opening gives a log or a BrokerError, and what a log gives out is what was
 * written. The same holds with salvaging.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Disk } from '../../src/platform/ports.ts';
import { verifyLog } from '../../src/store/verify.ts';
import {
  appendDurably,
  appendValues,
  DIRECTORY,
  makeBatch,
  memoryDisk,
  openLog,
  readAll,
  TestLogger,
  topic,
} from './support.ts';

type Files = Map<string, Buffer>;

const SETTINGS = { chunkBytes: 4096, runwayBytes: 512, diskReserveBytes: 0, cleanBytesPerSecond: 2 ** 40 };

function filesOf(disk: Disk): Files {
  const files: Files = new Map();
  for (const name of disk.list(DIRECTORY)) {
    const file = disk.open(`${DIRECTORY}/${name}`, 'read');
    const bytes = Buffer.alloc(file.size());
    file.readSync(bytes, 0);
    files.set(name, bytes);
  }
  return files;
}

function diskOf(files: Files): Disk {
  const disk = memoryDisk();
  disk.makeDirectory(DIRECTORY);
  for (const [name, bytes] of files) disk.open(`${DIRECTORY}/${name}`, 'create').writev([bytes], 0);
  return disk;
}

/** A log with sealed, cleaned and open chunks, left without a stop, and all batches by content. */
async function sample(): Promise<{ files: Files; written: Set<string> }> {
  const disk = memoryDisk();
  const written = new Set<string>();
  let log = await openLog(disk, { settings: SETTINGS });
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 12; i++) {
      const batch = makeBatch({ values: [`${round} ${i} `.repeat(60)] });
      await appendDurably(log, { entries: [{ stream: log.stream(topic('a'), i % 3), batch }] });
      // With base offset and leader epoch, which the log has patched.
      written.add(batch.toString('latin1'));
    }
    const stream = log.stream(topic('a'), 0);
    await log.enforceRetention((one) =>
      one === stream ? { retentionMs: Infinity, retentionBytes: 900 } : null,
    );
    await log.clean();
    if (round === 2) break;
    await log.close();
    log = await openLog(disk, { settings: SETTINGS });
  }
  return { files: filesOf(disk), written };
}

const damage = fc.record({
  file: fc.nat(),
  kind: fc.constantFrom('flip', 'cut', 'remove', 'zero', 'swap'),
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  bytes: fc.integer({ min: 1, max: 200 }),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function apply(files: Files, { file, kind, place, bytes }: Damage): void {
  const name = [...files.keys()][file % files.size]!;
  const content = Buffer.from(files.get(name)!);
  const at = Math.floor(place * content.length);
  files.set(name, content);
  if (kind === 'flip' && content.length > 0) content[at]! ^= 1 << (bytes % 8);
  else if (kind === 'cut') files.set(name, content.subarray(0, at));
  else if (kind === 'remove') files.delete(name);
  else if (kind === 'zero') content.subarray(at, at + bytes).fill(0);
  else if (kind === 'swap') content.copyWithin(at, content.length - at, content.length - at + bytes);
}

describe('a damaged directory', () => {
  it('is opened or refused, and never gives out what was not written', async () => {
    const { files, written } = await sample();
    expect([...files.keys()].filter((name) => name.endsWith('.chunk')).length).toBeGreaterThan(3);
    let opened = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (all, salvage) => {
          const damaged = new Map(files);
          for (const one of all) if (damaged.size > 0) apply(damaged, one);
          await verifyLog({ directory: DIRECTORY, disk: diskOf(damaged), clock: nodeClock }).catch(
            expectRefusal,
          );
          try {
            const log = await openLog(diskOf(damaged), {
              settings: { ...SETTINGS, salvage },
              logger: new TestLogger(),
            });
            opened++;
            for (const stream of log.streams()) {
              const batches = await readAll(log, stream).catch(expectRefusal);
              for (const batch of batches ?? []) expect(written.has(batch.toString('latin1'))).toBe(true);
            }
            await appendValues(log, log.stream(topic('b'), 0), 'goes on');
            await log.close();
          } catch (error) {
            expectRefusal(error);
            refused++;
          }
        },
      ),
      { numRuns: Number(process.env.STORE_DAMAGE_RUNS ?? 300) },
    );
    expect(opened).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  }, 120_000);
});

/** Anything but a BrokerError is a defect. */
function expectRefusal(error: unknown): undefined {
  if (!(error instanceof BrokerError)) throw error;
  return undefined;
}

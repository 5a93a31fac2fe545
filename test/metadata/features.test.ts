import { describe, expect, it } from 'vitest';
import type { FeatureUpdate } from '../../src/metadata/commands.ts';
import { FEATURES, FinalizedFeatures, unsupportedFeature } from '../../src/metadata/features.ts';
import { decodeRecord, encodeRecord } from '../../src/metadata/records.ts';
import { Bench, told } from './helpers.ts';

function started(): Bench {
  const bench = new Bench();
  bench.run({ kind: 'initialize', randomBytes: bench.randomBytes(48) });
  return bench;
}

function update(bench: Bench, updates: FeatureUpdate[], validateOnly = false): unknown {
  return told(bench.run({ kind: 'update-features', updates, validateOnly }).error);
}

const upgrade = (name: string, level: number): FeatureUpdate => ({ name, level, upgradeType: 'upgrade' });
const downgrade = (name: string, level: number): FeatureUpdate => ({
  name,
  level,
  upgradeType: 'safe-downgrade',
});

describe('feature levels', () => {
  it('are given to a new cluster once, and to one from before there were any', () => {
    const bench = started();
    expect(bench.image.features.level('transaction.version')).toBe(2);
    expect([...bench.image.features.levels]).toEqual(
      Array.from(FEATURES, ([name, { level }]) => [name, level]),
    );
    update(bench, [downgrade('transaction.version', 0)]);
    const { features } = bench.image;
    bench.run({ kind: 'initialize', randomBytes: bench.randomBytes(48) });
    expect(bench.image.features).toBe(features);

    const old = new Bench();
    old.machine.apply(old.state, { kind: 'cluster', id: 'x'.repeat(16) as never });
    old.run({ kind: 'initialize', randomBytes: old.randomBytes(48) });
    expect(old.state.clusterId).toBe('x'.repeat(16));
    expect(old.image.features.epoch).toBe(0);
  });

  it('rise, fall when that is asked for, and are off at 0', () => {
    const bench = started();
    expect(update(bench, [upgrade('transaction.version', 2)])).toBeNull();
    expect(bench.image.features.epoch).toBe(0);
    expect(update(bench, [upgrade('transaction.version', 1)])).toBe(
      'invalid-update-version: transaction.version is at level 2, above 1: ask for a safe or an unsafe downgrade to lower it.',
    );
    expect(update(bench, [downgrade('transaction.version', 1)])).toBeNull();
    expect(update(bench, [{ name: 'group.version', level: 0, upgradeType: 'unsafe-downgrade' }])).toBeNull();
    expect(bench.image.features.level('transaction.version')).toBe(1);
    expect(bench.image.features.levels.has('group.version')).toBe(false);
    expect(bench.image.features.epoch).toBe(2);
    expect(update(bench, [upgrade('transaction.version', 2), upgrade('group.version', 1)])).toBeNull();
    expect(bench.image.features.epoch).toBe(3);
  });

  it('are all changed or none', () => {
    const bench = started();
    const before = bench.image.features;
    expect(update(bench, [downgrade('transaction.version', 1), upgrade('group.version', 9)])).toBe(
      "invalid-update-version: group.version can't have level 9: it takes 0 to 1.",
    );
    expect(update(bench, [upgrade('kraft.version', 1)])).toMatch('There is no feature kraft.version.');
    expect(update(bench, [downgrade('metadata.version', 28)])).toMatch('it takes 30.');
    expect(update(bench, [upgrade('group.version', 1), upgrade('group.version', 1)])).toMatch(
      'invalid-request',
    );
    expect(update(bench, [downgrade('transaction.version', 0)], true)).toBeNull();
    expect(bench.image.features).toBe(before);
  });

  it('come back from the log and from a snapshot', () => {
    const bench = started();
    update(bench, [downgrade('transaction.version', 0)]);
    for (const state of [bench.replayed(), bench.restoredFromSnapshot()]) {
      expect(state.features).toEqual(bench.state.features);
    }
    const features = new FinalizedFeatures(2 ** 40, new Map([['a', 32767]]));
    const record = { kind: 'features', features } as const;
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
    expect(() => decodeRecord({ key: Buffer.of(4), value: null })).toThrow(/features/);
  });

  it('of a newer version are refused', () => {
    expect(unsupportedFeature(started().image.features)).toBeNull();
    for (const [name, level] of [
      ['transaction.version', 3],
      ['metadata.version', 29],
      ['teleport.version', 1],
    ] as const) {
      const error = unsupportedFeature(new FinalizedFeatures(1, new Map([[name, level]])));
      expect(told(error)).toMatch(`unsupported-format: The cluster's feature ${name} is at level ${level}`);
    }
  });
});

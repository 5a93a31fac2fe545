import { describe, expect, it } from 'vitest';
import { parseMatch } from '../../src/metadata/client-metrics.ts';
import type { AlterResource, ConfigChange } from '../../src/metadata/commands.ts';
import { Bench, told } from './helpers.ts';

const set = (name: string, value: string): ConfigChange => ({ name, operation: 'set', value });
const remove = (name: string): ConfigChange => ({ name, operation: 'delete', value: null });

function alter(
  bench: Bench,
  name: string,
  changes: ConfigChange[],
  mode: AlterResource['mode'] = 'incremental',
) {
  const resources = [{ resource: { kind: 'client-metrics', name } as const, mode, changes }];
  return told(bench.run({ kind: 'alter-configs', resources, validateOnly: false })[0]);
}

function described(bench: Bench, name: string) {
  const entries = bench.image.describeConfigs(
    { kind: 'client-metrics', name },
    { names: null, synonyms: true, documentation: false },
  );
  if (entries instanceof Error) return told(entries);
  return entries.map(({ name: setting, value, source, synonyms }) => [
    setting,
    value,
    source,
    synonyms.length,
  ]);
}

describe('subscriptions of client metrics', () => {
  it('are made by their first setting and gone with their last', () => {
    const bench = new Bench();
    expect(described(bench, 'all')).toEqual([
      ['interval.ms', '300000', 'default', 0],
      ['match', '', 'default', 0],
      ['metrics', '', 'default', 0],
    ]);
    const before = bench.image.clientMetrics;
    expect(alter(bench, 'all', [set('interval.ms', '100'), set('match', 'client_id=^app.*')])).toBeNull();
    expect(bench.image.clientMetrics).not.toBe(before);
    expect(described(bench, 'all')).toEqual([
      ['interval.ms', '100', 'client-metrics', 1],
      ['match', 'client_id=^app.*', 'client-metrics', 1],
      ['metrics', '', 'default', 0],
    ]);
    for (const state of [bench.replayed(), bench.restoredFromSnapshot()]) {
      expect(state.clientMetrics).toEqual(bench.state.clientMetrics);
    }
    expect(alter(bench, 'all', [set('metrics', '*')], 'replace')).toBeNull();
    expect([...bench.image.clientMetrics.get('all')!]).toEqual([['metrics', '*']]);
    expect(alter(bench, 'all', [remove('metrics')])).toBeNull();
    expect(bench.image.clientMetrics.size).toBe(0);
  });

  it('refuse what can not be understood', () => {
    const bench = new Bench();
    for (const [name, value] of [
      ['interval.ms', '99'],
      ['interval.ms', '3600001'],
      ['match', 'client_id'],
      ['match', 'client_id=['],
      ['match', 'colour=red'],
      ['matches', 'client_id=a'],
    ] as const) {
      expect(alter(bench, 'all', [set(name, value)])).toMatch(/^invalid-config: /);
    }
    expect(alter(bench, '', [set('metrics', '*')])).toMatch(/^invalid-request: /);
    expect(alter(bench, 'x'.repeat(250), [set('metrics', '*')])).toMatch(/^invalid-request: /);
    expect(described(bench, '')).toMatch(/^invalid-request: /);
    expect(bench.log).toEqual([]);
  });

  it('are bounded in number', () => {
    const bench = new Bench();
    for (let i = 0; i < 1000; i++) expect(alter(bench, `s${i}`, [set('metrics', '*')])).toBeNull();
    expect(alter(bench, 'one more', [set('metrics', '*')])).toMatch(/^policy-violation: /);
    expect(alter(bench, 's7', [set('metrics', 'a')])).toBeNull();
  });
});

describe('a match', () => {
  it('has patterns for the whole of an attribute', () => {
    const patterns = parseMatch('client_id=a|b, client_source_port=\\d{4}')!;
    expect(patterns.get('client_id')!.matches('a')).toBe(true);
    expect(patterns.get('client_id')!.matches('ab')).toBe(false);
    expect(patterns.get('client_source_port')!.matches('9092')).toBe(true);
    expect(parseMatch('')!.size).toBe(0);
  });
});

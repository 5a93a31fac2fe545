/** Every fuzz target: the inputs that failed once, and a few hundred new ones. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fuzz, replay } from '../../fuzz/run.ts';
import { projectRoot } from '../../fuzz/schema-values.ts';
import { type FuzzTarget, expect as must } from '../../fuzz/target.ts';
import { allTargets } from '../../fuzz/targets/index.ts';

describe('fuzz targets', () => {
  for (const target of allTargets()) {
    afterAll(() => target.close?.());

    it(`${target.name}: the corpus`, async () => {
      const { failures } = await replay(target, join(projectRoot(), 'fuzz/corpus'));
      expect(failures).toEqual([]);
    }, 60_000);

    it(`${target.name}: new inputs`, async () => {
      const options = { seed: 42, endMs: Number.POSITIVE_INFINITY, executionsMax: 300, findings: null };
      const { executions, failures } = await fuzz(target, options);
      expect(failures).toEqual([]);
      expect(executions).toBe(300);
    }, 60_000);
  }

  it('reports what a target finds, once', async () => {
    const planted: FuzzTarget = {
      name: 'planted',
      generate: (prng) => prng.bytes(4),
      execute: (input) => must(input[0]! < 128, `the byte ${input[0]}`),
    };
    const options = { seed: 1, endMs: Number.POSITIVE_INFINITY, executionsMax: 50, findings: null };
    const { executions, failures } = await fuzz(planted, options);
    expect(executions).toBe(50);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain('Finding: the byte');
  });
});

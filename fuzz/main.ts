/**
 * `npm run fuzz -- [--seconds S] [--target T] [--seed X] [--input FILE]`: replays the corpus, fuzzes every target for its
 * part of the time, prints executions by target and what failed. Exit code 1 when anything did.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz, replay } from './run.ts';
import { projectRoot } from './schema-values.ts';
import { allTargets } from './targets/index.ts';
import { Watchdog, watch } from './watchdog.ts';

if (!watch()) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      target: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      input: { type: 'string' },
    },
  });
  const folder = join(projectRoot(), 'fuzz');
  const findings = join(folder, 'findings');
  const targets = allTargets().filter(
    (target) => values.target === undefined || target.name === values.target,
  );
  if (targets.length === 0) {
    const names = allTargets().map((target) => target.name);
    console.error(`there is no target ${values.target}; there are ${names.join(', ')}`);
    process.exit(2);
  }
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!(seconds > 0) || !Number.isInteger(seed)) {
    console.error('--seconds must be a number above 0, and --seed a whole number');
    process.exit(2);
  }
  const watchdog = new Watchdog(new URL(import.meta.url), findings);
  if (values.input !== undefined) {
    for (const target of targets) await target.execute(readFileSync(values.input));
    console.log('1 passed, 0 failed');
    process.exit(0);
  }
  const weights = targets.reduce((sum, target) => sum + (target.weight ?? 1), 0);
  let passed = 0;
  let failed = 0;
  for (const target of targets) {
    const kept = await replay(target, join(folder, 'corpus'));
    const partMs = (1000 * seconds * (target.weight ?? 1)) / weights;
    const result = await fuzz(target, {
      seed,
      endMs: Date.now() + partMs,
      executionsMax: Number.POSITIVE_INFINITY,
      findings,
      watchdog,
    });
    await target.close?.();
    const failures = [...kept.failures, ...result.failures];
    passed += kept.executions + result.executions - failures.length;
    failed += failures.length;
    console.log(
      `${target.name}: ${result.executions} executions, ${kept.executions} of the corpus, ${failures.length} failed`,
    );
    for (const failure of failures) console.log(`    ${failure.split('\n').slice(0, 4).join('\n    ')}`);
  }
  console.log(`seed ${values.seed}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

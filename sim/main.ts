/**
 * `npm run sim -- [--seeds N] [--seed S] [--from S] [--minutes M] [--verbose]`: runs simulated worlds, one a seed, and says
 * which failed and how to run them again. Exit code 1 when one did.
 */
import { parseArgs } from 'node:util';
import { nodeCompression } from '../src/platform/node/compression.ts';
import { startBroker } from './broker-under-test.ts';
import { runWorld, type WorldResult } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const endMs =
  values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + 60_000 * Number(values.minutes);
const total = { passed: 0, failed: 0, events: 0, simulatedMs: 0, crashes: 0, sent: 0, acked: 0, read: 0 };

for (let seed = first; (values.minutes !== undefined || seed < first + count) && Date.now() < endMs; seed++) {
  const note = values.verbose ? (line: string): void => console.log(line) : undefined;
  const result = await runWorld(seed, {
    start: startBroker,
    compression: nodeCompression,
    ...(note === undefined ? {} : { note }),
  });
  report(result);
}

console.log(
  `${total.events} events in ${Math.round(total.simulatedMs / 1000)} simulated seconds, ${total.crashes} broker deaths, ` +
    `${total.sent} values sent, ${total.acked} acknowledged, ${total.read} read`,
);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

function report(result: WorldResult): void {
  total.events += result.events;
  total.simulatedMs += result.simulatedMs;
  total.crashes += result.crashes;
  total.sent += result.counts.sent;
  total.acked += result.counts.acked;
  total.read += result.counts.read;
  if (result.failures.length === 0) {
    total.passed++;
    if (values.seed !== undefined) console.log(`seed ${result.seed} passed, trace ${result.traceHash}`);
    return;
  }
  total.failed++;
  console.log(`seed ${result.seed} FAILED: ${result.failures[0]}`);
  for (const failure of result.failures.slice(1, 6)) console.log(`    and: ${failure}`);
  console.log(`    again: npm run sim -- --seed ${result.seed} --verbose`);
}

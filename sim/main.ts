/**
 * `npm run sim -- [--seeds N] [--seed S] [--from S] [--minutes M] [--verbose]`: runs simulated worlds, one a seed, and says
 * which failed and how to run them again. `--ring` crashes one world at each of its disk operations instead; with
 * `--operation N [--half]` at one. `--queues N` does so many random operations on the queue machine beside a naive model of it;
 * `--queues N --features` on the subscriptions of a whole broker, with limits, expiry, priorities, transactions and dead letters;
 * `--ring --queues N` crashes a broker with subscriptions at each of its first N disk operations, `--faults --queues N` gives N of them
 * a disk that fails, is full or slow. Exit code 1 when anything failed.
 */
import { parseArgs } from 'node:util';
import { nodeCompression } from '../src/platform/node/compression.ts';
import { startBroker } from './broker-under-test.ts';
import { newCounts } from './history.ts';
import { exerciseQueues, newExerciseCounts } from './queue-exercise.ts';
import { exerciseFeatures } from './queue-features/exercise.ts';
import { newFeatureCounts } from './queue-features/world.ts';
import { type QueueRingRun, runQueueFaults, runQueueRing } from './queue-ring.ts';
import { crashRing, ringPlan } from './ring.ts';
import { runWorld, type WorldOptions, type WorldResult } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    ring: { type: 'boolean', default: false },
    operation: { type: 'string' },
    half: { type: 'boolean', default: false },
    queues: { type: 'string' },
    features: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
  },
});

const QUEUE_OPERATIONS_OF_A_SEED = 2000;
/** Of one run. */
const FAILURES_MAX = 10;

/** What is no number would run nothing, and pass. */
function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new Error(`"${text}" is not a number`);
  return value;
}

const first = number(values.seed ?? values.from);
const count = values.seed === undefined ? number(values.seeds) : 1;
const endMs =
  values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + 60_000 * number(values.minutes);
const total = {
  passed: 0,
  failed: 0,
  events: 0,
  simulatedMs: 0,
  crashes: 0,
  counts: newCounts(),
};

const options: WorldOptions = {
  start: startBroker,
  compression: nodeCompression,
  ...(values.verbose ? { note: (line: string): void => console.log(line) } : {}),
};

if (values.queues !== undefined && (values.ring || values.faults)) await runQueueRings(number(values.queues));
else if (values.queues !== undefined && values.features) await runFeatures(number(values.queues));
else if (values.queues !== undefined) await runQueues(number(values.queues));
else if (values.ring) await runRing(number(values.seed ?? values.from));
else {
  for (
    let seed = first;
    (values.minutes !== undefined || seed < first + count) && Date.now() < endMs;
    seed++
  ) {
    report(await runWorld(seed, options), `--seed ${seed}`);
  }
}

const { counts } = total;
console.log(
  `${total.events} events in ${Math.round(total.simulatedMs / 1000)} simulated seconds, ${total.crashes} broker deaths, ` +
    `${counts.sent} values sent, ${counts.acked} acknowledged, ${counts.read} read, ${counts.commits} commits, ` +
    `${counts.rebalances} assignments, ${counts.trimmed} offsets removed by retention, ` +
    `${counts.transactions} transactions committed, ${counts.compacted} records compacted away, ` +
    `${counts.shared} done in share groups, ${counts.received} deliveries to RocketMQ's consumers`,
);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

/** One seed after the other, until so many operations are done or too much has failed; how many seeds failed. */
async function exerciseSeeds(
  operations: number,
  counts: { readonly operations: number },
  exercise: (seed: number) => void | Promise<void>,
): Promise<number> {
  let failed = 0;
  for (let seed = first; counts.operations < operations && failed < FAILURES_MAX; seed++) {
    try {
      await exercise(seed);
    } catch (error) {
      failed++;
      console.log(`FAILED: ${(error as Error).message}`);
    }
  }
  return failed;
}

/** Ends the process. */
async function runQueues(operations: number): Promise<never> {
  const counts = newExerciseCounts();
  const failed = await exerciseSeeds(operations, counts, (seed) =>
    exerciseQueues(seed, QUEUE_OPERATIONS_OF_A_SEED, { compression: nodeCompression, counts }),
  );
  console.log(
    `${counts.operations} operations on subscriptions: ${counts.acquired} messages acquired, ${counts.done} done, ` +
      `${counts.buried} moved to the dead letters, ${counts.refused} settlements refused, ${counts.restarts} restarts; ${failed} seeds failed`,
  );
  process.exit(failed === 0 ? 0 : 1);
}

/** Ends the process. */
async function runFeatures(operations: number): Promise<never> {
  const counts = newFeatureCounts();
  const failed = await exerciseSeeds(operations, counts, (seed) =>
    exerciseFeatures(seed, QUEUE_OPERATIONS_OF_A_SEED, { compression: nodeCompression, counts }),
  );
  const { acquired, acked, expired, dropped, tooMany, buried, refused, redriven, restarts } = counts;
  console.log(
    `${counts.operations} operations on subscriptions of a broker: ${acquired} messages acquired, ${acked} acknowledged, ` +
      `${expired} expired, ${dropped} dropped, ${tooMany} dead because they were too many, ${buried} dead letters, ` +
      `${redriven} put back, ${refused} publishes refused, ${restarts} restarts; ${failed} seeds failed`,
  );
  process.exit(failed === 0 ? 0 : 1);
}

/** Ends the process. */
async function runQueueRings(operations: number): Promise<never> {
  const runs: [name: string, run: () => Promise<QueueRingRun>][] = [];
  for (let operation = 1; operation <= operations; operation++) {
    if (values.faults) {
      const seed = first + operation - 1;
      runs.push([`seed ${seed}`, () => runQueueFaults(seed, nodeCompression)]);
      continue;
    }
    for (const half of [false, true]) {
      // Every other world has another order.
      const run = () => runQueueRing(2 * first + operation, { operation, half }, nodeCompression);
      runs.push([`operation ${operation}${half ? ' --half' : ''}`, run]);
    }
  }
  const sums = { crashed: 0, deliveries: 0, deadLetters: 0, redriven: 0, lives: 0, failed: 0 };
  for (const [name, run] of runs) {
    try {
      const { crashed, operations: _, ...counts } = await run();
      if (crashed) sums.crashed++;
      for (const [count, by] of Object.entries(counts)) sums[count as keyof typeof counts] += by;
    } catch (error) {
      sums.failed++;
      console.log(`${name} FAILED: ${(error as Error).stack}`);
    }
  }
  console.log(
    `${runs.length} runs, of which ${sums.crashed} died before their end, ${sums.lives} lives: ${sums.deliveries} deliveries, ` +
      `${sums.deadLetters} dead letters, of which ${sums.redriven} put back; ${sums.failed} failed`,
  );
  process.exit(sums.failed === 0 ? 0 : 1);
}

async function runRing(seed: number): Promise<void> {
  if (values.operation !== undefined) {
    const crashAt = { operation: number(values.operation), half: values.half };
    const result = await runWorld(seed, { ...options, adjust: () => ringPlan(seed), crashAt });
    report(result, `--ring --seed ${seed} --operation ${crashAt.operation}${crashAt.half ? ' --half' : ''}`);
    return;
  }
  for await (const { operation, half, result } of crashRing(seed, options)) {
    report(result, `--ring --seed ${seed} --operation ${operation}${half ? ' --half' : ''}`);
  }
}

/** `flags`: how to run it again. */
function report(result: WorldResult, flags: string): void {
  total.events += result.events;
  total.simulatedMs += result.simulatedMs;
  total.crashes += result.crashes;
  for (const name of Object.keys(total.counts) as (keyof typeof total.counts)[])
    total.counts[name] += result.counts[name];
  if (result.failures.length === 0) {
    total.passed++;
    if (values.seed !== undefined) console.log(`seed ${result.seed} passed, trace ${result.traceHash}`);
    return;
  }
  total.failed++;
  console.log(`seed ${result.seed} FAILED: ${result.failures[0]}`);
  for (const failure of result.failures.slice(1, 6)) console.log(`    and: ${failure}`);
  console.log(`    again: npm run sim -- ${flags} --verbose`);
}

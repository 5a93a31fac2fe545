// Macro benchmarks: every figure, some runs, the targets in turn within each run, and one table.
//
// Guarantees: a measurement whose counts do not agree (sent, acknowledged, stored, consumed) is no number but a
// failure, printed and answered with exit code 1; a goal that is missed is only said. Brokers and clients that were
// started are ended on every way out, and the data is removed.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { figures } from './figures/index.ts';
import { machine } from './machine.ts';
import { parseOptions, usage } from './options.ts';
import { killLeftovers } from './proc.ts';
import { Results } from './results.ts';
import { loadWarning, renderRuns, renderTable } from './table.ts';
import { startTarget } from './targets.ts';
import { driver } from './tools.ts';
import type { Broker, Figure, Options, TargetName } from './types.ts';

function log(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

function selected(options: Options): readonly Figure[] {
  const { only } = options;
  for (const name of only) {
    if (!figures.some((figure) => figure.name.startsWith(name))) {
      throw new Error(`no figure ${name}; there are ${figures.map((figure) => figure.name).join(', ')}`);
    }
  }
  return figures.filter((figure) => {
    // A figure's own name chooses it alone; the start of a name chooses all that begin so.
    const named = only.some((name) =>
      figures.some((one) => one.name === name) ? figure.name === name : figure.name.startsWith(name),
    );
    if (only.length > 0) return named;
    return options.long || figure.long !== true;
  });
}

/** An empty directory for the data of one measurement. Earlier writes are on the disk before it begins. */
function emptyDirectory(path: string): string {
  rmSync(path, { recursive: true, force: true });
  execFileSync('sync');
  mkdirSync(path, { recursive: true });
  return path;
}

async function measureOn(
  options: Options,
  figure: Figure,
  target: TargetName,
  results: Results,
): Promise<void> {
  const home = emptyDirectory(join(options.paths.work, 'run'));
  const dataDir = join(home, 'data');
  const scratch = join(home, 'scratch');
  mkdirSync(scratch);
  const started: Broker[] = [];
  try {
    const measurements = await figure.measure({
      options,
      target,
      scratch,
      log: (text) => log(`    ${target}: ${text}`),
      start: async (settings = {}) => {
        const broker = await startTarget({ options, target, dataDir, settings });
        started.push(broker);
        return broker;
      },
    });
    for (const row of figure.rows) {
      const measurement = measurements[row.id];
      if (measurement === undefined) throw new Error(`no value for ${row.id}`);
      results.add(row.id, target, measurement);
      const note = measurement.note ? ` (${measurement.note})` : '';
      log(`    ${target}: ${row.id} ${measurement.value.toPrecision(4)} ${row.unit}${note}`);
    }
  } catch (error) {
    const said = started.at(-1)?.logTail() ?? '';
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}${said ? `\nthe broker said:\n${said}` : ''}`,
    );
  } finally {
    for (const broker of started) await broker.kill();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measureDisk(options: Options, figure: Figure, results: Results): Promise<void> {
  if (figure.disk === undefined) return;
  const { row, chunkBytes, value } = figure.disk;
  const file = join(emptyDirectory(join(options.paths.work, 'run')), 'disk');
  const line = await driver(options, 'disk', [file, chunkBytes, Math.min(options.seconds, 3)]);
  const measured = value === 'mbPerS' ? line.mb_per_s! : line.p50_ms!;
  results.add(row, 'disk', { value: measured, note: `chunks of ${chunkBytes} B, p99 ${line.p99_ms} ms` });
  log(
    `    disk: ${measured.toPrecision(4)} ${value === 'mbPerS' ? 'MB/s' : 'ms'} in chunks of ${chunkBytes} B`,
  );
}

/** Runs of one figure, the targets in turn: A B C A B C. A target that fails is not asked again. */
async function measureFigure(options: Options, figure: Figure, results: Results): Promise<void> {
  const failed = new Set<TargetName>();
  for (let runNumber = 1; runNumber <= options.runs; runNumber++) {
    log(`${figure.name}: run ${runNumber} of ${options.runs}`);
    for (const target of targetsOf(figure, options)) {
      if (failed.has(target)) continue;
      try {
        await measureOn(options, figure, target, results);
      } catch (error) {
        failed.add(target);
        const message = error instanceof Error ? error.message : String(error);
        results.failures.push({ figure: figure.name, target, run: runNumber, message });
        log(`    ${target}: FAILED: ${message}`);
      }
    }
    await measureDisk(options, figure, results);
  }
}

/** Those of the chosen targets that the figure can measure. */
function targetsOf(
  { targets = ['polylog', 'kafka', 'kafka-fsync'] }: Figure,
  options: Options,
): readonly TargetName[] {
  return options.targets.filter((target) => targets.includes(target));
}

function report(
  options: Options,
  chosen: readonly Figure[],
  results: Results,
  remarks: readonly string[],
): void {
  const rows = chosen.flatMap((figure) => figure.rows);
  const failures = results.failures.map(
    ({ figure, target, run, message }) =>
      `- FAILED: ${figure} on ${target}, run ${run}: ${message.split('\n')[0]}`,
  );
  const table = renderTable(results, rows, options);
  const said = [...remarks.map((remark) => `- ${remark}`), ...failures].join('\n');
  console.log(`\n${table}\n${said ? `\n${said}\n` : ''}`);
  if (options.out === undefined) return;
  const text = [
    `# Macro benchmarks, ${new Date().toISOString().slice(0, 10)}`,
    machine(options),
    `Medians (lowest–highest) of ${options.runs} runs of at least ${options.seconds} s, the targets in turn in each run.`,
    said,
    table,
    '## Each run',
    renderRuns(results, rows, options),
  ].filter((part) => part !== '');
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${text.join('\n\n')}\n`);
  log(`written to ${options.out}`);
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.help) {
    console.log(usage);
    return 0;
  }
  if (parsed.list) {
    for (const figure of figures) console.log(`${figure.name}${figure.long ? ' (with --long)' : ''}`);
    return 0;
  }
  const remarks: string[] = [];
  let options: Options = parsed;
  let chosen = selected(options);
  if (options.paths.kafka === undefined) {
    const java = chosen.filter((figure) => figure.java);
    chosen = chosen.filter((figure) => figure.java !== true);
    options = { ...options, targets: options.targets.filter((target) => !target.startsWith('kafka')) };
    remarks.push(
      `Kafka is not installed (bench/peers/kafka/install.sh): not measured were Kafka and ${java.map((f) => f.name).join(', ') || 'nothing else'}.`,
    );
  }
  if (options.paths.rocketmq === undefined) {
    const its = chosen.filter((figure) => figure.targets?.includes('rocketmq'));
    chosen = chosen.filter((figure) => !its.includes(figure));
    options = { ...options, targets: options.targets.filter((target) => !target.startsWith('rocketmq')) };
    if (its.length > 0) {
      remarks.push(
        `RocketMQ is not installed (bench/peers/rocketmq/install.sh): not measured were ${its.map((f) => f.name).join(', ')}.`,
      );
    }
  }
  chosen = chosen.filter((figure) => targetsOf(figure, options).length > 0);
  // No empty columns.
  const measuredTargets = chosen.flatMap((figure) => targetsOf(figure, options));
  options = { ...options, targets: options.targets.filter((target) => measuredTargets.includes(target)) };
  if (chosen.length === 0 || options.targets.length === 0) throw new Error('nothing is left to measure');
  const warning = loadWarning(loadavg()[0]!);
  if (warning !== undefined) remarks.push(warning);
  if (options.smoke) remarks.push('A smoke: it shows that the drivers work. These numbers mean nothing.');

  const results = new Results();
  for (const figure of chosen) {
    await measureFigure(options, figure, results);
    // Kept after each figure, so that a run that is cut short leaves what it found.
    writeFileSync(join(options.paths.work, 'results.json'), JSON.stringify(results, null, 1));
  }
  report(options, chosen, results, remarks);
  return results.failures.length > 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    killLeftovers();
    const work = process.env.BENCH_WORK;
    if (work) rmSync(join(work, 'run'), { recursive: true, force: true, maxRetries: 5 });
    process.exit(130);
  });
}
process.on('exit', killLeftovers);

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

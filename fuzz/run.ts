/** Runs targets: replays the corpus, then fuzzes for a time or a number of executions, and stores what failed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '../sim/prng.ts';
import type { FuzzTarget } from './target.ts';

/** Memory in use that no input may bring about. */
const RSS_BYTES_MAX = 1536 * 1024 * 1024;
const FINDINGS_MAX = 20;
/** Executions after which the event loop has a turn. */
const TURN_EVERY = 256;

export interface RunOptions {
  readonly seed: number;
  /** Ends when either is reached. */
  readonly endMs: number;
  readonly executionsMax: number;
  /** Where failing inputs go; null: nowhere. */
  readonly findings: string | null;
  readonly watchdog?: { begin(input: Buffer): void; end(): void };
}

export interface RunResult {
  readonly executions: number;
  readonly failures: readonly string[];
}

/** Generates and executes. The same seed gives the same inputs. */
export async function fuzz(target: FuzzTarget, options: RunOptions): Promise<RunResult> {
  const prng = new Prng(options.seed);
  const failures: string[] = [];
  const seen = new Set<string>();
  let executions = 0;
  while (executions < options.executionsMax && Date.now() < options.endMs && failures.length < FINDINGS_MAX) {
    const input = target.generate(prng.fork());
    executions++;
    // What native libraries have allocated is freed in turns of the loop.
    if (executions % TURN_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
    const failure = await executeOnce(target, input, options);
    // The same mistake again is one finding, whatever numbers it says.
    const kind = failure
      ?.split('\n')
      .slice(0, 3)
      .join('\n')
      .replace(/[0-9]+/g, '0');
    if (failure === null || seen.has(kind!)) continue;
    seen.add(kind!);
    const file = options.findings === null ? '' : ` [${store(options.findings, target, input)}]`;
    failures.push(`${failure}${file}`);
  }
  return { executions, failures };
}

/** Executes the inputs that were kept: `corpus/<target>/*.bin`. */
export async function replay(target: FuzzTarget, corpus: string): Promise<RunResult> {
  const folder = join(corpus, target.name);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.bin')) : [];
  const failures: string[] = [];
  for (const name of names.sort()) {
    const failure = await executeOnce(target, readFileSync(join(folder, name)), {});
    if (failure !== null) failures.push(`corpus/${target.name}/${name}: ${failure}`);
  }
  return { executions: names.length, failures };
}

async function executeOnce(
  target: FuzzTarget,
  input: Buffer,
  { watchdog }: Pick<RunOptions, 'watchdog'>,
): Promise<string | null> {
  watchdog?.begin(input);
  try {
    await target.execute(Buffer.from(input));
    const rss = process.memoryUsage.rss();
    return rss > RSS_BYTES_MAX ? `the process has ${Math.round(rss / 1048576)} MiB now` : null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    watchdog?.end();
  }
}

function store(findings: string, target: FuzzTarget, input: Buffer): string {
  const folder = join(findings, target.name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${createHash('sha256').update(input).digest('hex').slice(0, 16)}.bin`);
  writeFileSync(file, input);
  return file;
}

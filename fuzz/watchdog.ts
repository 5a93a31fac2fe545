/**
 * Watches for an execution that doesn't come to its end: an endless loop stops the event loop, so a thread of its own
 * looks whether the count of executions moves, stores the input it hangs on, and ends the process.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

interface Shared {
  /** [0] executions, [1] length of the input, [2] whether one runs. */
  readonly counters: Int32Array<SharedArrayBuffer>;
  readonly input: Uint8Array<SharedArrayBuffer>;
  readonly findings: string;
  readonly hangMs: number;
}

const INPUT_BYTES_MAX = 1024 * 1024;

export class Watchdog {
  readonly #shared: Shared;
  readonly #worker: Worker;

  /** `script`: the file that calls `watch` when it runs as a thread. */
  constructor(script: URL, findings: string, hangMs = 20_000) {
    this.#shared = {
      counters: new Int32Array(new SharedArrayBuffer(12)),
      input: new Uint8Array(new SharedArrayBuffer(INPUT_BYTES_MAX)),
      findings,
      hangMs,
    };
    this.#worker = new Worker(script, { workerData: this.#shared });
    this.#worker.unref();
  }

  begin(input: Buffer): void {
    const { counters } = this.#shared;
    const length = Math.min(input.length, INPUT_BYTES_MAX);
    this.#shared.input.set(input.subarray(0, length));
    counters[1] = length;
    Atomics.add(counters, 0, 1);
    Atomics.store(counters, 2, 1);
  }

  end(): void {
    Atomics.store(this.#shared.counters, 2, 0);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** What the thread does; true when this is the thread. */
export function watch(): boolean {
  if (isMainThread) return false;
  const { counters, input, findings, hangMs } = workerData as Shared;
  let seen = -1;
  setInterval(() => {
    const count = Atomics.load(counters, 0);
    const runs = Atomics.load(counters, 2) === 1;
    if (!runs || count !== seen) {
      seen = runs ? count : -1;
      return;
    }
    mkdirSync(findings, { recursive: true });
    const file = join(findings, `hang-${Date.now()}.bin`);
    writeFileSync(file, Buffer.from(input.slice(0, counters[1])));
    console.error(`an execution has not come to its end in ${hangMs} ms; its input is ${file}`);
    process.exit(1);
  }, hangMs);
  return true;
}

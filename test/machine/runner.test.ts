import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError, type BrokerErrorCode } from '../../src/base/errors.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { buildBatch } from '../../src/record/build.ts';
import { MemoryLog } from './support/memory-log.ts';
import { TestClock } from './support/test-clock.ts';
import { type ToyCommand, type ToyState, toyMachine } from './support/toy.ts';
import { checkTranscript, transcriptPath } from './support/transcript.ts';

type ToyRunner = MachineRunner<ToyState, ToyCommand, unknown, number>;

function newRunner(log: MemoryLog, clock = new TestClock(), snapshotBytesMin = 1 << 20): ToyRunner {
  return new MachineRunner({ machine: toyMachine, log, clock, snapshotBytesMin }) as ToyRunner;
}

const lasting = (state: ToyState): unknown => [[...state.values].sort(), [...state.due].sort()];

/** The world of the transcript. */
class Stage {
  log = new MemoryLog();
  clock = new TestClock();
  runner = newRunner(this.log, this.clock);
  out: string[] = [];

  async step(line: string): Promise<string[]> {
    this.out = [];
    const [verb, ...rest] = line.split(' ');
    const name = rest[0] ?? '';
    const numbers = rest.slice(1).map(Number);
    if (verb === 'add') this.submit(line, { kind: 'add', name, by: numbers[0]! });
    else if (verb === 'get') this.submit(line, { kind: 'get', name });
    else if (verb === 'wait') this.submit(line, { kind: 'wait', name, bound: numbers[0]! });
    else if (verb === 'later') this.submit(line, { kind: 'later', name, by: numbers[0]!, inMs: numbers[1]! });
    else await this.world(verb!, rest);
    return this.out;
  }

  submit(line: string, command: ToyCommand): void {
    this.runner.submit(command, (answer) => {
      this.out.push(`${line}: ${answer instanceof BrokerError ? `${answer.code}` : answer}`);
    });
  }

  async world(verb: string, rest: string[]): Promise<void> {
    if (verb === 'start') await this.runner.start();
    else if (verb === 'commit') this.log.commit(rest[0] === undefined ? undefined : Number(rest[0]));
    else if (verb === 'refuse') this.log.refusal = new BrokerError(rest[0] as BrokerErrorCode, 'Refused.');
    else if (verb === 'accept') this.log.refusal = null;
    else if (verb === 'advance') this.clock.advance(Number(rest[0]));
    else if (verb === 'close') this.runner.close(new BrokerError('shutting-down', 'The broker stops.'));
    else if (verb === 'crash') {
      this.log = this.log.crash(Number(rest[1] ?? 0));
      this.clock = new TestClock(this.clock.nowMs());
      this.runner = newRunner(this.log, this.clock);
    } else throw new Error(`unknown step ${verb}`);
  }
}

test('transcript', async () => {
  const stage = new Stage();
  await checkTranscript(transcriptPath('machine-runner'), (line) => stage.step(line));
});

const name = fc.constantFrom('a', 'b', 'c');
const command: fc.Arbitrary<ToyCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('add' as const), name, by: fc.integer({ min: 0, max: 9 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('get' as const), name }) },
  fc.record({ kind: fc.constant('wait' as const), name, bound: fc.integer({ min: 1, max: 60 }) }),
  fc.record({
    kind: fc.constant('later' as const),
    name,
    by: fc.integer({ min: 1, max: 9 }),
    inMs: fc.integer({ min: 0, max: 50 }),
  }),
);
type Step =
  | ToyCommand
  | { readonly kind: 'commit'; readonly count: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'accept' }
  | { readonly kind: 'crash'; readonly keep: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: command },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 60 }) }),
  },
  fc.constantFrom<Step>({ kind: 'refuse' }, { kind: 'accept' }),
  fc.record({ kind: fc.constant('crash' as const), keep: fc.integer({ min: 0, max: 5 }) }),
);

/** Runs steps, and keeps for each number of frames what the state was behind them. */
class World {
  log = new MemoryLog();
  clock = new TestClock();
  readonly snapshotBytesMin: number;
  runner: ToyRunner;
  statesByFrames: unknown[] = [lasting(toyMachine.initial())];

  constructor(snapshotBytesMin: number) {
    this.snapshotBytesMin = snapshotBytesMin;
    this.runner = newRunner(this.log, this.clock, snapshotBytesMin);
  }

  async run(steps: readonly Step[]): Promise<void> {
    await this.runner.start();
    for (const step of steps) {
      if (step.kind === 'commit') this.log.commit(step.count);
      else if (step.kind === 'advance') this.clock.advance(step.ms);
      else if (step.kind === 'refuse') this.log.refusal = new BrokerError('storage-full', 'Full.');
      else if (step.kind === 'accept') this.log.refusal = null;
      else if (step.kind === 'crash') await this.crash(step.keep);
      else this.submit(step);
      this.note();
    }
  }

  submit(command: ToyCommand): void {
    let calls = 0;
    // A snapshot holds nothing that the frames before it don't, so nobody waits for it.
    const framesBefore = this.log.frames.findLastIndex((frame) => frame.append.advanceStartTo === null) + 1;
    this.runner.submit(command, (answer) => {
      expect(++calls).toBe(1);
      if (answer instanceof BrokerError && answer.code === 'storage-full') return;
      // All that was applied when the command was decided is committed.
      expect(this.log.committedCount).toBeGreaterThanOrEqual(framesBefore);
    });
  }

  note(): void {
    const now = lasting(this.runner.state);
    let count = this.log.frames.length;
    while (this.statesByFrames.length <= count) this.statesByFrames.push(undefined);
    this.statesByFrames[count] = now;
    // The state behind a snapshot is the one before it.
    while (count > 0 && this.log.frames[count - 1]!.append.advanceStartTo !== null)
      this.statesByFrames[--count] = now;
  }

  async crash(keep: number): Promise<void> {
    this.note();
    this.log = this.log.crash(keep);
    this.clock = new TestClock(this.clock.nowMs());
    this.runner = newRunner(this.log, this.clock, this.snapshotBytesMin);
    await this.runner.start();
    const expected = this.statesByFrames[this.log.frames.length];
    if (expected !== undefined) expect(lasting(this.runner.state)).toEqual(expected);
    this.statesByFrames.length = this.log.frames.length + 1;
  }
}

describe('a crash at any point', () => {
  test('leaves the state of the frames that were kept, with and without snapshots', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom(1, 300, 1 << 20),
        async (steps, snapshotBytesMin) => {
          const world = new World(snapshotBytesMin);
          await world.run(steps);
          await world.crash(0);
          // And what is left over is answered when all is committed, or when the machine closes.
          world.log.commit();
          world.runner.close(new BrokerError('shutting-down', 'Stop.'));
          expect(world.runner.waitingCount).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('snapshots', () => {
  test('replace what stands before them, and are taken less often as they grow', async () => {
    const log = new MemoryLog();
    const runner = newRunner(log, undefined, 2000);
    await runner.start();
    for (let i = 0; i < 2000; i++) {
      runner.submit({ kind: 'add', name: `n${i % 50}`, by: 1 }, () => {});
      log.commit();
    }
    const snapshots = log.frames.filter((frame) => frame.append.advanceStartTo !== null);
    expect(snapshots.length).toBeGreaterThan(3);
    expect(snapshots.length).toBeLessThan(60);
    let replayed = 0;
    await log.replay(() => replayed++);
    expect(replayed).toBeLessThan(200);
    const again = newRunner(log.crash(0), undefined, 2000);
    await again.start();
    expect(lasting(again.state)).toEqual(lasting(runner.state));
  });

  test('of many records lie in several batches of one frame', async () => {
    const log = new MemoryLog();
    const runner = newRunner(log);
    await runner.start();
    const long = 'x'.repeat(60_000);
    for (let i = 0; i < 40; i++) runner.submit({ kind: 'add', name: `${long}${i}`, by: 1 }, () => {});
    expect(runner.takeSnapshot()).toBeNull();
    const { batches } = log.frames.at(-1)!.append;
    expect(batches.length).toBeGreaterThan(4);
    for (const batch of batches) expect(batch.length).toBeLessThan(1024 * 1024 + 100);
    log.commit();
    const again = newRunner(log.crash(0));
    await again.start();
    expect(again.state.values.size).toBe(40);
  });
});

test('a snapshot begins the state anew, also when what stands before it is still read', async () => {
  class WholeLog extends MemoryLog {
    override get startOffset(): number {
      return 0;
    }
  }
  const log = new MemoryLog();
  const runner = newRunner(log);
  await runner.start();
  runner.submit({ kind: 'later', name: 'a', by: 1, inMs: 10 }, () => {});
  runner.state.due.clear();
  runner.submit({ kind: 'add', name: 'b', by: 2 }, () => {});
  runner.takeSnapshot();
  runner.submit({ kind: 'add', name: 'b', by: 1 }, () => {});
  const again = newRunner(new WholeLog(log.frames));
  await again.start();
  expect(lasting(again.state)).toEqual([[['b', 3]], []]);
});

describe('a stream of a newer version', () => {
  async function startOver(batch: Buffer): Promise<unknown> {
    const log = new MemoryLog();
    log.append({
      batches: [batch],
      companions: [],
      advanceStartTo: null,
      durable: true,
      onCommitted: () => {},
    });
    return newRunner(log)
      .start()
      .then(
        () => 'started',
        (error: unknown) => error,
      );
  }

  test('is refused with a sentence', async () => {
    const error = await startOver(
      buildBatch([{ key: Buffer.from([2]), value: Buffer.from('{}') }], { timestampMs: 0 }),
    );
    expect(error).toBeInstanceOf(BrokerError);
    expect((error as BrokerError).code).toBe('unsupported-format');
    expect((error as BrokerError).message).toMatch(/offset 0: the record format 2 is unknown.*newer version/);
  });

  test('is refused for a control record of an unknown kind', async () => {
    const key = Buffer.from([0, 0, 0, 99]);
    const error = await startOver(buildBatch([{ key, value: null }], { timestampMs: 0, control: true }));
    expect(error).toMatchObject({ code: 'unsupported-format' });
  });
});

test('commands are refused while the stream is read', () => {
  const runner = newRunner(new MemoryLog());
  let answer: unknown;
  runner.submit({ kind: 'get', name: 'a' }, (a) => {
    answer = a;
  });
  expect(answer).toMatchObject({ code: 'coordinator-loading' });
});

test('a caller may submit from its answer', async () => {
  const log = new MemoryLog();
  const runner = newRunner(log);
  await runner.start();
  const order: string[] = [];
  runner.submit({ kind: 'add', name: 'a', by: 1 }, () => {
    order.push('first');
    runner.submit({ kind: 'get', name: 'a' }, (answer) => order.push(`nested ${answer}`));
  });
  runner.submit({ kind: 'get', name: 'a' }, () => order.push('second'));
  log.commit();
  expect(order).toEqual(['first', 'second', 'nested 1']);
});

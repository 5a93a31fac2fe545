import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { batchKind } from '../../src/machine/frames.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { type Add, type FoldMachine, type Folds, foldMachine, TurnClock } from './support/fold.ts';
import { MemoryLog } from './support/memory-log.ts';

type FoldRunner = MachineRunner<Folds, Add, Add, number>;

interface Limits {
  readonly snapshotBytesMin: number;
  readonly oneFrameBytesMax: number;
  readonly sliceBytesMax: number;
}

const ALWAYS: Limits = { snapshotBytesMin: 300, oneFrameBytesMax: 0, sliceBytesMax: 100 };

function newRunner(log: MemoryLog, clock: TurnClock, limits: Limits, machine = foldMachine): FoldRunner {
  return new MachineRunner({ machine, log, clock, ...limits });
}

async function stateAfterRestart(log: MemoryLog): Promise<Folds> {
  const runner = newRunner(log, new TurnClock(), ALWAYS);
  await runner.start();
  return runner.state;
}

/** What the first frames are to a restart. */
const prefix = (log: MemoryLog, count: number): MemoryLog => new MemoryLog(log.frames.slice(0, count));

const kinds = (log: MemoryLog): string[] => log.frames.map(({ append }) => batchKind(append.batches[0]!));

type Step =
  | { readonly kind: 'add'; readonly name: string; readonly by: number }
  | { readonly kind: 'commit'; readonly count: number }
  | { readonly kind: 'crash'; readonly keep: number }
  | { readonly kind: 'turn' | 'work' | 'snapshot' | 'refuse' | 'accept' | 'unreadable' | 'readable' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      by: fc.integer({ min: 1, max: 99 }),
    }),
  },
  { weight: 6, arbitrary: fc.constant<Step>({ kind: 'turn' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'work' }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 9 }) }),
  },
  fc.constantFrom<Step>(
    { kind: 'refuse' },
    { kind: 'accept' },
    { kind: 'accept' },
    { kind: 'snapshot' },
    { kind: 'unreadable' },
    { kind: 'readable' },
  ),
  fc.record({ kind: fc.constant('crash' as const), keep: fc.integer({ min: 0, max: 6 }) }),
);

/** Runs steps, and knows which additions each number of frames holds. */
class World {
  readonly limits: Limits;
  log = new MemoryLog();
  clock = new TurnClock();
  runner: FoldRunner;
  /** By the number of frames with which they were there. */
  accepted: { readonly add: Add; readonly frames: number }[] = [];

  constructor(limits: Limits) {
    this.limits = limits;
    this.runner = newRunner(this.log, this.clock, limits);
  }

  async run(steps: readonly Step[]): Promise<void> {
    await this.runner.start();
    for (const step of steps) await this.step(step);
  }

  async step(step: Step): Promise<void> {
    const { log } = this;
    if (step.kind === 'add') this.add(step);
    else if (step.kind === 'turn') await this.clock.turn();
    else if (step.kind === 'commit') log.commit(step.count);
    else if (step.kind === 'work') await finish(log, this.clock);
    else if (step.kind === 'snapshot') this.runner.takeSnapshot();
    else if (step.kind === 'refuse') log.refusal = new BrokerError('storage-full', 'Full.');
    else if (step.kind === 'accept') log.refusal = null;
    else if (step.kind === 'unreadable') log.unreadable = new BrokerError('corrupt-batch', 'Damaged.');
    else if (step.kind === 'readable') log.unreadable = null;
    else if (step.kind === 'crash') await this.crash(step.keep);
  }

  add({ name, by }: Add): void {
    const frames = this.log.frames.length + 1;
    if (this.log.refusal === null) this.accepted.push({ add: { name, by }, frames });
    this.runner.submit({ name, by }, () => {});
  }

  async crash(keep: number): Promise<void> {
    this.log = this.log.crash(keep);
    const { length } = this.log.frames;
    this.accepted = this.accepted.filter(({ frames }) => frames <= length);
    this.clock = new TurnClock();
    this.runner = newRunner(this.log, this.clock, this.limits);
    await this.runner.start();
    expect(this.runner.state).toEqual(this.expected(length));
  }

  expected(frames: number): Folds {
    const folds: Folds = new Map();
    for (const { add, frames: from } of this.accepted) if (from <= frames) foldMachine.apply(folds, add);
    return folds;
  }
}

/** Commits and runs turns until nothing is left to do. */
async function finish(log: MemoryLog, clock: TurnClock): Promise<void> {
  do {
    log.commit();
    await clock.turn();
  } while (clock.hasWork || log.uncommittedCount > 0);
}

describe('a snapshot in the background', () => {
  test('leaves the state of all decisions, after a crash at any frame', async () => {
    let whole = 0;
    let begun = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 100, size: 'max' }),
        fc.record({
          snapshotBytesMin: fc.constantFrom(1, 200, 600),
          oneFrameBytesMax: fc.constantFrom(0, 150),
          sliceBytesMax: fc.constantFrom(1, 100, 1000),
        }),
        async (steps, limits) => {
          const world = new World(limits);
          await world.run(steps);
          const { log } = world;
          begun += kinds(log).filter((kind) => kind === 'parts-header').length;
          whole += kinds(log).filter((kind) => kind === 'parts-footer').length;
          for (let count = 0; count <= log.frames.length; count++) {
            expect(await stateAfterRestart(prefix(log, count))).toEqual(world.expected(count));
          }
        },
      ),
      { numRuns: 400 },
    );
    // What the property is about has happened.
    expect(whole).toBeGreaterThan(200);
    expect(begun).toBeGreaterThan(whole + 200);
  });

  test('has parts between which decisions are logged, and moves the start when it is whole', async () => {
    const log = new MemoryLog();
    const clock = new TurnClock();
    const runner = newRunner(log, clock, ALWAYS);
    await runner.start();
    let count = 0;
    const add = () => runner.submit({ name: `n${count++ % 7}`, by: count }, () => {});
    while (!kinds(log).includes('parts-header')) add();
    const header = log.frames.at(-2)!.endOffset;
    while (!kinds(log).includes('parts-footer')) {
      expect(log.startOffset).toBe(0);
      log.commit();
      await clock.turn();
      add();
    }
    expect(log.startOffset).toBe(header);
    const written = kinds(log).slice(kinds(log).indexOf('parts-header'));
    expect(written.filter((kind) => kind === 'part').length).toBeGreaterThan(2);
    expect(written.filter((kind) => kind === 'records').length).toBeGreaterThan(3);
    expect(await stateAfterRestart(log)).toEqual(runner.state);
  });

  test('that the log refuses is begun again when as much more was logged', async () => {
    const log = new MemoryLog();
    const clock = new TurnClock();
    const runner = newRunner(log, clock, ALWAYS);
    await runner.start();
    const add = (): number => {
      runner.submit({ name: `n${log.frames.length % 7}`, by: 1 }, () => {});
      return kinds(log).filter((kind) => kind === 'parts-header').length;
    };
    while (add() < 1);
    while (!kinds(log).includes('part')) {
      log.commit();
      await clock.turn();
    }
    log.refusal = new BrokerError('storage-full', 'Full.');
    await finish(log, clock);
    log.refusal = null;
    await finish(log, clock);
    expect(kinds(log)).not.toContain('parts-footer');
    let more = 0;
    while (add() < 2) more++;
    expect(more).toBeGreaterThan(2);
    await finish(log, clock);
    expect(kinds(log).at(-1)).toBe('parts-footer');
    expect(await stateAfterRestart(log)).toEqual(runner.state);
  });

  test('is taken from memory, in one frame, when the stream cannot be read again', async () => {
    const log = new MemoryLog();
    const clock = new TurnClock();
    const runner = newRunner(log, clock, ALWAYS);
    await runner.start();
    log.unreadable = new BrokerError('corrupt-batch', 'Damaged.');
    while (!kinds(log).includes('parts-header')) runner.submit({ name: 'a', by: 1 }, () => {});
    await finish(log, clock);
    expect(kinds(log).at(-1)).toBe('snapshot-header');
    expect(log.frames.at(-1)!.append.batches.length).toBe(3);
    expect(await stateAfterRestart(log)).toEqual(runner.state);
  });

  test('ends with the machine', async () => {
    const log = new MemoryLog();
    const clock = new TurnClock();
    const runner = newRunner(log, clock, ALWAYS);
    await runner.start();
    while (!kinds(log).includes('parts-header')) runner.submit({ name: 'a', by: 1 }, () => {});
    const { length } = log.frames;
    runner.close(new BrokerError('shutting-down', 'Stop.'));
    await finish(log, clock);
    expect(log.frames.length).toBe(length);
  });

  test('takes a bounded part of the work in each turn', async () => {
    let bytes = 0;
    const counting: FoldMachine = {
      ...foldMachine,
      encode(add) {
        const stored = foldMachine.encode(add);
        bytes += stored.key.length;
        return stored;
      },
      decode(stored) {
        bytes += stored.key.length;
        return foldMachine.decode(stored);
      },
    };
    const log = new MemoryLog();
    const clock = new TurnClock();
    // The limits of a broker.
    const runner = new MachineRunner({ machine: counting, log, clock });
    await runner.start();
    const nameBytes = 1000;
    let count = 0;
    let most = 0;
    while (!kinds(log).includes('parts-header')) {
      bytes = 0;
      runner.submit({ name: String(count++).padStart(nameBytes, 'x'), by: 1 }, () => {});
      most = Math.max(most, bytes);
    }
    // To see that it isn't small, which takes as much as a snapshot in one frame.
    expect(most).toBeGreaterThan(200 * 1024);
    expect(most).toBeLessThan(260 * 1024);
    let turns = 0;
    let total = 0;
    do {
      for (const turn of [() => log.commit(), () => clock.turn()]) {
        bytes = 0;
        await turn();
        expect(bytes).toBeLessThan(33 * 1024);
        total += bytes;
        turns++;
      }
    } while (clock.hasWork || log.uncommittedCount > 0);
    expect(kinds(log).at(-1)).toBe('parts-footer');
    // All of it read, and all of it written.
    expect(total).toBe(2 * count * nameBytes);
    expect(turns).toBeGreaterThan(50);
    expect((await stateAfterRestart(log)).size).toBe(count);
  });
});

/**
 * A group coordinator to which anything may happen: its clock moves, its log lags, refuses and crashes. Tests with random
 * clients add what the clients do, and what must be true at each step.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { snapshotGroups } from '../../../src/group/apply.ts';
import type { GroupAnswer, GroupCommand } from '../../../src/group/commands.ts';
import { createGroupMachine } from '../../../src/group/machine.ts';
import type { GroupsState, LiveGroup } from '../../../src/group/model.ts';
import { GroupRecordCodec } from '../../../src/group/records.ts';
import type { GroupSettings } from '../../../src/group/settings.ts';
import { MachineRunner } from '../../../src/machine/runner.ts';
import { MemoryLog } from '../../machine/support/memory-log.ts';
import { TestClock } from '../../machine/support/test-clock.ts';
import type { GroupRunner } from './stage.ts';
import { TestWorld } from './world.ts';

/** What happens to the coordinator, whatever its clients do. */
export type WorldStep =
  | { readonly kind: 'refuse' | 'accept' | 'snapshot' }
  | { readonly kind: 'commit-log'; readonly count: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'crash'; readonly keep: number };

type WorldSteps = fc.WeightedArbitrary<WorldStep>;

export const commitsOfLog = (weight: number): WorldSteps => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant('commit-log' as const), count: fc.integer({ min: 1, max: 9 }) }),
});

export const advances = (weight: number, ...spansMs: number[]): WorldSteps => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(...spansMs) }),
});

export const faults: readonly WorldSteps[] = [
  {
    weight: 2,
    arbitrary: fc.constantFrom<WorldStep>({ kind: 'refuse' }, { kind: 'accept' }, { kind: 'accept' }),
  },
  { weight: 1, arbitrary: fc.constant<WorldStep>({ kind: 'snapshot' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), keep: fc.nat(3) }) },
];

export abstract class RandomWorld<Step> {
  log = new MemoryLog();
  clock = new TestClock();
  readonly topics = new TestWorld();
  readonly settings: GroupSettings;
  runner: GroupRunner;

  constructor(settings: GroupSettings) {
    this.settings = settings;
    this.runner = this.#newRunner();
  }

  abstract run(step: Step): void | Promise<void>;

  /** What must be true at each step. */
  abstract check(): void;

  /** Lets everything calm down, and checks what must be true then. */
  abstract finish(): Promise<void>;

  /** The group that all is about; undefined: there is none. */
  get live(): LiveGroup | undefined {
    return this.runner.state.groups.get('g')?.live;
  }

  async runAll(steps: readonly Step[]): Promise<void> {
    await this.runner.start();
    for (const step of steps) {
      await this.run(step);
      this.check();
    }
    await this.finish();
  }

  /** Answers of a coordinator that has crashed since don't come. */
  submit(command: GroupCommand, onAnswer: (answer: GroupAnswer | BrokerError) => void = () => {}): void {
    const { runner } = this;
    runner.submit(command, (answer) => {
      if (runner === this.runner) onAnswer(answer);
    });
  }

  async happen(step: WorldStep): Promise<void> {
    switch (step.kind) {
      case 'refuse':
        this.log.refusal = new BrokerError('storage-full', 'Full.');
        return;
      case 'accept':
        this.log.refusal = null;
        return;
      case 'snapshot':
        this.runner.takeSnapshot();
        return;
      case 'commit-log':
        this.log.commit(step.count);
        return;
      case 'advance':
        this.advance(step.ms);
        return;
      case 'crash':
        await this.crash(step.keep);
    }
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** `keep`: how many frames stay of those that weren't committed. */
  async crash(keep: number): Promise<void> {
    this.clock = new TestClock(this.clock.nowMs());
    await this.#restart(keep);
  }

  /** All that is logged comes back. */
  async checkRestart(): Promise<void> {
    const before = lasting(this.runner.state);
    await this.#restart(0);
    expect(lasting(this.runner.state)).toEqual(before);
    this.check();
  }

  async #restart(keep: number): Promise<void> {
    this.log = this.log.crash(keep);
    this.runner = this.#newRunner();
    await this.runner.start();
  }

  #newRunner(): GroupRunner {
    return new MachineRunner({
      machine: createGroupMachine(this.settings, this.topics),
      log: this.log,
      clock: this.clock,
      snapshotBytesMin: 3000,
    });
  }
}

/** All that a restart must find. */
function lasting(state: GroupsState): string[] {
  const codec = new GroupRecordCodec();
  return [...snapshotGroups(state)].map((record) => {
    const { key, value } = codec.encode(record);
    return `${key.toString('hex')} ${value?.toString('hex')}`;
  });
}

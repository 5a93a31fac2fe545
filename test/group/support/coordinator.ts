/** A group coordinator on a clock, a log and topics that a test moves, asked with commands. */
import { beforeEach, expect } from 'vitest';
import type { BrokerError } from '../../../src/base/errors.ts';
import type { GroupAnswer, GroupCommand } from '../../../src/group/commands.ts';
import { createGroupMachine } from '../../../src/group/machine.ts';
import { GROUP_SETTINGS_DEFAULT, type GroupSettings } from '../../../src/group/settings.ts';
import { MachineRunner } from '../../../src/machine/runner.ts';
import { MemoryLog } from '../../machine/support/memory-log.ts';
import { TestClock } from '../../machine/support/test-clock.ts';
import { type GroupRunner, topicIdOf } from './stage.ts';
import { TestWorld } from './world.ts';

export class Coordinator {
  #log = new MemoryLog();
  readonly #clock = new TestClock();
  readonly world = new TestWorld();
  readonly settings: { -readonly [K in keyof GroupSettings]: GroupSettings[K] } = {
    ...GROUP_SETTINGS_DEFAULT,
  };
  runner: GroupRunner = this.#newRunner();

  #newRunner(): GroupRunner {
    const machine = createGroupMachine(this.settings, this.world);
    return new MachineRunner({ machine, log: this.#log, clock: this.#clock });
  }

  put(name: string, partitionCount: number): void {
    this.world.put({ id: topicIdOf(name), name, partitionCount });
  }

  ask(command: GroupCommand): GroupAnswer | BrokerError {
    let answer: GroupAnswer | BrokerError | undefined;
    this.runner.submit(command, (given) => {
      answer = given;
    });
    this.#log.commit();
    expect(answer, 'an answer').toBeDefined();
    return answer!;
  }

  async restart(): Promise<void> {
    this.#log = this.#log.crash(0);
    this.runner = this.#newRunner();
    await this.runner.start();
  }

  /** Moves the time on, in steps in which timers and the log keep up. */
  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      this.#clock.advance(Math.min(500, left));
      this.#log.commit();
    }
  }
}

/** A new coordinator for each test of a file, which knows a topic with two partitions. */
export function eachWithTopic(name: string): { coordinator: Coordinator } {
  const here = {} as { coordinator: Coordinator };
  beforeEach(async () => {
    here.coordinator = new Coordinator();
    here.coordinator.put(name, 2);
    await here.coordinator.runner.start();
  });
  return here;
}

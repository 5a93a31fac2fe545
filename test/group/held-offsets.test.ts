/**
 * Offsets that several open transactions hold for the same partitions, compared with a log that is read as Kafka reads
 * `__consumer_offsets`: an offset counts by its place there, however late its transaction ends. Restarts and snapshots
 * change nothing.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GroupAnswer, GroupCommand } from '../../src/group/commands.ts';
import { createGroupMachine } from '../../src/group/machine.ts';
import { GROUP_SETTINGS_DEFAULT } from '../../src/group/settings.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { MemoryLog } from '../machine/support/memory-log.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { type GroupRunner, topicIdOf } from './support/stage.ts';
import { TestWorld } from './support/world.ts';

const PARTITIONS = [0, 1, 2, 3];
const topic = 't';
const topicId = topicIdOf(topic);

type Step =
  | { readonly kind: 'commit'; readonly producerId: number; readonly partitions: readonly number[] }
  | { readonly kind: 'end'; readonly producerId: number; readonly commit: boolean }
  | { readonly kind: 'delete'; readonly partitions: readonly number[] }
  | { readonly kind: 'advance' }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'restart' };

const somePartitions = fc.subarray(PARTITIONS, { minLength: 1 });
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('commit' as const),
        producerId: fc.constantFrom(-1, 1, 2, 3),
        partitions: somePartitions,
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        producerId: fc.constantFrom(1, 2, 3),
        commit: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), partitions: somePartitions }) },
    {
      weight: 5,
      arbitrary: fc.constantFrom<Step>({ kind: 'advance' }, { kind: 'snapshot' }, { kind: 'restart' }),
    },
  ),
  { maxLength: 40, size: 'max' },
);

/** Of each partition what is committed (−1: nothing), and whether a transaction may still change it. */
type Standing = readonly (readonly [offset: number, held: boolean])[];

interface Placed {
  readonly place: number;
  readonly offset: number;
}

/** The places of all commits in one log. */
class Model {
  #place = 0;
  readonly committed = new Map<number, Placed>();
  readonly held = new Map<number, Map<number, Placed>>();

  commit(producerId: number, partitions: readonly number[], offset: number): void {
    const placed = { place: this.#place++, offset };
    let into = this.committed;
    if (producerId >= 0) {
      into = this.held.get(producerId) ?? new Map();
      this.held.set(producerId, into);
    }
    for (const partition of partitions) into.set(partition, placed);
  }

  end(producerId: number, commit: boolean): void {
    const held = this.held.get(producerId) ?? [];
    this.held.delete(producerId);
    if (!commit) return;
    for (const [partition, placed] of held) {
      const known = this.committed.get(partition);
      if (known === undefined || placed.place > known.place) this.committed.set(partition, placed);
    }
  }

  delete(partitions: readonly number[]): void {
    for (const offsets of [this.committed, ...this.held.values()]) {
      for (const partition of partitions) offsets.delete(partition);
    }
  }

  get standing(): Standing {
    const isHeld = (partition: number): boolean => [...this.held.values()].some((of) => of.has(partition));
    return PARTITIONS.map((partition) => [this.committed.get(partition)?.offset ?? -1, isHeld(partition)]);
  }
}

class Coordinator {
  #log = new MemoryLog();
  readonly #clock = new TestClock();
  #runner = this.#newRunner();

  #newRunner(): GroupRunner {
    return new MachineRunner({
      machine: createGroupMachine({ ...GROUP_SETTINGS_DEFAULT }, new TestWorld()),
      log: this.#log,
      clock: this.#clock,
    });
  }

  start(): Promise<unknown> {
    return this.#runner.start();
  }

  restart(): Promise<unknown> {
    this.#log = this.#log.crash(0);
    this.#runner = this.#newRunner();
    return this.start();
  }

  advance(): void {
    this.#clock.advance(10);
  }

  snapshot(): void {
    expect(this.#runner.takeSnapshot()).toBeNull();
    this.#log.commit();
  }

  #ask(command: GroupCommand): GroupAnswer | undefined {
    let answer: unknown;
    this.#runner.submit(command, (given) => (answer = given));
    this.#log.commit();
    return answer as GroupAnswer | undefined;
  }

  commit(producerId: number, partitions: readonly number[], offset: number): void {
    const at = partitions.map((partition) => ({ partition, offset, leaderEpoch: 0, metadata: '' }));
    const nobody = { memberId: '', instanceId: null, generation: -1, retentionMs: null };
    const topics = [{ topic, topicId, partitions: at }];
    const answer = this.#ask({ kind: 'commit-offsets', groupId: 'g', ...nobody, producerId, topics });
    expect(answer).toEqual({ kind: 'committed', refused: [] });
  }

  end(producerId: number, commit: boolean): void {
    this.#ask({ kind: 'transaction-ended', groupIds: ['g'], producerId, commit });
  }

  delete(partitions: readonly number[]): void {
    this.#ask({ kind: 'delete-offsets', groupId: 'g', topics: [{ topic, partitions }] });
  }

  #fetch(requireStable: boolean) {
    const topics = [{ topic, topicId: null, partitions: PARTITIONS }];
    const answer = this.#ask({ kind: 'fetch-offsets', requireStable, groups: [{ groupId: 'g', topics }] });
    if (answer?.kind !== 'offsets') throw new Error('offsets were expected');
    return answer.groups[0]!.topics[0]!.partitions;
  }

  get standing(): Standing {
    const stable = this.#fetch(true);
    return this.#fetch(false).map(({ offset }, i) => [offset, stable[i]!.unstable]);
  }
}

test('of several commits for a partition the one that came last stands', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const model = new Model();
      const coordinator = new Coordinator();
      await coordinator.start();
      for (const [offset, step] of all.entries()) {
        if (step.kind === 'advance') coordinator.advance();
        else if (step.kind === 'snapshot') coordinator.snapshot();
        else if (step.kind === 'restart') await coordinator.restart();
        else {
          for (const each of [model, coordinator]) {
            if (step.kind === 'commit') each.commit(step.producerId, step.partitions, offset);
            else if (step.kind === 'end') each.end(step.producerId, step.commit);
            else each.delete(step.partitions);
          }
        }
        expect(coordinator.standing).toEqual(model.standing);
      }
    }),
    { numRuns: 400 },
  );
});

/**
 * Two subscriptions of one topic of a whole broker against a naive model, from a seed: limits with each overflow, time to live (the subscription's and the
 * messages' own; met by a consumer, at the head, by the clock), priorities, filters, transactions, pauses, purge, seek, dead letters and
 * their way back to the one that had buried them. After each operation the broker comes to rest, and all that can be seen must be what the model says.
 */
import { assert } from '../../src/base/assert.ts';
import { BrokerError } from '../../src/base/errors.ts';
import type { Compression } from '../../src/platform/ports.ts';
import { FeatureConsumers } from './consumers.ts';
import { FeatureLetters } from './letters.ts';
import type { Standing } from './model.ts';
import { FeatureProducers } from './producers.ts';
import { type FeatureCounts, FeatureWorld, SLOT_MS } from './world.ts';

/** A longer log would make the model slow. */
const OFFSETS_MAX = 150;
/** What follows an operation at once. */
const AT_ONCE_MS = 100;

/** Does so many random operations, in worlds of some hundred each. Rejects where broker and model differ. */
export async function exerciseFeatures(
  seed: number,
  operations: number,
  { compression, counts }: { readonly compression: Compression; readonly counts: FeatureCounts },
): Promise<void> {
  const exercise = new FeatureExercise(new FeatureWorld(seed, compression, counts));
  for (let step = 1; step <= operations; step++) {
    try {
      if (step === 1) await exercise.start();
      if (await exercise.step()) return;
    } catch (error) {
      const cause = error instanceof Error ? error.stack : String(error);
      throw new Error(`seed ${seed}, operation ${step} (${exercise.doing.slice(-6).join(', ')}): ${cause}`);
    }
    counts.operations++;
  }
}

/** What the model of a subscription had before the slot ended. */
interface Before {
  /** How many were too many. */
  readonly excess: number;
  /** What may be dropped, by partition: what stands behind another of its key isn't. */
  readonly free: readonly (readonly Standing[])[];
}

class FeatureExercise {
  /** The last operations. */
  readonly doing: string[] = [];
  readonly #world: FeatureWorld;
  readonly #letters: FeatureLetters;
  readonly #producers: FeatureProducers;
  readonly #consumers: FeatureConsumers;

  constructor(world: FeatureWorld) {
    this.#world = world;
    this.#letters = new FeatureLetters(world);
    this.#producers = new FeatureProducers(world, this.#letters);
    this.#consumers = new FeatureConsumers(world);
  }

  start(): Promise<void> {
    return this.#world.start();
  }

  /** Whether the world has come to its end. */
  async step(): Promise<boolean> {
    const { host, prng, readers } = this.#world;
    this.#world.reader = prng.pick(readers);
    const [, name, run] = this.#draw();
    this.doing.push(`${name} (${this.#world.model.name})`);
    await run();
    await host.scheduler.runFor(AT_ONCE_MS);
    await this.#producers.read();
    const early = readers.map(({ model }) => ({
      excess: model.excess,
      free: model.partitions.map((all, index) =>
        all.filter((one) => one.state === 'free' && !model.mayBeBehind(index, one)),
      ),
    }));
    await this.#world.passSlot();
    await this.#producers.read();
    const before = readers.map(({ model }, i) => {
      const { excess, free } = early[i]!;
      const most = Math.max(excess, model.excess);
      model.due(this.#world.nowMs);
      return { excess: most, free };
    });
    await this.#observe(before);
    this.#world.backToSlot();
    return this.#world.model.partitions.some(({ length }) => length > OFFSETS_MAX);
  }

  #draw(): readonly [weight: number, name: string, run: () => void | Promise<void>] {
    return this.#world.prng.weighted([
      [24, 'publish', () => this.#producers.publish()],
      [36, 'acquire', () => this.#consumers.acquire()],
      [36, 'settle', () => this.#consumers.settle()],
      [10, 'time', () => undefined],
      [3, 'disconnect', () => this.#consumers.disconnect()],
      [4, 'transaction', () => this.#producers.transaction()],
      [5, 'alter', () => this.#alter()],
      [5, 'redrive', () => this.#letters.redrive()],
      [1, 'purge', () => this.#purge()],
      [1, 'seek', () => this.#seek()],
      [1, 'begin anew', () => this.#beginAnew()],
      [2, 'restart', () => this.#restart()],
    ]);
  }

  // What operators do.

  async #alter(): Promise<void> {
    const { model, broker, subscription } = this.#world;
    const settings = this.#world.drawSettings();
    await this.#world.called<null>((done) => broker.queues.alter(subscription, settings, done));
    model.settings = { ...model.settings, ...settings };
  }

  async #purge(): Promise<void> {
    const { model, broker, subscription } = this.#world;
    const everywhere = { partitions: null, to: 'latest' } as const;
    const positions = await this.#world.settled(broker.queueAdmin.positions(subscription, everywhere));
    assert(!(positions instanceof BrokerError), 'where all ends is known');
    await this.#world.called<null>((done) => broker.queues.seek(subscription, positions, done));
    model.partitions.forEach((all, index) => {
      model.seek(index, all.length);
    });
  }

  async #seek(): Promise<void> {
    const { prng, model, broker, subscription } = this.#world;
    const partition = prng.int(model.partitions.length);
    const offset = prng.int(model.partitions[partition]!.length + 1);
    await this.#world.called<null>((done) => broker.queues.seek(subscription, [{ partition, offset }], done));
    model.seek(partition, offset);
  }

  /** Not while letters are put back: those of a subscription that isn't there stay. */
  async #beginAnew(): Promise<void> {
    if (!this.#letters.isMoving) await this.#world.beginAnew();
  }

  async #restart(): Promise<void> {
    this.#letters.forgetRun();
    await this.#world.restart();
  }

  // What must be true when all has come to rest.

  async #observe(before: readonly Before[]): Promise<void> {
    const { readers, nowMs } = this.#world;
    this.#producers.check();
    await this.#letters.read();
    this.#letters.check();
    const tooMany = this.#letters.takeTooMany();
    readers.forEach((reader, i) => {
      this.#world.reader = reader;
      const { model } = reader;
      const all = model.partitions.flat();
      const dropped = model.partitions.flatMap((standings, index) => this.#compare(standings, index));
      this.#checkDropped([...dropped, ...tooMany.filter((one) => all.includes(one))], before[i]!);
      model.checkOverdue(nowMs, SLOT_MS);
    });
  }

  /** What the broker says of each message; gives those that were dropped. */
  #compare(standings: readonly Standing[], index: number): Standing[] {
    const { model, subscription } = this.#world;
    const window = subscription.state.windows.get(index);
    const dropped: Standing[] = [];
    for (const one of standings) {
      const stretch = window?.at(one.offset);
      const state = stretch?.state ?? (one.offset < (window?.next ?? 0) ? 'done' : 'new');
      const what = `${one.id} at ${index}@${one.offset} is ${one.state}, and ${state}`;
      if (one.state === 'free' && state === 'done') {
        one.state = 'done';
        if (model.isWanted(one) && this.#isDropped(one, what)) dropped.push(one);
        continue;
      }
      if (one.state === 'free') assert(['new', 'available', 'blocked'].includes(state), what);
      else assert(state === STATES[one.state], what);
      if (stretch === undefined) continue;
      assert(stretch.deliveries === one.deliveries, `${what} for the ${one.deliveries}th time`);
      if (one.state === 'held')
        assert(stretch.lease!.consumer === one.consumer, `${what} by ${one.consumer}`);
    }
    return dropped;
  }

  /** Whether what is gone without a letter was dropped because there were too many; else it has expired. */
  #isDropped(one: Standing, what: string): boolean {
    const { model, counts, nowMs } = this.#world;
    const { overflow, lengthMax, deadLetterTopic } = model.settings;
    const isExpired = model.expiresAtMs(one) < nowMs;
    if (isExpired && deadLetterTopic === null) {
      counts.expired++;
      return false;
    }
    assert(lengthMax > 0 && overflow === 'drop-head', `${what}, and nobody asked for that`);
    counts.dropped++;
    return true;
  }

  /** As many as were too many, the oldest of each partition. */
  #checkDropped(gone: readonly Standing[], { excess, free }: Before): void {
    const { model } = this.#world;
    if (gone.length > 0) {
      assert(gone.length <= excess, `${gone.length} were dropped, and ${excess} too many`);
      for (const standings of free) {
        const last = standings.findLastIndex((one) => gone.includes(one));
        for (const one of standings.slice(0, Math.max(0, last)))
          assert(one.state === 'done', `${one.id} is older than what was dropped`);
      }
    }
    if (model.excess === 0) return;
    model.partitions.forEach((all, index) => {
      const left = all.slice(0, model.stableEnd(index)).filter((one) => one.state === 'free');
      assert(
        left.every((one) => model.mayBeBehind(index, one)),
        `${left.length} are free in ${index}, and too many`,
      );
    });
  }
}

const STATES = { held: 'acquired', waiting: 'waiting', dead: 'nothing that is dead', done: 'done' } as const;

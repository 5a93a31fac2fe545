/** Those who acquire and settle: each must get what the model says is there for it, in order. */
import { assert } from '../../src/base/assert.ts';
import type { BrokerError } from '../../src/base/errors.ts';
import type { Acquired, SettleEntry } from '../../src/broker/queues.ts';
import type { Standing } from './model.ts';
import { CONSUMERS, type FeatureWorld, LEVELS, TAGS, tagFilter } from './world.ts';

/** An acquire, and what was handed out. */
interface Round {
  readonly consumer: string;
  readonly lockMs: number;
  readonly partitions: readonly number[] | null;
  readonly messagesMax: number;
  /** What was there to be had, by partition. */
  readonly may: readonly (readonly Standing[])[];
  readonly got: readonly Standing[][];
}

export class FeatureConsumers {
  readonly #world: FeatureWorld;

  constructor(world: FeatureWorld) {
    this.#world = world;
  }

  async acquire(): Promise<void> {
    const { prng, model, broker, subscription, nowMs } = this.#world;
    const tag = prng.chance(0.2) ? prng.pick(TAGS) : null;
    const partitions = prng.chance(0.3) ? [prng.int(model.partitions.length)] : null;
    const messagesMax = prng.pick([1, 3, 100]);
    const consumer = prng.pick(CONSUMERS);
    const isOut = model.settings.paused || !this.#isActive(consumer);
    const may = model.partitions.map((_, index) =>
      isOut || partitions?.includes(index) === false ? [] : model.acquirable(index, nowMs, tag),
    );
    const lock = prng.chance(0.2) ? { lockMs: 3500 } : {};
    const acquired = await this.#world.called<Acquired[]>((done) =>
      broker.queues.acquire({
        subscription,
        consumer,
        partitions,
        messagesMax,
        bytesMax: 1e9,
        waitMs: 0,
        ...lock,
        wanted: tag === null ? null : tagFilter(tag),
        done,
      }),
    );
    const got = model.partitions.map((): Standing[] => []);
    const { lockMs } = { lockMs: model.settings.lockMs, ...lock };
    const round: Round = { consumer, lockMs, partitions, messagesMax, may, got };
    for (const one of acquired) this.#take(one, round);
    for (const { batches } of acquired) broker.queues.releaseBlocks(batches);
    this.#check(round);
    for (const one of got.flat()) one.state = 'held';
  }

  #isActive(consumer: string): boolean {
    const { model } = this.#world;
    if (model.settings.order !== 'exclusive' || model.settings.paused) return true;
    model.activeConsumer ??= consumer;
    return model.activeConsumer === consumer;
  }

  #take({ partition, lease, batches, ranges }: Acquired, { consumer, lockMs, got }: Round): void {
    const { host, model, nowMs, counts } = this.#world;
    for (const { first, last, deliveries } of ranges) {
      const messages = host.messages(batches, first, last);
      assert(messages.length === last - first + 1, 'each offset that is acquired has a message');
      for (const message of messages) {
        const one = model.partitions[partition]![message.offset]!;
        assert(one.id === message.value!.toString(), `${one.id} stands at its offset`);
        got[partition]!.push(one);
        one.deliveries++;
        assert(one.deliveries === deliveries, `${one.id} comes for the ${one.deliveries}th time`);
        Object.assign(one, { consumer, lease, untilMs: nowMs + lockMs });
        counts.acquired++;
      }
    }
  }

  #check({ may, got, messagesMax, partitions }: Round): void {
    const { model, levels } = this.#world;
    // Behind what has expired, or isn't wanted, others of its key wait until that is done.
    const mayWait = model.settings.order === 'by-key';
    const had = may.map((all, index) => {
      const first = mayWait ? all.filter((one) => got[index]!.includes(one)) : all;
      return first.slice(0, model.room(index));
    });
    let left = messagesMax;
    had.forEach((all, index) => {
      const ids = got[index]!.map(({ id }) => id).join();
      const expected = all.slice(0, got[index]!.length);
      const wanted = expected.map(({ id }) => id).join();
      assert(ids === wanted, `${ids} was acquired of ${index}, not ${wanted}`);
      left -= got[index]!.length;
    });
    const all = had.reduce((sum, { length }) => sum + length, 0);
    assert(left === Math.max(0, messagesMax - all), `${messagesMax - left} of ${all} were acquired`);
    if (partitions !== null || levels === 1) return;
    got.forEach(({ length }, index) => {
      if (length === 0) return;
      had.forEach((higher, other) => {
        if (other % LEVELS <= index % LEVELS) return;
        assert(got[other]!.length === higher.length, `what has priority in ${other} comes before ${index}`);
      });
    });
  }

  async settle(): Promise<void> {
    const { prng, model, broker, subscription, nowMs, counts } = this.#world;
    const held = model.partitions.flatMap((all, partition) =>
      all.filter(({ state }) => state === 'held').map((one) => ({ partition, one })),
    );
    if (held.length === 0) return;
    const consumer = prng.chance(0.7) ? null : prng.pick(CONSUMERS);
    const chosen = prng.shuffle(held).slice(0, prng.pick([1, 2, 8]));
    const entries = chosen.map(({ partition, one }): SettleEntry => {
      const action = prng.chance(0.6) ? 'ack' : prng.pick(['release', 'retry', 'delay', 'reject'] as const);
      const lease = prng.chance(0.9) ? one.lease : one.lease + 1;
      const ms = action === 'delay' ? { ms: prng.pick([500, 4500]) } : {};
      return { partition, first: one.offset, last: one.offset, lease, action, ...ms };
    });
    const results = await this.#world.called<readonly (number | BrokerError)[]>((done) =>
      broker.queues.settle({ subscription, consumer, entries }, done),
    );
    results.forEach((result, i) => {
      const { one } = chosen[i]!;
      const { lease, action, ms = 0 } = entries[i]!;
      const isRight = lease === one.lease && (consumer === null || consumer === one.consumer);
      assert((typeof result === 'number') === isRight, `${action} of ${one.id} is taken if it is right`);
      if (!isRight) return;
      model.settle(one, { action, ms, nowMs });
      if (action === 'ack') counts.acked++;
    });
  }

  disconnect(): void {
    const consumer = this.#world.prng.pick(CONSUMERS);
    this.#world.broker.queues.disconnect(consumer);
    for (const { model } of this.#world.readers) model.disconnect(consumer);
  }
}

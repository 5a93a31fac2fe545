import { describe, expect, it } from 'vitest';
import { startBroker } from '../../sim/broker-under-test.ts';
import { type Mutation, mutant } from '../../sim/mutant.ts';
import type { Plan } from '../../sim/plan.ts';
import { Prng } from '../../sim/prng.ts';
import { forgetfulOfAcks } from '../../sim/rocketmq-mutant.ts';
import { runWorld, type WorldOptions } from '../../sim/world.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';

const OPTIONS: WorldOptions = { start: startBroker, compression: nodeCompression };

/** Failures of some worlds, all together. */
async function failuresOf(worlds: number, optionsFor: (seed: number) => WorldOptions): Promise<string> {
  const failures: string[] = [];
  for (let seed = 1; seed <= worlds; seed++) {
    const result = await runWorld(seed, optionsFor(seed));
    failures.push(...result.failures);
  }
  return failures.join('\n');
}

/** A busy world without faults, so that what fails is the planted mistake. */
function healthy(plan: Plan): Plan {
  const topics = [{ name: 'topic0', partitions: 3, configs: {}, durable: true, trimmed: false }];
  const producer = { ...plan.producers[0]!, topics: ['topic0'], acks: -1 as const, idempotent: false };
  const producers = [1, 2].map(() => ({ ...producer, retries: false, recordsMax: 120, batchRecordsMax: 1 }));
  const group = { topics: ['topic0'], staticMembers: false, sessionTimeoutMs: 6000, members: 3 };
  const protocols = ['classic', 'consumer', 'rolling'] as const;
  const groups = protocols.map((protocol) => ({ ...group, name: `${protocol}-group`, protocol }));
  const transactor = {
    newProtocol: true,
    transactions: 20,
    recordsMax: 3,
    timeoutMs: 5000,
    pauseMsMax: 20,
    carelessness: 0,
    diesAfterMs: Number.POSITIVE_INFINITY,
  };
  const transactors = [true, false].map((newProtocol, i) => ({
    ...transactor,
    newProtocol,
    transactionalId: `tx${i}`,
  }));
  const transactions = { partitions: 2, configs: {}, producers: transactors, readers: 1 };
  return {
    ...plan,
    topics,
    producers,
    groups,
    transactions,
    table: null,
    delays: null,
    consumers: 1,
    chaosClients: 0,
    admin: false,
    faults: [],
    loadMs: 6000,
  };
}

describe('simulated worlds', () => {
  it('keep what was promised, seeds 1 to 25', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const result = await runWorld(seed, OPTIONS);
      expect(result.failures, `npm run sim -- --seed ${seed} --verbose`).toEqual([]);
    }
  }, 120_000);

  it('are the same for the same seed, event by event', async () => {
    for (let seed = 101; seed <= 106; seed++) {
      const first = await runWorld(seed, OPTIONS);
      const second = await runWorld(seed, OPTIONS);
      expect(second).toEqual(first);
    }
  }, 120_000);

  it('are different for different seeds', async () => {
    const first = await runWorld(1, OPTIONS);
    const second = await runWorld(2, OPTIONS);
    expect(second.traceHash).not.toBe(first.traceHash);
  }, 60_000);
});

describe('the checkers', () => {
  it('have nothing to say of a world without faults', async () => {
    expect(await failuresOf(5, () => ({ ...OPTIONS, adjust: healthy }))).toBe('');
  }, 60_000);

  const caught: readonly { mutation: Mutation; says: RegExp }[] = [
    { mutation: 'duplicates', says: /\(3\)/ },
    { mutation: 'reorders', says: /\((1|8)\)/ },
    { mutation: 'skips', says: /\(8\)/ },
    { mutation: 'forgets-commits', says: /\(12\)/ },
    { mutation: 'refuses-stored', says: /\(4\)/ },
    { mutation: 'assigns-twice', says: /belongs to/ },
    { mutation: 'assigns-all-twice', says: /belongs to .* at one time/ },
    { mutation: 'revokes-silently', says: /belongs to .* at one time/ },
    { mutation: 'commits-aborted', says: /\((4|5)\)/ },
    { mutation: 'reads-uncommitted', says: /\(5\)/ },
    { mutation: 'changes-transaction-offsets', says: /\(12\)/ },
    { mutation: 'forgets-accepted', says: /came again, though it was done/ },
  ];
  for (const { mutation, says } of caught) {
    it(`catch a broker that ${mutation}`, async () => {
      const failures = await failuresOf(3, (seed) => ({
        ...OPTIONS,
        adjust: (plan) => ({
          ...healthy(plan),
          faults: ['member-joins', 'member-leaves'],
          faultEveryMs: 500,
        }),
        start: mutant(startBroker, mutation, new Prng(seed)),
      }));
      expect(failures).toMatch(says);
    }, 60_000);
  }

  it('catch a broker that forgets what RocketMQ’s consumers acknowledge', async () => {
    const producer = { messages: 20, groups: 1, delayMsMax: 5, pauseMsMax: 20 };
    const consumer = { push: false, batchSize: 4, invisibleMs: 300, carelessness: 0, pauseMsMax: 20 };
    const consumers = [{ ...consumer, diesAfterMs: Number.POSITIVE_INFINITY }];
    const rocketmq = { partitions: 1, configs: {}, producers: [producer], consumers };
    const adjust = (plan: Plan): Plan => ({ ...healthy(plan), rocketmq });
    expect(await failuresOf(1, () => ({ ...OPTIONS, adjust }))).toBe('');
    const start = forgetfulOfAcks(startBroker);
    expect(await failuresOf(1, () => ({ ...OPTIONS, adjust, start }))).toMatch(
      /came again, though it was done/,
    );
  }, 60_000);

  it('catch a broker that loses the last record of a key', async () => {
    const producer = {
      keys: 5,
      batches: 60,
      recordsMax: 3,
      valueBytesMax: 100,
      deletes: 0.1,
      codec: 0 as const,
      pauseMsMax: 20,
    };
    const configs = { 'cleanup.policy': 'compact' };
    const table = { partitions: 1, configs, producers: [producer], readers: 1 };
    // One world in seven shows it.
    const failures = await failuresOf(30, (seed) => ({
      ...OPTIONS,
      adjust: (plan) => ({
        ...healthy(plan),
        topics: [],
        producers: [],
        groups: [],
        consumers: 0,
        transactions: null,
        table,
      }),
      start: mutant(startBroker, 'skips', new Prng(seed)),
    }));
    expect(failures).toMatch(/\(2\) table-/);
  }, 60_000);

  it('catch a disk that does not flush', async () => {
    // The log sees by itself that something durable is missing; salvaging, it serves what is left.
    const adjust = (plan: Plan): Plan => ({
      ...healthy(plan),
      // Members of groups notice that the broker has forgotten the topic.
      groups: [],
      faults: ['crash'],
      faultEveryMs: 500,
      loadMs: 3000,
      settings: { ...plan.settings, 'polylog.salvage': 'true' },
    });
    const options = { ...OPTIONS, adjust, flushesLie: /\.(chunk|spare)$/ };
    expect(await failuresOf(5, () => options)).toMatch(/\(2\) .* was acknowledged at .* and is lost/);
  }, 60_000);
});

// Random commands against a model of plain maps; whatever happens, a replay of the log and of a snapshot give the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { Bench, contents, newTopic } from './helpers.ts';

interface ModelTopic {
  partitions: number;
  configs: Map<string, string>;
}

interface Model {
  topics: Map<string, ModelTopic>;
  /** By '' and '1'. */
  brokers: Map<string, Map<string, string>>;
}

const NAMES = ['a.b', 'a_b', 'c', 'd', 'e/f'];
/** Setting, value, whether it is taken. */
const CONFIGS = [
  ['retention.ms', '1000', true],
  ['retention.ms', '-1', true],
  ['max.message.bytes', '10', true],
  ['flush.ms', '-5', false],
  ['cleanup.policy', 'compact', true],
  ['cleanup.policy', 'shrink', false],
  ['polylog.durability', 'os', true],
  ['nonsense', '1', false],
] as const;
const BROKER_CONFIGS = [
  ['log.retention.ms', '5', true],
  ['message.max.bytes', '77', true],
  ['num.partitions', '2', false],
] as const;

const name = fc.constantFrom(...NAMES);
const config = fc.constantFrom(...CONFIGS);
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      topics: fc.array(
        fc.record({ name, count: fc.constantFrom(-1, 0, 1, 3), configs: fc.array(config, { maxLength: 2 }) }),
        { maxLength: 3 },
      ),
      dry: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('delete' as const), names: fc.array(name, { maxLength: 2 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('grow' as const), name, count: fc.integer({ min: 0, max: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('alter' as const),
      name,
      config,
      remove: fc.boolean(),
      replace: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('broker' as const),
      name: fc.constantFrom('', '1', '2'),
      config: fc.constantFrom(...BROKER_CONFIGS),
      remove: fc.boolean(),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

const taken = (value: unknown): boolean => !(value instanceof BrokerError);

function create(
  bench: Bench,
  model: Model,
  topics: Extract<Command, { do: 'create' }>['topics'],
  dry: boolean,
): void {
  const answers = bench.create(
    topics.map((topic) =>
      newTopic({
        name: topic.name,
        partitionCount: topic.count,
        configs: topic.configs.map(([key, value]) => [key, value]),
      }),
    ),
    dry,
  );
  const pending: string[] = [];
  const like = (one: string): string => one.replaceAll('.', '_');
  topics.forEach((topic, index) => {
    const keys = topic.configs.map(([key]) => key);
    const expected =
      topics.filter((other) => other.name === topic.name).length === 1 &&
      topic.name !== 'e/f' &&
      ![...model.topics.keys(), ...pending].some((other) => like(other) === like(topic.name)) &&
      topic.count !== 0 &&
      new Set(keys).size === keys.length &&
      topic.configs.every(([, , ok]) => ok);
    expect(taken(answers[index])).toBe(expected);
    if (expected) pending.push(topic.name);
  });
  if (dry) return;
  for (const topic of topics.filter((one) => pending.includes(one.name))) {
    model.topics.set(topic.name, {
      partitions: topic.count === -1 ? 4 : topic.count,
      configs: new Map(topic.configs.map(([key, value]) => [key, value])),
    });
  }
}

function alterValues(
  values: Map<string, string>,
  change: readonly [string, string, boolean],
  remove: boolean,
): void {
  if (remove) values.delete(change[0]);
  else values.set(change[0], change[1]);
}

function step(bench: Bench, model: Model, one: Command): void {
  switch (one.do) {
    case 'create':
      create(bench, model, one.topics, one.dry);
      return;
    case 'delete': {
      const answers = bench.run({
        kind: 'delete-topics',
        topics: one.names.map((each) => ({ name: each, id: null })),
      });
      one.names.forEach((each, index) => {
        expect(taken(answers[index])).toBe(model.topics.has(each) && one.names.indexOf(each) === index);
      });
      for (const each of one.names) model.topics.delete(each);
      return;
    }
    case 'grow': {
      const wanted = { name: one.name, partitionCount: one.count, assignments: null };
      const [answer] = bench.run({ kind: 'create-partitions', topics: [wanted], validateOnly: false });
      const topic = model.topics.get(one.name);
      expect(taken(answer)).toBe(topic !== undefined && one.count > topic.partitions);
      if (topic !== undefined) topic.partitions = Math.max(topic.partitions, one.count);
      return;
    }
    case 'alter': {
      const [key, value, ok] = one.config;
      const mode = one.replace ? 'replace' : 'incremental';
      const operation = one.remove ? 'delete' : 'set';
      const resources = [
        { resource: { kind: 'topic', name: one.name }, mode, changes: [{ name: key, operation, value }] },
      ] as const;
      const [answer] = bench.run({ kind: 'alter-configs', resources, validateOnly: false });
      const topic = model.topics.get(one.name);
      const expected = topic !== undefined && (ok || (one.remove && key !== 'nonsense'));
      expect(answer === null).toBe(expected);
      if (!expected) return;
      if (one.replace) topic.configs.clear();
      alterValues(topic.configs, one.config, one.remove);
      return;
    }
    case 'broker': {
      const [key, value, ok] = one.config;
      const operation = one.remove ? 'delete' : 'set';
      const resources = [
        {
          resource: { kind: 'broker', name: one.name },
          mode: 'incremental',
          changes: [{ name: key, operation, value }],
        },
      ] as const;
      const [answer] = bench.run({ kind: 'alter-configs', resources, validateOnly: false });
      const values = model.brokers.get(one.name);
      expect(answer === null).toBe(ok && values !== undefined);
      if (ok && values !== undefined) alterValues(values, one.config, one.remove);
    }
  }
}

function compare(bench: Bench, model: Model): void {
  expect(bench.image.topicNames()).toEqual([...model.topics.keys()].sort());
  const inherited = (key: string): string | undefined =>
    model.brokers.get('1')!.get(key) ?? model.brokers.get('')!.get(key);
  for (const [topicName, expected] of model.topics) {
    const topic = bench.image.topicByName(topicName)!;
    expect(bench.image.topicById(topic.id)).toBe(topic);
    expect(topic.partitionCount).toBe(expected.partitions);
    expect(new Map(topic.overrides)).toEqual(expected.configs);
    const retention = expected.configs.get('retention.ms') ?? inherited('log.retention.ms') ?? '604800000';
    expect(topic.config.retentionMs).toBe(retention === '-1' ? Number.POSITIVE_INFINITY : Number(retention));
    const bytes = expected.configs.get('max.message.bytes') ?? inherited('message.max.bytes') ?? '1048588';
    expect(topic.config.maxMessageBytes).toBe(Number(bytes));
    expect(topic.config.durability).toBe(expected.configs.get('polylog.durability') ?? 'fsync');
  }
}

describe('random commands', () => {
  it('do what a model does, and survive a restart', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const bench = new Bench({ 'num.partitions': '4' });
        const model: Model = {
          topics: new Map(),
          brokers: new Map([
            ['', new Map()],
            ['1', new Map()],
          ]),
        };
        for (const one of commands) {
          step(bench, model, one);
          compare(bench, model);
        }
        expect(contents(bench.replayed())).toEqual(contents(bench.state));
        expect(contents(bench.restoredFromSnapshot())).toEqual(contents(bench.state));
      }),
      { numRuns: 200 },
    );
  });
});

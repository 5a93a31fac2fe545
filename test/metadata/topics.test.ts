import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { uuidToString, ZERO_UUID } from '../../src/base/uuid.ts';
import type { CreatedTopic } from '../../src/metadata/commands.ts';
import { Bench, contents, newTopic, told } from './helpers.ts';

function codes(answers: readonly unknown[]): unknown[] {
  return answers.map((answer) => (answer instanceof BrokerError ? answer.code : 'ok'));
}

describe('create topics', () => {
  it('gives counts, defaults and an id', () => {
    const bench = new Bench({ 'num.partitions': '6' });
    const [orders, events] = bench.create([
      { name: 'orders', partitionCount: 3, configs: [['retention.ms', ' 1000 ']] },
      { name: 'events', partitionCount: -1, replicationFactor: -1 },
    ]) as CreatedTopic[];
    expect(orders).toMatchObject({ name: 'orders', partitionCount: 3, replicationFactor: 1 });
    expect(events).toMatchObject({ name: 'events', partitionCount: 6, replicationFactor: 1 });
    expect(orders!.id).not.toBe(events!.id);
    expect([...orders!.overrides]).toEqual([['retention.ms', '1000']]);
    expect(bench.image.topicByName('orders')).toBe(bench.image.topicById(orders!.id));
    expect(bench.image.topicByName('orders')!.config.retentionMs).toBe(1000);
    expect(bench.image.topicNames()).toEqual(['events', 'orders']);
    expect(contents(bench.replayed())).toEqual(contents(bench.state));
  });

  it('never makes an id that prints as an option', () => {
    const bench = new Bench();
    for (let first = 0; first < 256; first++) {
      const randomBytes = bench.randomBytes(16);
      randomBytes[0] = first;
      const [created] = bench.run({
        kind: 'create-topics',
        topics: [newTopic({ name: `t${first}` })],
        validateOnly: false,
        randomBytes,
      });
      expect(uuidToString((created as CreatedTopic).id)).not.toMatch(/^-/);
    }
  });

  it.each([
    ['', 'invalid-topic: A topic needs a name.'],
    ['.', `invalid-topic: A topic can't be named ".".`],
    ['..', `invalid-topic: A topic can't be named "..".`],
    ['a'.repeat(250), "invalid-topic: A topic's name has at most 249 characters; this one has 250."],
    [
      'a b',
      'invalid-topic: The topic name "a b" is illegal: use ASCII letters, digits, ".", "_" and "-" only.',
    ],
    ['ü', 'invalid-topic: The topic name "ü" is illegal: use ASCII letters, digits, ".", "_" and "-" only.'],
    [
      'a\n',
      'invalid-topic: The topic name "a\n" is illegal: use ASCII letters, digits, ".", "_" and "-" only.',
    ],
    [
      '__consumer_offsets',
      'invalid-topic: The topic name "__consumer_offsets" is reserved for the broker: choose another one.',
    ],
  ])('refuses the name %j', (name, sentence) => {
    expect(told(new Bench().create([{ name }])[0])).toBe(sentence);
  });

  it.each(['a', 'a'.repeat(249), '...', '__mine', 'A-b_c.9'])('takes the name %j', (name) => {
    expect(codes(new Bench().create([{ name }]))).toEqual(['ok']);
  });

  it('gives each topic of a batch its own result', () => {
    const bench = new Bench();
    bench.create([{ name: 'there' }, { name: 'a.b' }]);
    const answers = bench.create([
      { name: 'new' },
      { name: 'there' },
      { name: 'a_b' },
      { name: 'twice' },
      { name: 'twice' },
      { name: 'c_d' },
      { name: 'c.d' },
      { name: 'zero', partitionCount: 0 },
      { name: 'huge', partitionCount: 2_147_483_647 },
      { name: 'three', replicationFactor: 3 },
      { name: 'none', replicationFactor: 0 },
      { name: 'odd', configs: [['retention.msec', '1']] },
      { name: 'null', configs: [['retention.ms', null]] },
      {
        name: 'same',
        configs: [
          ['retention.ms', '1'],
          ['retention.ms', '1'],
        ],
      },
      { name: 'tiered', configs: [['remote.storage.enable', 'true']] },
      {
        name: 'lags',
        configs: [
          ['cleanup.policy', 'compact'],
          ['min.compaction.lag.ms', '2'],
          ['max.compaction.lag.ms', '1'],
        ],
      },
    ]);
    expect(codes(answers)).toEqual([
      'ok',
      'topic-exists',
      'invalid-topic',
      'invalid-request',
      'invalid-request',
      'ok',
      'invalid-topic',
      'invalid-partitions',
      'invalid-partitions',
      'invalid-replication-factor',
      'invalid-replication-factor',
      'invalid-config',
      'invalid-config',
      'invalid-request',
      'invalid-config',
      'invalid-config',
    ]);
    expect(bench.image.topicNames()).toEqual(['a.b', 'c_d', 'new', 'there']);
    expect(answers.map(told)).toContain(
      'invalid-config: There is no topic setting "retention.msec". Did you mean retention.ms?',
    );
    expect(answers.map(told)).toContain(
      `invalid-config: remote.storage.enable can't be "true": tiered storage is not implemented yet. Leave it out or at "false".`,
    );
    expect(answers.map(told)).toContain(
      'invalid-config: min.compaction.lag.ms (2) is more than max.compaction.lag.ms (1): lower the one or raise the other.',
    );
  });

  it('takes replicas that exist', () => {
    const answers = new Bench().create(
      [
        [
          { partition: 0, brokerIds: [1] },
          { partition: 1, brokerIds: [1] },
        ],
        [
          { partition: 1, brokerIds: [1] },
          { partition: 0, brokerIds: [1] },
        ],
        [
          { partition: 0, brokerIds: [1] },
          { partition: 2, brokerIds: [1] },
        ],
        [{ partition: 0, brokerIds: [2] }],
        [{ partition: 0, brokerIds: [1, 1] }],
        [{ partition: 0, brokerIds: [] }],
        [],
      ].map((assignments, index) => ({
        name: `t${index}`,
        partitionCount: -1,
        replicationFactor: -1,
        assignments,
      })),
    );
    expect(codes(answers)).toEqual([
      'ok',
      'ok',
      'invalid-replica-assignment',
      'invalid-replica-assignment',
      'invalid-replica-assignment',
      'invalid-replica-assignment',
      'ok',
    ]);
    expect(answers[0]).toMatchObject({ partitionCount: 2 });
    const both = new Bench().create([{ name: 'both', assignments: [{ partition: 0, brokerIds: [1] }] }]);
    expect(codes(both)).toEqual(['invalid-request']);
  });

  it('validates without creating', () => {
    const bench = new Bench();
    const [good, bad] = bench.create([{ name: 'a', partitionCount: 5 }, { name: '/' }], true);
    expect(good).toMatchObject({ id: ZERO_UUID, partitionCount: 5 });
    expect(told(bad)).toMatch(/^invalid-topic/);
    expect(bench.log).toEqual([]);
    expect(bench.image.topicCount).toBe(0);
  });

  it('creates 10,000 topics in one command, and 10,000 partitions for the price of one', () => {
    const bench = new Bench();
    const configs = [['retention.ms', '1000']] as const;
    const answers = bench.create(Array.from({ length: 10_000 }, (_, i) => ({ name: `t-${i}`, configs })));
    expect(codes(answers).every((code) => code === 'ok')).toBe(true);
    expect(bench.image.topicCount).toBe(10_000);
    expect(bench.state.configSetCount).toBe(1);
    expect(bench.image.topicByName('t-1')!.config).toBe(bench.image.topicByName('t-9999')!.config);
    bench.create([{ name: 'wide', partitionCount: 10_000 }]);
    const stored = bench.machine.encode(bench.log.at(-1)!);
    expect(stored.key.length + stored.value!.length).toBeLessThan(100);
  });
});

describe('delete topics', () => {
  it('by name and id, with their streams', () => {
    const bench = new Bench();
    const [a, b] = bench.create([{ name: 'a.x' }, { name: 'b' }, { name: 'c' }]) as CreatedTopic[];
    const answers = bench.run({
      kind: 'delete-topics',
      topics: [
        { name: 'a.x', id: null },
        { name: null, id: b!.id },
        { name: 'nowhere', id: null },
        { name: null, id: ZERO_UUID },
        { name: null, id: a!.id },
      ],
    });
    expect(codes(answers)).toEqual(['ok', 'ok', 'unknown-topic', 'unknown-topic-id', 'invalid-request']);
    expect(answers[1]).toEqual({ name: 'b', id: b!.id });
    expect(bench.companions).toEqual([
      { kind: 'delete-topic', topicId: a!.id },
      { kind: 'delete-topic', topicId: b!.id },
    ]);
    expect(bench.image.topicNames()).toEqual(['c']);
    // The name is free again, and what collided with it.
    const [again] = bench.create([{ name: 'a_x' }]) as CreatedTopic[];
    expect(again!.id).not.toBe(a!.id);
    expect(contents(bench.replayed())).toEqual(contents(bench.state));
  });

  it('may be disabled', () => {
    const bench = new Bench({ 'delete.topic.enable': 'false' });
    bench.create([{ name: 'a' }]);
    const answers = bench.run({ kind: 'delete-topics', topics: [{ name: 'a', id: null }] });
    expect(codes(answers)).toEqual(['topic-deletion-disabled']);
    expect(bench.image.topicCount).toBe(1);
  });
});

describe('create partitions', () => {
  it('only adds', () => {
    const bench = new Bench();
    bench.create([{ name: 'a', partitionCount: 3 }, { name: 'b' }, { name: 'c' }, { name: 'd' }]);
    const topic = bench.image.topicByName('a')!;
    const answers = bench.run({
      kind: 'create-partitions',
      validateOnly: false,
      topics: [
        { name: 'a', partitionCount: 5, assignments: null },
        { name: 'b', partitionCount: 1, assignments: null },
        { name: 'nowhere', partitionCount: 2, assignments: null },
        { name: 'c', partitionCount: 3, assignments: [[1], [1]] },
        { name: 'd', partitionCount: 3, assignments: [[1]] },
      ],
    });
    expect(codes(answers)).toEqual([
      'ok',
      'invalid-partitions',
      'unknown-topic',
      'ok',
      'invalid-replica-assignment',
    ]);
    expect(topic.partitionCount).toBe(5);
    expect(bench.image.topicByName('a')).toBe(topic);
    expect(bench.image.topicByName('c')!.partitionCount).toBe(3);
    const less = bench.run({
      kind: 'create-partitions',
      validateOnly: false,
      topics: [{ name: 'a', partitionCount: 4, assignments: null }],
    });
    expect(less.map(told)).toEqual([
      `invalid-partitions: Topic "a" has 5 partitions, and their number can't be lowered to 4.`,
    ]);
  });

  it('validates without adding, and refuses a topic named twice', () => {
    const bench = new Bench();
    bench.create([{ name: 'a' }]);
    const more = { name: 'a', partitionCount: 2, assignments: null };
    expect(bench.run({ kind: 'create-partitions', validateOnly: true, topics: [more] })).toEqual([2]);
    expect(bench.image.topicByName('a')!.partitionCount).toBe(1);
    expect(
      codes(bench.run({ kind: 'create-partitions', validateOnly: false, topics: [more, more] })),
    ).toEqual(['invalid-request', 'invalid-request']);
  });
});

describe('the id of the cluster', () => {
  it('is given once', () => {
    const bench = new Bench();
    const first = bench.run({ kind: 'initialize', randomBytes: Buffer.alloc(48, 1) });
    expect(first.clusterId).toHaveLength(22);
    expect(bench.run({ kind: 'initialize', randomBytes: Buffer.alloc(48, 2) })).toEqual(first);
    expect(bench.image.clusterId).toBe(first.clusterId);
    expect(contents(bench.replayed())).toEqual(contents(bench.state));
  });
});

import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { ConfigChange, ConfigOperation, DescribeOptions } from '../../src/metadata/commands.ts';
import { describeConfigs } from '../../src/metadata/describe.ts';
import { Bench, contents, told } from './helpers.ts';

const LONG_MAX = '9223372036854775807';
const BARE: DescribeOptions = { names: null, synonyms: false, documentation: false };
const FULL: DescribeOptions = { names: null, synonyms: true, documentation: true };

type Kind = 'topic' | 'broker';

function change(name: string, value: string | null, operation: ConfigOperation = 'set'): ConfigChange {
  return { name, value, operation };
}

function alter(
  bench: Bench,
  kind: Kind,
  name: string,
  changes: readonly ConfigChange[],
  options: { mode?: 'replace' | 'incremental'; validateOnly?: boolean } = {},
): unknown {
  const { mode = 'incremental', validateOnly = false } = options;
  const answers = bench.run({
    kind: 'alter-configs',
    validateOnly,
    resources: [{ resource: { kind, name }, mode, changes }],
  });
  expect(answers).toHaveLength(1);
  return told(answers[0]);
}

function describeAll(bench: Bench, kind: Kind, name: string, options = BARE) {
  const entries = describeConfigs(bench.image, { kind, name }, options);
  if (entries instanceof BrokerError) throw entries;
  return entries;
}

function one(bench: Bench, kind: Kind, name: string, setting: string, options = BARE) {
  const [entry, ...others] = describeAll(bench, kind, name, { ...options, names: [setting] });
  expect(others).toEqual([]);
  return entry;
}

/** A topic's setting, from the description of all. */
function ofAll(bench: Bench, topic: string, setting: string, options = BARE) {
  return describeAll(bench, 'topic', topic, options).find(({ name }) => name === setting);
}

function withTopic(staticValues: Readonly<Record<string, string>> = {}): Bench {
  const bench = new Bench(staticValues);
  bench.create([{ name: 't', configs: [['retention.bytes', '5']] }]);
  return bench;
}

describe('altering a topic', () => {
  it('sets and deletes single settings', () => {
    const bench = withTopic();
    const topic = bench.image.topicByName('t')!;
    expect(alter(bench, 'topic', 't', [change('retention.ms', '-1'), change('flush.ms', '10')])).toBeNull();
    expect(topic.config).toMatchObject({
      retentionMs: Number.POSITIVE_INFINITY,
      retentionBytes: 5,
      flushMs: 10,
    });
    expect(alter(bench, 'topic', 't', [change('retention.bytes', null, 'delete')])).toBeNull();
    expect(topic.config.retentionBytes).toBe(Number.POSITIVE_INFINITY);
    expect([...topic.overrides.keys()]).toEqual(['retention.ms', 'flush.ms']);
    expect(contents(bench.replayed())).toEqual(contents(bench.state));
  });

  it('replaces all settings', () => {
    const bench = withTopic();
    expect(alter(bench, 'topic', 't', [change('retention.ms', '7')], { mode: 'replace' })).toBeNull();
    expect([...bench.image.topicByName('t')!.overrides]).toEqual([['retention.ms', '7']]);
    expect(alter(bench, 'topic', 't', [], { mode: 'replace' })).toBeNull();
    expect(bench.image.topicByName('t')!.overrides.size).toBe(0);
  });

  it('appends to lists and subtracts from them', () => {
    const bench = withTopic();
    expect(alter(bench, 'topic', 't', [change('cleanup.policy', 'delete', 'append')])).toBeNull();
    expect(bench.image.topicByName('t')!.overrides.get('cleanup.policy')).toBe('delete');
    expect(alter(bench, 'topic', 't', [change('cleanup.policy', 'compact', 'append')])).toBeNull();
    expect(bench.image.topicByName('t')!.overrides.get('cleanup.policy')).toBe('delete,compact');
    expect(bench.image.topicByName('t')!.config).toMatchObject({
      deletes: true,
      compaction: { dirtyRatio: 0.5 },
    });
    expect(alter(bench, 'topic', 't', [change('cleanup.policy', 'delete', 'subtract')])).toBeNull();
    expect(bench.image.topicByName('t')!.overrides.get('cleanup.policy')).toBe('compact');
    expect(alter(bench, 'topic', 't', [change('cleanup.policy', 'compact', 'subtract')])).toBeNull();
    expect(bench.image.topicByName('t')!.config).toMatchObject({ deletes: false, compaction: null });
    expect(alter(bench, 'topic', 't', [change('cleanup.policy', 'shrink', 'append')])).toMatch(
      /^invalid-config/,
    );
    expect(alter(bench, 'topic', 't', [change('retention.ms', '1', 'append')])).toBe(
      'invalid-config: Nothing can be appended to or subtracted from retention.ms, which is no list: set it.',
    );
  });

  it.each([
    [
      [change('retention.ms', '1'), change('retention.ms', '2')],
      'invalid-request: The request changes retention.ms twice: change it once.',
    ],
    [[change('retention.ms', null)], 'invalid-request: The change of retention.ms needs a value.'],
    [
      [change('retention', '1')],
      'invalid-config: There is no topic setting "retention". Did you mean retention.ms?',
    ],
    [
      [change('retention.ms', 'soon')],
      `invalid-config: retention.ms can't be "soon": it takes a whole number of milliseconds, -1 or more.`,
    ],
  ])('refuses %j and changes nothing', (changes, sentence) => {
    const bench = withTopic();
    const before = contents(bench.state);
    expect(alter(bench, 'topic', 't', [change('flush.ms', '1'), ...changes])).toBe(sentence);
    expect(contents(bench.state)).toEqual(before);
  });

  it('refuses unknown topics and resources named twice, and validates without changing', () => {
    const bench = withTopic();
    expect(alter(bench, 'topic', 'nowhere', [])).toBe('unknown-topic: There is no topic "nowhere".');
    const resource = { resource: { kind: 'topic', name: 't' }, mode: 'replace', changes: [] } as const;
    const answers = bench.run({
      kind: 'alter-configs',
      validateOnly: false,
      resources: [resource, resource],
    });
    expect(answers.map(told)).toEqual(
      Array(2).fill('invalid-request: The request names the topic "t" twice: name it once.'),
    );
    expect(alter(bench, 'topic', 't', [change('retention.ms', '1')], { validateOnly: true })).toBeNull();
    expect(bench.image.topicByName('t')!.overrides.has('retention.ms')).toBe(false);
  });
});

describe('altering a broker', () => {
  it('changes what topics inherit: broker before cluster before static before built-in', () => {
    const bench = withTopic({ 'log.retention.hours': '2' });
    const topic = bench.image.topicByName('t')!;
    expect(topic.config.retentionMs).toBe(7_200_000);
    expect(alter(bench, 'broker', '', [change('log.retention.ms', '100')])).toBeNull();
    expect(topic.config.retentionMs).toBe(100);
    expect(alter(bench, 'broker', '1', [change('log.retention.ms', '50')])).toBeNull();
    expect(topic.config.retentionMs).toBe(50);
    expect(alter(bench, 'topic', 't', [change('retention.ms', '25')])).toBeNull();
    expect(topic.config.retentionMs).toBe(25);
    expect(one(bench, 'topic', 't', 'retention.ms', FULL)).toMatchObject({
      value: '25',
      source: 'topic',
      synonyms: [
        { name: 'retention.ms', value: '25', source: 'topic' },
        { name: 'log.retention.ms', value: '50', source: 'dynamic-broker' },
        { name: 'log.retention.ms', value: '100', source: 'dynamic-default' },
        { name: 'log.retention.hours', value: '2', source: 'static' },
        { name: 'log.retention.hours', value: '168', source: 'default' },
      ],
    });
    expect(contents(bench.restoredFromSnapshot())).toEqual(contents(bench.state));
    for (const name of ['1', '']) alter(bench, 'broker', name, [change('log.retention.ms', null, 'delete')]);
    alter(bench, 'topic', 't', [change('retention.ms', null, 'delete')]);
    expect(one(bench, 'topic', 't', 'retention.ms')).toMatchObject({ value: '7200000', source: 'static' });
    expect(bench.state.dynamicValues.size).toBe(0);
    expect(contents(bench.replayed())).toEqual(contents(bench.state));
  });

  it('gives the broker new typed settings', () => {
    const bench = withTopic();
    const before = bench.image.settings;
    expect(bench.image.settings).toBe(before);
    expect(alter(bench, 'broker', '', [change('max.connections', '10')])).toBeNull();
    expect(bench.image.settings).toEqual({ ...before, connectionsMax: 10 });
  });

  it('removes a setting of a listener that is not there any more', () => {
    const name = 'listener.name.internal.max.connections';
    const bench = new Bench({ listeners: 'INTERNAL://127.0.0.1:1' });
    expect(alter(bench, 'broker', '1', [change(name, '5')])).toBeNull();
    const later = new Bench({ listeners: 'kafka://127.0.0.1:1' });
    for (const record of bench.log) later.machine.apply(later.state, record);
    expect(alter(later, 'broker', '1', [change(name, null, 'delete')])).toBeNull();
    expect(later.state.dynamicValues.size).toBe(0);
    expect(alter(later, 'broker', '1', [change(name, '5')])).toMatch(
      /^invalid-config: .* no listener INTERNAL/,
    );
  });

  it.each([
    [
      '2',
      change('max.connections', '1'),
      'invalid-request: There is no broker "2": name 1, or nothing for the default of all brokers.',
    ],
    [
      '1',
      change('num.partitions', '3'),
      "invalid-request: num.partitions can't be changed while the broker runs: set it in the file, the environment or with --set, and restart.",
    ],
    [
      '',
      change('ssl.keystore.location', '/keys.pem'),
      "invalid-request: ssl.keystore.location is a broker's own and can't be set for all brokers: name the broker.",
    ],
    [
      '1',
      change('sasl.kerberos.kinit.cmd', '/x'),
      "invalid-config: Kafka's setting sasl.kerberos.kinit.cmd is refused: it is of Kerberos, of clients, or of classes of Java. Leave it out.",
    ],
    [
      '1',
      change('listener.name.plaintext.plain.sasl.jaas.config', 'PlainLoginModule required user_a="b";'),
      "invalid-request: listener.name.plaintext.plain.sasl.jaas.config can't be changed while the broker runs: set it in the file, the environment or with --set, and restart. Users of `polylog user` log in with PLAIN, too, and are changed at once.",
    ],
    [
      '1',
      change('listener.name.internal.max.connections', '5'),
      'invalid-config: listener.name.internal.max.connections: there is no listener INTERNAL in listeners: name one, in small letters.',
    ],
    [
      '',
      change('max.conections', '3'),
      'invalid-config: There is no broker setting "max.conections". Did you mean max.connections?',
    ],
    [
      '',
      change('log.cleanup.policy', 'shrink'),
      `invalid-config: log.cleanup.policy can't be "shrink": it takes a list of "delete", "compact", separated by commas.`,
    ],
  ])('refuses %j %j', (name, wanted, sentence) => {
    expect(alter(withTopic(), 'broker', name, [wanted])).toBe(sentence);
  });
});

describe('describing', () => {
  it('tells defaults from what was set, for every topic setting of Kafka 4.3', () => {
    const bench = withTopic({ 'message.max.bytes': '2000' });
    const entries = describeAll(bench, 'topic', 't', FULL);
    const kafka = Object.fromEntries(
      entries
        .filter(({ name }) => !name.startsWith('polylog.'))
        .map(({ name, type, value }) => [name, `${type} ${value}`]),
    );
    expect(kafka).toEqual({
      'cleanup.policy': 'list delete',
      'compression.gzip.level': 'int -1',
      'compression.lz4.level': 'int 9',
      'compression.type': 'string producer',
      'compression.zstd.level': 'int 3',
      'delete.retention.ms': 'long 86400000',
      'file.delete.delay.ms': 'long 60000',
      'flush.messages': `long ${LONG_MAX}`,
      'flush.ms': `long ${LONG_MAX}`,
      'follower.replication.throttled.replicas': 'list ',
      'index.interval.bytes': 'int 4096',
      'leader.replication.throttled.replicas': 'list ',
      'local.retention.bytes': 'long -2',
      'local.retention.ms': 'long -2',
      'max.compaction.lag.ms': `long ${LONG_MAX}`,
      'max.message.bytes': 'int 2000',
      'message.timestamp.after.max.ms': 'long 3600000',
      'message.timestamp.before.max.ms': `long ${LONG_MAX}`,
      'message.timestamp.type': 'string CreateTime',
      'min.cleanable.dirty.ratio': 'double 0.5',
      'min.compaction.lag.ms': 'long 0',
      'min.insync.replicas': 'int 1',
      preallocate: 'boolean false',
      'remote.log.copy.disable': 'boolean false',
      'remote.log.delete.on.disable': 'boolean false',
      'remote.storage.enable': 'boolean false',
      'retention.bytes': 'long 5',
      'retention.ms': 'long 604800000',
      'segment.bytes': 'int 1073741824',
      'segment.index.bytes': 'int 10485760',
      'segment.jitter.ms': 'long 0',
      'segment.ms': 'long 604800000',
      'unclean.leader.election.enable': 'boolean false',
    });
    const sources = new Map(entries.map(({ name, source }) => [name, source]));
    expect([...sources].filter(([, source]) => source !== 'default')).toEqual([
      ['max.message.bytes', 'static'],
      ['retention.bytes', 'topic'],
    ]);
    for (const entry of entries) {
      expect(entry.documentation).toMatch(/^[A-Z].*\.$/);
      expect(entry).toMatchObject({ readOnly: false, sensitive: false });
    }
  });

  it('answers for chosen names only, and without what was not asked for', () => {
    const bench = withTopic();
    const names = ['retention.ms', 'no.such', 'cleanup.policy', 'retention.ms'];
    expect(describeAll(bench, 'topic', 't', { ...BARE, names })).toEqual([
      {
        name: 'cleanup.policy',
        value: 'delete',
        source: 'default',
        type: 'list',
        readOnly: false,
        sensitive: false,
        synonyms: [],
        documentation: null,
      },
      {
        name: 'retention.ms',
        value: '604800000',
        source: 'default',
        type: 'long',
        readOnly: false,
        sensitive: false,
        synonyms: [],
        documentation: null,
      },
    ]);
    expect(describeAll(bench, 'topic', 't', { ...BARE, names: [] }).length).toBeGreaterThan(30);
    expect(told(describeConfigs(bench.image, { kind: 'topic', name: 'x' }, BARE))).toMatch(/^unknown-topic/);
  });

  it('describes topics with equal settings once, until a setting of the broker changes', () => {
    const bench = new Bench();
    bench.create([
      { name: 'a', configs: [['retention.ms', '7']] },
      { name: 'b', configs: [['retention.ms', '7']] },
      { name: 'c', configs: [['retention.ms', '8']] },
    ]);
    const first = describeAll(bench, 'topic', 'a');
    expect(describeAll(bench, 'topic', 'b')).toBe(first);
    expect(ofAll(bench, 'c', 'retention.ms')).toMatchObject({ value: '8', documentation: null });
    const documented = { value: '7', documentation: expect.any(String) };
    expect(ofAll(bench, 'a', 'retention.ms', FULL)).toMatchObject(documented);
    alter(bench, 'broker', '', [change('log.retention.bytes', '99')]);
    expect(ofAll(bench, 'a', 'retention.bytes')).toMatchObject({ value: '99' });
    alter(bench, 'topic', 'a', [change('retention.ms', '9')]);
    expect(ofAll(bench, 'a', 'retention.ms')).toMatchObject({ value: '9' });
    expect(ofAll(bench, 'b', 'retention.ms')).toMatchObject({ value: '7' });
  });

  it('describes each of many topics with settings of their own', () => {
    const bench = new Bench();
    const names = Array.from({ length: 250 }, (_, i) => `t${i}`);
    bench.create(names.map((name, i) => ({ name, configs: [['retention.ms', String(i)]] as const })));
    for (let round = 0; round < 2; round++) {
      const values = names.map((name) => ofAll(bench, name, 'retention.ms')?.value);
      expect(values).toEqual(names.map((_, i) => String(i)));
    }
  });

  it('describes a broker, and the default of all brokers by what is set', () => {
    const bench = new Bench({ 'num.partitions': '6' });
    expect(one(bench, 'broker', '1', 'num.partitions', FULL)).toMatchObject({
      value: '6',
      source: 'static',
      readOnly: true,
      synonyms: [
        { name: 'num.partitions', value: '6', source: 'static' },
        { name: 'num.partitions', value: '1', source: 'default' },
      ],
    });
    expect(describeAll(bench, 'broker', '')).toEqual([]);
    alter(bench, 'broker', '', [change('max.connections', '10')]);
    expect(describeAll(bench, 'broker', '', FULL)).toMatchObject([
      {
        name: 'max.connections',
        value: '10',
        source: 'dynamic-default',
        readOnly: false,
        synonyms: [{ name: 'max.connections', value: '10', source: 'dynamic-default' }],
      },
    ]);
    expect(one(bench, 'broker', '1', 'log.retention.ms', FULL)).toMatchObject({
      value: null,
      source: 'default',
      synonyms: [{ name: 'log.retention.hours', value: '168', source: 'default' }],
    });
    expect(told(describeConfigs(bench.image, { kind: 'broker', name: '9' }, BARE))).toMatch(
      /^invalid-request/,
    );
  });
});

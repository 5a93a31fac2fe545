import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { BROKER_SETTINGS } from '../../src/metadata/broker-table.ts';
import {
  type BrokerConfig,
  type ConfigSources,
  configRow,
  configRows,
  describeOrigin,
  environmentVariable,
  loadBrokerConfig,
} from '../../src/server/config.ts';
import { explainSetting, nearestSetting, settingsPage } from '../../src/server/settings-text.ts';

function load(sources: ConfigSources): BrokerConfig {
  const config = loadBrokerConfig(sources);
  if (config instanceof BrokerError) throw config;
  return config;
}

function problems(sources: ConfigSources): string[] {
  const config = loadBrokerConfig(sources);
  return config instanceof BrokerError ? config.message.split('\n') : [];
}

function file(text: string, path = 'broker.properties'): ConfigSources {
  return { file: { path, text } };
}

function from(config: BrokerConfig, name: string): string {
  const { value, origin } = configRow(config, name);
  return `${value} from ${origin === null ? 'default' : describeOrigin(origin)}`;
}

describe('the settings of the broker', () => {
  it('have built-in values', () => {
    const config = load({});
    expect(config.staticValues.size).toBe(0);
    expect(config.settings).toMatchObject({
      nodeId: 1,
      rack: null,
      listeners: [
        { protocol: 'kafka', name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, security: 'PLAINTEXT' },
      ],
      advertised: [],
      dataDirectory: './data',
      autoCreateTopics: true,
      retentionCheckIntervalMs: 300_000,
      requestBytesMax: 104_857_600,
      connectionsMax: 2_147_483_647,
      fetchBytesMax: 57_671_680,
      store: { chunkBytes: 268_435_456, diskReserveBytes: null, cleanLiveRatio: 0.5, salvage: false },
      groups: { sessionTimeoutMsMin: 6000, initialRebalanceDelayMs: 3000, offsetsRetentionMs: 604_800_000 },
    });
  });

  it('come from the file, over that the environment, over that flags', () => {
    const sources = {
      file: { path: 'b.properties', text: 'num.partitions=2\nnode.id=2\nfetch.max.bytes=2000\n' },
      environment: {
        POLYLOG_NUM_PARTITIONS: '3',
        POLYLOG_NODE_ID: '3',
        POLYLOG_CHUNK_BYTES: '',
        PATH: '/bin',
      },
      flags: [
        { name: 'num.partitions', value: '4', flag: '--set' },
        { name: 'num.partitions', value: '5', flag: '--set' },
      ],
    };
    const config = load(sources);
    expect(from(config, 'num.partitions')).toBe('5 from --set');
    expect(from(config, 'node.id')).toBe('3 from POLYLOG_NODE_ID');
    expect(from(config, 'fetch.max.bytes')).toBe('2000 from b.properties:3');
    expect(from(config, 'polylog.chunk.bytes')).toBe('268435456 from default');
    expect(config.settings).toMatchObject({ nodeId: 3, fetchBytesMax: 2000 });
    expect(configRows(config).map(({ name }) => name)).toEqual([...BROKER_SETTINGS.keys()]);
  });

  it("take Kafka's other names and its listeners", () => {
    const config = load(
      file(
        'broker.id=7\nlog.dir=/var/x\nlisteners=PLAINTEXT://:9092, kafka://[::1]:0\nadvertised.listeners=kafka://h:1\n' +
          'polylog.allow.unauthenticated=true',
      ),
    );
    expect(config.settings).toMatchObject({
      nodeId: 7,
      dataDirectory: '/var/x',
      listeners: [
        { host: '', port: 9092 },
        { host: '::1', port: 0 },
      ],
      advertised: [{ host: 'h', port: 1 }],
    });
  });

  it('tell all that is wrong, each with its place', () => {
    const text = [
      'num.partitions=0',
      'ssl.provider=/x',
      'numpartitions=3',
      'log.dirs=/a,/b',
      'listeners=SASL_SSL://9092',
      'retention.ms=5',
      'node.id=1',
      'broker.id=1',
      '=1',
      'advertised.listeners=kafka://0.0.0.0:9092',
    ].join('\n');
    const environment = {
      POLYLOG_NUM_PARTITION: '4',
      POLYLOG_SSL_PROTOCOL: 'x',
      POLYLOG_BOOTSTRAP: 'a:1',
      POLYLOG_PORT: 'tcp://10.0.0.1:9092',
      POLYLOG_PORT_9092_TCP_ADDR: '10.0.0.1',
      POLYLOG_KAFKA_SERVICE_HOST: '10.0.0.1',
    };
    const flags = [{ name: 'log.cleanup.policy', value: 'shrink', flag: '--set' }];
    expect(problems({ ...file(text, 'b.properties'), environment, flags })).toEqual([
      `b.properties:9: "=1" can't be read: write NAME=VALUE.`,
      `b.properties:1: num.partitions can't be "0": it takes a whole number from 1 to 1000000.`,
      `b.properties:2: Kafka's setting ssl.provider is refused: it steers TLS in Java, and means nothing here. Leave it out.`,
      'b.properties:3: There is no broker setting "numpartitions". Did you mean num.partitions?',
      `b.properties:4: log.dirs can't be "/a,/b": it takes one directory.`,
      `b.properties:5: listeners can't be "SASL_SSL://9092": it takes kafka://HOST:PORT or NAME://HOST:PORT, several separated by commas.`,
      'b.properties:6: retention.ms is a setting of topics: set log.retention.ms for the default of all topics.',
      'b.properties:8: node.id is set in line 7 already: set it once.',
      `b.properties:10: advertised.listeners can't be "kafka://0.0.0.0:9092": it takes a host that clients can reach, not all interfaces.`,
      'POLYLOG_NUM_PARTITION: this variable names no setting. Did you mean POLYLOG_NUM_PARTITIONS?',
      "POLYLOG_SSL_PROTOCOL: Kafka's setting ssl.protocol is refused: it steers TLS in Java, and means nothing here. Leave it out.",
      `--set: log.cleanup.policy can't be "shrink": it takes a list of "delete", "compact", separated by commas.`,
    ]);
  });

  it.each([
    [
      'group.min.session.timeout.ms=10\ngroup.max.session.timeout.ms=9',
      /^group\.min\.session\.timeout\.ms \(10\) is more than/,
    ],
    ['queued.max.request.bytes=5', /^queued\.max\.request\.bytes \(5\) is less than/],
    [
      'listeners=kafka://a:1,kafka://a:2,kafka://a:3\nadvertised.listeners=kafka://a:1,kafka://a:2',
      /^advertised\.listeners has 2/,
    ],
  ])('must agree: %j', (text, sentence) => {
    expect(problems(file(text))).toEqual([expect.stringMatching(sentence)]);
  });

  it('have environment variables that no two share', () => {
    expect(environmentVariable('num.partitions')).toBe('POLYLOG_NUM_PARTITIONS');
    expect(environmentVariable('polylog.chunk.bytes')).toBe('POLYLOG_CHUNK_BYTES');
    const variables = [...BROKER_SETTINGS.keys()].map(environmentVariable);
    expect(new Set(variables).size).toBe(variables.length);
    for (const variable of variables) {
      const message = problems({ environment: { [variable]: '\u0000' } })[0] ?? '';
      expect(message).not.toContain('names no setting');
    }
  });
});

describe('a JSON file', () => {
  it('has texts, numbers, booleans and lists', () => {
    const text =
      '{\n "num.partitions": 6,\n "auto.create.topics.enable": false,\n "listeners": ["kafka://a:1", "kafka://b:2"],\n "log.retention.ms": "9223372036854775807",\n "polylog.allow.unauthenticated": true\n}';
    const config = load(file(text, 'b.JSON'));
    expect(from(config, 'num.partitions')).toBe('6 from b.JSON:2');
    expect(from(config, 'auto.create.topics.enable')).toBe('false from b.JSON:3');
    expect(from(config, 'listeners')).toBe('kafka://a:1,kafka://b:2 from b.JSON:4');
    expect(from(config, 'log.retention.ms')).toBe('9223372036854775807 from b.JSON:5');
  });

  it.each([
    [
      '{\n "num.partitions": {}\n}',
      'b.json:2: num.partitions must be a text, a number, true, false, or a list of texts.',
    ],
    [
      '{\n "log.retention.ms": 9223372036854775807\n}',
      'b.json:2: log.retention.ms must be a text, a number, true, false, or a list of texts.',
    ],
    ['[]', 'b.json:1: The file must hold one object of names and values.'],
  ])('is refused: %j', (text, message) => {
    expect(problems(file(text, 'b.json'))).toEqual([message]);
  });

  it('that is none is refused with the line', () => {
    expect(problems(file('{\n "a": 1,\n oops\n}', 'b.json'))).toEqual([
      expect.stringMatching(/^b\.json:3: This is no JSON: /),
    ]);
  });
});

describe('explaining', () => {
  it('says all about a setting, of the broker, of topics or of groups', () => {
    const config = load({ environment: { POLYLOG_QUEUED_MAX_REQUEST_BYTES: '-1' } });
    const text = explainSetting(config, 'queued.max.request.bytes');
    expect(text).toContain('value        -1, from POLYLOG_QUEUED_MAX_REQUEST_BYTES\n');
    expect(text).toContain('default      268435456 (Kafka: -1)\n');
    expect(explainSetting(config, 'retention.ms')).toContain('a setting of topics\n');
    const fifo = explainSetting(config, 'polylog.rocketmq.fifo');
    expect(fifo).toContain('polylog group alter GROUP --config polylog.rocketmq.fifo=VALUE\n');
    const lock = explainSetting(config, 'share.record.lock.duration.ms');
    expect(lock).toContain('inherits     group.share.record.lock.duration.ms\n');
    expect(explainSetting(config, 'retention')).toBeNull();
    expect(nearestSetting('retention')).toBe('retention.ms');
  });

  it('is written down: docs/operating/settings.md is what `polylog config --markdown` prints', () => {
    const page = readFileSync(new URL('../../docs/operating/settings.md', import.meta.url), 'utf8');
    expect(page).toBe(settingsPage());
  });
});

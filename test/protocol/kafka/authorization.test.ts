/**
 * Every API that is served asks what it declares, and a client that may do nothing learns nothing and changes nothing:
 * it is answered the same about what is there and what isn't.
 *
 * A new API needs samples here: requests whose names are those of `Names`.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlockPool } from '../../../src/base/block-pool.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import type { Broker } from '../../../src/broker/broker.ts';
import { ClientTelemetry } from '../../../src/broker/client-telemetry.ts';
import type { GroupCommand } from '../../../src/group/commands.ts';
import { nodeClock } from '../../../src/platform/node/clock.ts';
import type { Check, RequestContext } from '../../../src/protocol/kafka/api.ts';
import { apiInfo } from '../../../src/protocol/kafka/codec/api-keys.ts';
import type { KafkaContext } from '../../../src/protocol/kafka/context.ts';
import { FetchSessionCache } from '../../../src/protocol/kafka/fetch-session.ts';
import { kafkaApis } from '../../../src/protocol/kafka/handlers/index.ts';
import { ArrivingRequests, MemoryBudget, UnsentBytes } from '../../../src/protocol/kafka/memory-budget.ts';
import { NO_CHARGE } from '../../../src/protocol/kafka/request-charge.ts';
import { ShareSessions } from '../../../src/protocol/kafka/share-session.ts';
import { KafkaTelemetry } from '../../../src/protocol/kafka/telemetry.ts';
import { Traffic } from '../../../src/protocol/kafka/traffic.ts';
import { Turns } from '../../../src/protocol/kafka/turns.ts';
import { type Access, OPEN_ACCESS } from '../../../src/security/access.ts';
import { NO_AUDIT_LOG } from '../../../src/security/audit.ts';
import { ANONYMOUS } from '../../../src/security/principal.ts';
import { nodePlatform } from '../../../src/server/node-platform.ts';
import { TestLogger } from '../../store/support.ts';
import { openMemoryBroker } from '../../support/memory-broker.ts';
import {
  authorizationSamples,
  type Names,
  SHARE_GROUP,
  STREAMS_GROUP,
  TRANSACTION,
} from './authorization-samples.ts';

const THERE: Names = { topic: 'there', group: 'group-there', user: 'user-there' };
const ABSENT: Names = { topic: 'absent', group: 'group-absent', user: 'user-absent' };

/** TOPIC_, GROUP_, CLUSTER_ and TRANSACTIONAL_ID_AUTHORIZATION_FAILED. */
const DENIALS: ReadonlySet<number> = new Set([29, 30, 31, 53]);

let broker: Broker;
let kafka: KafkaContext;

beforeAll(async () => {
  ({ broker } = await openMemoryBroker({
    settings: { 'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer' },
  }));
  const platform = nodePlatform(new TestLogger());
  kafka = {
    broker,
    apis: kafkaApis,
    limits: null as never,
    blocks: new BlockPool({ freeBytesMax: 0 }),
    answers: new ByteWriter(),
    requestBudget: new MemoryBudget(1 << 30),
    arriving: new ArrivingRequests(1 << 30),
    unsent: new UnsentBytes(1 << 30),
    quotas: broker.quotas,
    turns: new Turns(broker.clock),
    clock: broker.clock,
    shareSessions: new ShareSessions({ sessionsMax: 10, release: () => undefined }),
    fetchSessions: new FetchSessionCache({ slots: 10, clock: nodeClock, random: platform.random }),
    traffic: new Traffic(),
    telemetry: new KafkaTelemetry({
      broker,
      telemetry: new ClientTelemetry({ clock: nodeClock, decode: () => [] }),
      decompress: platform.compression.decompress,
    }),
    crypto: platform.crypto,
    settingsProblem: async () => null,
    authentication: { clock: nodeClock, audit: NO_AUDIT_LOG, failureDelayMs: 0 },
    audit: NO_AUDIT_LOG,
    logger: platform.logger,
  };
  await broker.autoCreate([THERE.topic]);
  const { id } = broker.topics.byName(THERE.topic)!;
  const partitions = [{ partition: 0, offset: 0, leaderEpoch: -1, metadata: '' }];
  await new Promise((resolve) =>
    broker.groups.submit(
      {
        kind: 'commit-offsets',
        groupId: THERE.group,
        memberId: '',
        instanceId: null,
        generation: -1,
        retentionMs: null,
        producerId: -1,
        topics: [{ topic: THERE.topic, topicId: id, partitions }],
      },
      resolve,
    ),
  );
  await new Promise((resolve) => broker.groups.submit(streamsJoin(STREAMS_GROUP, THERE.topic), resolve));
  await new Promise((resolve) => broker.groups.submit(shareJoin(SHARE_GROUP, THERE.topic), resolve));
  await new Promise((resolve) =>
    broker.queues.subscribe({ topicId: id, name: THERE.group, startFrom: 'earliest' }, resolve),
  );
  // A transactional id has the name of the group here.
  openTransaction(THERE.group, THERE.topic);
  await broker.autoCreate(['kept']);
  // Of a topic that no sample deletes.
  THERE.topicId = broker.topics.byName('kept')!.id;
  openTransaction(TRANSACTION, 'kept');
});

function openTransaction(transactionalId: string, topic: string): void {
  broker.transactions.initProducer({ transactionalId, timeoutMs: 60_000, expected: null }, (answer) => {
    if (answer instanceof BrokerError || answer.kind !== 'producer') throw new Error('no producer');
    const topics = [{ topicId: broker.topics.byName(topic)!.id, partitions: [0] }];
    const { producerId, epoch } = answer;
    const add = { kind: 'add', transactionalId, producerId, epoch, topics, groupIds: [] } as const;
    broker.transactions.submit(add, () => undefined);
  });
}
afterAll(() => broker.close());

function shareJoin(groupId: string, topic: string): GroupCommand {
  return {
    kind: 'share-heartbeat',
    groupId,
    memberId: 'm',
    epoch: 0,
    rackId: null,
    clientId: 'test',
    clientHost: '/192.0.2.7',
    topics: [topic],
  };
}

function streamsJoin(groupId: string, topic: string): GroupCommand {
  return {
    kind: 'streams-heartbeat',
    groupId,
    memberId: 'm',
    epoch: 0,
    endpointEpoch: 0,
    instanceId: null,
    rackId: null,
    clientId: 'test',
    clientHost: '/192.0.2.7',
    rebalanceTimeoutMs: 1000,
    topology: {
      epoch: 0,
      subtopologies: [
        {
          id: '0',
          sourceTopics: [topic],
          sourceTopicRegex: [],
          stateChangelogTopics: [],
          repartitionSinkTopics: [],
          repartitionSourceTopics: [],
          copartitionGroups: [],
        },
      ],
    },
    owned: null,
    processId: 'p',
    userEndpoint: null,
    clientTags: null,
    taskOffsets: null,
    taskEndOffsets: null,
    shutdownApplication: false,
  };
}

/** Answers as `allows` says, and keeps what was asked. */
function recorder(allows: (check: Check) => boolean): { access: Access; asked: Set<Check> } {
  const asked = new Set<Check>();
  const ask: Access['allowsAny'] = (operation, resourceType) => {
    const check: Check = `${operation} ${resourceType}`;
    asked.add(check);
    return allows(check);
  };
  const operations = () => [];
  return { access: { governed: true, version: 1, allows: ask, allowsAny: ask, operations }, asked };
}

/** The answer, where it comes in a turn or so; undefined where the handler waits (for other members of a group). */
async function ask(
  key: number,
  sample: { version: number; request: unknown },
  access: Access,
): Promise<unknown> {
  let answer: unknown;
  const context: RequestContext = {
    kafka,
    apiKey: key,
    apiVersion: sample.version,
    clientId: 'test',
    clientHost: '192.0.2.7',
    remote: '192.0.2.7:50000',
    software: { name: '', version: '' },
    principal: ANONYMOUS,
    access,
    charge: NO_CHARGE,
    listenerName: 'PLAINTEXT',
    authentication: {
      handshake: () => ({ errorCode: 34, mechanisms: [] }),
      authenticate: () => undefined,
    },
    advertised: { host: 'here', port: 9092 },
    close: (reason) => {
      answer = { closed: reason };
    },
    whenGone: () => undefined,
    whenDisconnected: () => () => undefined,
  } as RequestContext;
  kafkaApis.get(key)!.handle(context, sample.request, (response) => {
    answer = response;
  });
  for (let turn = 0; turn < 5 && answer === undefined; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answer;
}

/** Without the names that the client gave itself. */
function nameless(answer: unknown, names: Names): unknown {
  let text = JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  for (const [what, name] of Object.entries(names)) text = text.replaceAll(name, `(${what})`);
  return JSON.parse(text);
}

function errorCodes(answer: unknown): number[] {
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.entries(answer).flatMap(([field, value]) =>
    field === 'errorCode' || field === 'partitionErrorCode' ? [value as number] : errorCodes(value),
  );
}

/** What a client can't change without a right to: everything but its own counters. */
async function stored(): Promise<unknown> {
  const groups = await new Promise((resolve) =>
    broker.groups.submit({ kind: 'describe', groupIds: [THERE.group, ABSENT.group] } as never, resolve),
  );
  return { version: broker.metadata.image.version, groups: nameless(groups, THERE) };
}

const keys = [...kafkaApis.keys()].sort((a, b) => a - b);
const served = keys.map((key) => ({ key, name: apiInfo(key)!.name }));

describe.each(served)('$name', ({ key, name }) => {
  const { authorization } = kafkaApis.get(key)!;
  const samples = authorizationSamples.get(key) ?? [];

  it('has samples here, or says why it is open to everybody', () => {
    expect(samples.length > 0 || 'open' in authorization, `${name} needs a sample`).toBe(true);
  });

  it('tells and changes nothing where everything is denied', async () => {
    const before = await stored();
    for (const sample of samples) {
      const { access } = recorder(() => false);
      const there = await ask(key, { version: sample.version, request: sample.request(THERE) }, access);
      const absent = await ask(key, { version: sample.version, request: sample.request(ABSENT) }, access);
      expect(there, 'an answer').toBeDefined();
      expect(nameless(there, THERE)).toEqual(nameless(absent, ABSENT));
      const denials = errorCodes(there).filter((code) => DENIALS.has(code));
      if (sample.shortens === undefined) expect(denials.length, 'a denial').toBeGreaterThan(0);
      else expect(sample.shortens(there as never), 'what is listed').toEqual([]);
    }
    expect(await stored()).toEqual(before);
  });

  it('asks what it declares, and nothing else', async () => {
    const declared: readonly Check[] = 'open' in authorization ? [] : authorization;
    const asked = new Set<Check>();
    const policies: ((check: Check) => boolean)[] = [
      () => false,
      (check) => check.startsWith('describe'),
      (check) => !check.endsWith(' cluster'),
      () => true,
    ];
    for (const sample of samples) {
      for (const [index, allows] of policies.entries()) {
        const names = {
          topic: `new-${key}-${index}`,
          group: `new-${key}-${index}`,
          user: `new-${key}-${index}`,
        };
        for (const named of [THERE, names]) {
          const record = recorder(allows);
          await ask(key, { version: sample.version, request: sample.request(named) }, record.access);
          for (const check of record.asked) asked.add(check);
        }
      }
    }
    expect([...asked].sort()).toEqual([...declared].sort());
  });
});

describe('the access that is open to everybody', () => {
  it('allows all that can be asked', () => {
    expect(OPEN_ACCESS.allows('read', 'topic', 'a') && OPEN_ACCESS.allowsAny('write', 'topic')).toBe(true);
  });
});

it('is written down: docs/operating/acls.md says which API asks what', () => {
  const page = readFileSync(new URL('../../../docs/operating/acls.md', import.meta.url), 'utf8');
  const rows = served.map(({ key, name }) => {
    const { authorization } = kafkaApis.get(key)!;
    const checks =
      'open' in authorization
        ? `nothing: ${authorization.open}`
        : authorization.map((check) => `\`${check}\``).join(', ');
    return `| ${key} | ${name} | ${checks} |`;
  });
  const table = page.split('\n').filter((line) => /^\| \d+ \|/.test(line));
  expect(table).toEqual(rows);
});

import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { composeBroker, type RunningBroker } from '../../src/server/compose.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { TestLogger } from '../store/support.ts';
import { CREATE_TOPICS, DELETE_TOPICS, INCREMENTAL_ALTER_CONFIGS } from '../support/kafka-apis.ts';
import { TestClient } from '../support/kafka-client.ts';

const directory = mkdtempSync(join(tmpdir(), 'polylog-audit-'));
afterAll(() => rmSync(directory, { recursive: true }));

function compose(logger: TestLogger, values: Readonly<Record<string, string>>): Promise<RunningBroker> {
  const all = { 'log.dirs': '/data', listeners: 'kafka://127.0.0.1:0', ...values };
  const flags = Object.entries(all).map(([name, value]) => ({ name, value, flag: '--set' }));
  const config = loadBrokerConfig({ flags });
  if (config instanceof BrokerError) throw config;
  const platform = nodePlatform(logger, createMemoryDisk({ clock: nodeClock }));
  const onFatal = (error: BrokerError): never => {
    throw error;
  };
  return composeBroker({ platform, ...config, onFatal });
}

type Line = Readonly<Record<string, unknown>>;
const linesOf = (path: string): Line[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const topic = (name: string) => ({
  topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
});

describe('an audit log in a file', () => {
  it('tells of changes and of denials, goes on in a new file, and tells sums at the end', async () => {
    const path = join(directory, 'audit.log');
    const running = await compose(new TestLogger(), {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
      'polylog.audit.log': path,
    });
    const client = await TestClient.connect(`127.0.0.1:${running.kafka[0]!.port}`);
    await client.call(CREATE_TOPICS, topic('orders'));
    await client.call(INCREMENTAL_ALTER_CONFIGS, {
      resources: [
        {
          resourceType: 2,
          resourceName: 'orders',
          configs: [{ name: 'retention.ms', configOperation: 0, value: '1000' }],
        },
      ],
    });
    renameSync(path, `${path}.1`);
    running.reopenLogs();
    await running.broker.propose({
      kind: 'create-acls',
      acls: [
        {
          resourceType: 'topic',
          resourceName: '*',
          patternType: 'literal',
          principal: 'User:*',
          host: '*',
          operation: 'delete',
          permission: 'deny',
        },
      ],
    });
    for (let i = 0; i < 3; i++) {
      const { responses } = await client.call(DELETE_TOPICS, { topicNames: ['orders'] }, 5);
      expect(responses[0]!.errorCode).toBe(29);
    }
    await client.close();
    await running.close();
    const changes = linesOf(`${path}.1`).filter(({ event }) => event === 'changed');
    expect(changes.map(({ request, change, subject, detail }) => [request, change, subject, detail])).toEqual(
      [
        ['CreateTopics', 'topic created', 'orders', '1 partitions'],
        ['IncrementalAlterConfigs', 'config changed', 'topic orders', 'retention.ms set 1000'],
      ],
    );
    expect(changes[0]).toMatchObject({
      principal: 'User:ANONYMOUS',
      host: '127.0.0.1',
      listener: 'PLAINTEXT',
    });
    // The rule speaks of topics, so that nobody may describe what no rule allows.
    const denials = linesOf(path).filter(({ event }) => event === 'denied');
    expect(denials.map(({ operation, resource, repeats }) => [operation, resource, repeats])).toEqual([
      ['describe', 'orders', undefined],
      ['describe', 'orders', 2],
    ]);
  });

  it('keeps a broker from starting where it cannot be opened', async () => {
    const outcome = await compose(new TestLogger(), {
      'polylog.audit.log': join(directory, 'none', 'audit.log'),
    }).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(BrokerError);
    expect((outcome as BrokerError).message).toContain('polylog.audit.log');
  });
});

it('an audit log beside the other messages', async () => {
  const logger = new TestLogger();
  const running = await compose(logger, { 'polylog.audit.log': 'stderr' });
  const client = await TestClient.connect(`127.0.0.1:${running.kafka[0]!.port}`);
  await client.call(CREATE_TOPICS, topic('orders'));
  await client.close();
  await running.close();
  expect(logger.messages('info')).toContain('User:ANONYMOUS: topic created: orders');
});

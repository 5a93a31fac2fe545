// The built command against a broker in this process: what a newcomer types. Needs `npm run build`, as `npm test` does.

import { describe, expect, test } from 'vitest';
import { startBroker } from '../../src/embed/index.ts';
import { type Result, polylog as runPolylog } from '../support/polylog-command.ts';

/** With the broker in the environment. */
const polylog = (bootstrap: string, args: readonly string[], input = ''): Promise<Result> =>
  runPolylog(args, { input, environment: { POLYLOG_BOOTSTRAP: bootstrap } });

describe('polylog', { timeout: 120_000 }, () => {
  test('topics, records and groups from creation to deletion', async () => {
    await using broker = await startBroker();
    const run = (args: string, input?: string): Promise<Result> =>
      polylog(broker.bootstrap, args.split(' '), input);

    expect((await run('topic create orders --partitions 3')).out).toBe(
      'created topic orders with 3 partitions\n',
    );
    expect((await run('topic create orders')).code).toBe(1);
    expect((await run('topic create orders --if-not-exists')).code).toBe(0);
    expect(JSON.parse((await run('topic list --json')).out)).toMatchObject({ name: 'orders', partitions: 3 });

    const lines = Array.from({ length: 1000 }, (_, n) => `k${n % 7}:line ${n}`);
    const produced = await run('produce orders --key-separator : --header a=1', `${lines.join('\n')}\n`);
    expect(produced).toMatchObject({ code: 0, out: '' });
    expect(produced.err).toContain('produced 1,000 records to orders');

    const consumed = await run('consume orders --print-key --key-separator :');
    expect(consumed.code).toBe(0);
    expect(consumed.out.trimEnd().split('\n').sort()).toEqual([...lines].sort());

    const first = await run('consume orders --from-beginning --count 3 --group g1');
    expect(first.out.trimEnd().split('\n')).toHaveLength(3);
    const described = JSON.parse((await run('group describe g1 --json')).out) as {
      partitions: { lag: number }[];
    };
    expect(described.partitions.reduce((sum, { lag }) => sum + lag, 0)).toBe(997);
    expect((await run('consume orders --group g1')).out.trimEnd().split('\n')).toHaveLength(997);

    expect((await run('group reset g1 --topic orders --to-earliest')).err).toContain('nothing was changed');
    expect((await run('group reset g1 --topic orders --to-earliest --execute')).code).toBe(0);
    expect((await run('consume orders --group g1')).out.trimEnd().split('\n')).toHaveLength(1000);
    expect((await run('group delete g1')).out).toBe('deleted group g1\n');

    expect((await run('topic delete orders')).code).toBe(2);
    expect((await run('topic delete orders --yes')).out).toBe('deleted topic orders\n');
    expect((await run('topic describe orders')).code).toBe(1);
  });

  test('quotas are set, listed and removed', async () => {
    await using broker = await startBroker();
    const run = (args: string): Promise<Result> => polylog(broker.bootstrap, args.split(' '));
    expect((await run('quota list')).out).toContain('there are no such quotas');
    const set = await run('quota set --user alice producer_byte_rate=1MiB request_percentage=12.5');
    expect(set.out).toBe('user alice: producer_byte_rate=1048576\nuser alice: request_percentage=12.5\n');
    expect((await run('quota set --user-default --client-id app consumer_byte_rate=10k')).code).toBe(0);
    expect((await run('quota set --ip ::ffff:10.0.0.1 connection_creation_rate=3')).code).toBe(0);
    const lines = (await run('quota list --json')).out.trimEnd().split('\n');
    expect(
      lines
        .map((line) => JSON.parse(line))
        .sort(
          (a, b) => Object.keys(a.entity).length - Object.keys(b.entity).length || (a.entity.user ? -1 : 1),
        ),
    ).toEqual([
      { entity: { user: 'alice' }, quotas: { producer_byte_rate: 1048576, request_percentage: 12.5 } },
      { entity: { ip: '10.0.0.1' }, quotas: { connection_creation_rate: 3 } },
      { entity: { user: null, 'client-id': 'app' }, quotas: { consumer_byte_rate: 10240 } },
    ]);
    expect((await run('quota list --client-id app')).out).toMatch(
      /user \(default\), client-id app +consumer_byte_rate +10240/,
    );
    expect((await run('quota remove --user alice request_percentage')).out).toBe(
      'user alice: request_percentage removed\n',
    );
    expect((await run('quota remove --user alice')).code).toBe(0);
    expect((await run('quota remove --user alice')).code).toBe(1);
    expect((await run('quota set producer_byte_rate=1')).code).toBe(2);
    expect((await run('quota set --user alice speed=1')).code).toBe(2);
    expect((await run('quota set --user alice producer_byte_rate=0')).code).toBe(2);
    const refused = await run('quota set --ip 10.0.0.1 --user alice connection_creation_rate=1');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('stands alone');
  });

  test('access rules are added, hold, are listed and removed', async () => {
    await using broker = await startBroker({
      settings: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found': 'true',
      },
    });
    const run = (args: string): Promise<Result> => polylog(broker.bootstrap, args.split(' '));
    expect((await run('topic create orders')).code).toBe(0);
    const added = await run('acl add --allow-principal User:alice --producer --topic orders');
    expect(added.out).toMatch(/^added 3 rules\n/);
    expect(await run('produce orders x')).toMatchObject({ code: 1, out: '' });
    expect((await run('topic list --json')).out).toBe('');
    const listed = (await run('acl list --topic orders --json')).out.trimEnd().split('\n');
    expect(listed.map((line) => (JSON.parse(line) as { operation: string }).operation)).toEqual([
      'create',
      'describe',
      'write',
    ]);
    expect((await run('acl remove --topic orders')).code).toBe(2);
    const one = await run('acl remove --topic orders --operation write --yes');
    expect(one.out).toMatch(/^removed 1 rule\n/);
    expect((await run('acl remove --topic orders --yes')).out).toMatch(/^removed 2 rules\n/);
    expect((await run('acl remove --topic orders --yes')).code).toBe(1);
    expect((await run('acl list')).out).toContain('there are no such rules');
    expect((await run('produce orders x')).code).toBe(0);

    await using open = await startBroker();
    const refused = await polylog(open.bootstrap, ['acl', 'list']);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('authorizer.class.name');
  });

  test('every compression comes back', async () => {
    await using broker = await startBroker();
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      const sent = await polylog(broker.bootstrap, ['produce', 'codecs', codec, '--compression', codec]);
      expect(sent.code).toBe(0);
    }
    const { out } = await polylog(broker.bootstrap, ['consume', 'codecs', '--format', 'json']);
    const values = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: string }).value);
    expect(values.sort()).toEqual(['gzip', 'lz4', 'none', 'snappy', 'zstd']);
  });

  test('nothing answers: exit code 3 and what to do', async () => {
    const { code, err } = await polylog('127.0.0.1:1', ['topic', 'list']);
    expect(code).toBe(3);
    expect(err).toContain('no broker answers at 127.0.0.1:1');
    expect(err).toContain('`polylog start`');
  });

  test('wrong usage: exit code 2', async () => {
    expect((await polylog('127.0.0.1:1', ['topic', 'list', '--nonsense'])).code).toBe(2);
    expect((await polylog('127.0.0.1:1', ['consume', 't', '--offset', '1', '--time', '-1h'])).code).toBe(2);
  });
});

/** Signatures, access rules, and what the audit log is told of them. */
import { createHmac } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { CODE } from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import type { AuthenticationEvent, DenialEvent } from '../../../src/security/audit.ts';
import { loadBrokerConfig } from '../../../src/server/config.ts';
import {
  messageTo,
  QUERY_ROUTE,
  RECEIVE,
  type RocketmqClient,
  receiveRequest,
  resource,
  SEND,
  startRocketmq,
  type TestRocketmq,
} from '../../support/rocketmq.ts';

let rocketmq: TestRocketmq | null = null;
afterEach(async () => {
  await rocketmq?.close();
  rocketmq = null;
});

const events: (AuthenticationEvent | DenialEvent)[] = [];
async function start(settings: Record<string, string>): Promise<TestRocketmq> {
  events.length = 0;
  const audit = {
    authentication: (event: AuthenticationEvent) => void events.push(event),
    denied: (tell: () => DenialEvent) => void events.push(tell()),
    changed: () => undefined,
  };
  rocketmq = await startRocketmq({ settings, audit });
  return rocketmq;
}

const DATE = '20261121T230000Z';
function signed(key: string, secret: string, date = DATE): Record<string, string> {
  const signature = createHmac('sha1', secret).update(DATE).digest('hex').toUpperCase();
  return {
    'x-mq-date-time': date,
    authorization: `MQv2-HMAC-SHA1 Credential=${key}, SignedHeaders=x-mq-date-time, Signature=${signature}`,
  };
}

const route = async (client: RocketmqClient, topic = 'orders') =>
  (await client.call(QUERY_ROUTE, { topic: resource(topic), endpoints: null })).status!.code;

const KEYS = { 'polylog.rocketmq.access.keys': 'alice:a-secret, bob:b:secret' };

it('takes calls that are signed with a key that it knows, and no others', async () => {
  const { client } = await start(KEYS);
  expect(await route(client(signed('alice', 'a-secret')))).toBe(CODE.OK);
  expect(await route(client(signed('bob', 'b:secret')))).toBe(CODE.OK);
  const bad = [
    {},
    signed('alice', 'wrong'),
    signed('carol', 'a-secret'),
    signed('alice', 'a-secret', '20261121T230001Z'),
    { ...signed('alice', 'a-secret'), authorization: 'Bearer x' },
  ];
  for (const headers of bad) expect(await route(client(headers))).toBe(CODE.UNAUTHORIZED);
  expect(events).toHaveLength(bad.length);
  expect(events[1]).toMatchObject({
    outcome: 'failed',
    principal: { name: 'alice' },
    method: 'MQv2-HMAC-SHA1',
  });
});

it('asks nobody for a signature where there are no keys', async () => {
  const { client } = await start({});
  expect(await route(client(signed('alice', 'whatever')))).toBe(CODE.OK);
});

it('asks access rules about topics and groups', async () => {
  const { broker, client } = await start({
    ...KEYS,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:bob',
  });
  const [alice, bob] = [client(signed('alice', 'a-secret')), client(signed('bob', 'b:secret'))];
  expect(await route(alice)).toBe(CODE.FORBIDDEN);
  expect(await route(bob)).toBe(CODE.OK);
  const send = async (from: RocketmqClient) =>
    (await from.call(SEND, { messages: [messageTo('orders')] })).status!.code;
  expect([await send(alice), await send(bob)]).toEqual([CODE.FORBIDDEN, CODE.OK]);
  const allow = (operation: 'read', resourceType: 'topic' | 'group', resourceName: string) => ({
    resourceType,
    resourceName,
    patternType: 'literal' as const,
    principal: 'User:alice',
    host: '*',
    operation,
    permission: 'allow' as const,
  });
  const receive = async () => {
    const call = alice.open(RECEIVE);
    call.send(receiveRequest());
    return (await call.next()).status!.code;
  };
  for (const acl of [allow('read', 'group', 'billing'), allow('read', 'topic', 'orders')]) {
    expect(await receive()).toBe(CODE.FORBIDDEN);
    const created = await broker.propose({ kind: 'create-acls', acls: [acl] } as never);
    expect(created).not.toBeInstanceOf(BrokerError);
  }
  expect(await receive()).toBe(CODE.OK);
  expect(events.filter((event) => 'operation' in event).at(-1)).toMatchObject({
    principal: { name: 'alice' },
    request: 'ReceiveMessage',
    operation: 'read',
    resourceType: 'topic',
    resourceName: 'orders',
  });
});

it.each(['alice', 'alice:', ':x', 'alice:a,alice:b', 'alice:a b'])('refuses "%s" as access keys', (value) => {
  const flags = [{ name: 'polylog.rocketmq.access.keys', value, flag: '--set' }];
  expect(loadBrokerConfig({ flags })).toBeInstanceOf(BrokerError);
});

/** How clients show who they are, over a connection of their own: both forms of the handshake, refusals, coming again. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import type { ScramMechanism } from '../../../src/metadata/commands.ts';
import { salted } from '../../security/support/salted.ts';
import { scramClient } from '../../security/support/scram-client.ts';
import {
  ALTER_USERS,
  API_VERSIONS,
  METADATA,
  SASL_AUTHENTICATE,
  SASL_HANDSHAKE,
} from '../../support/kafka-apis.ts';
import { TestClient } from '../../support/kafka-client.ts';

const ILLEGAL_SASL_STATE = 34;
const UNSUPPORTED_SASL_MECHANISM = 33;
const SASL_AUTHENTICATION_FAILED = 58;

let broker: EmbeddedBroker;
let directory: string;
let sign: (
  claims: Record<string, unknown>,
  fields?: { expiresInS?: number; issuer?: string },
) => Promise<string>;
let signByStranger: typeof sign;

/** Listeners by name: SASL, SHORT (sessions of a second), WEB (tokens), DEV (tokens without signature), PLAINTEXT. */
const addressOf = (name: string): string => {
  const { host, port } = broker.listeners.find((listener) => listener.name === name)!;
  return `${host}:${port}`;
};
const connect = (name = 'SASL'): Promise<TestClient> => TestClient.connect(addressOf(name));
const plain = (user: string, password: string, as = ''): Buffer => Buffer.from(`${as}\0${user}\0${password}`);

async function signer(): Promise<{ sign: typeof sign; jwk: object }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return {
    jwk: { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' },
    sign: (claims, { expiresInS = 60, issuer = 'https://issuer.example' } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuedAt()
        .setIssuer(issuer)
        .setAudience('polylog')
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInS)
        .sign(privateKey),
  };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sasl-test-'));
  const ours = await signer();
  sign = ours.sign;
  signByStranger = (await signer()).sign;
  writeFileSync(join(directory, 'jwks.json'), JSON.stringify({ keys: [ours.jwk] }));
  broker = await startBroker({
    data: 'memory',
    settings: {
      listeners: ['SASL', 'SHORT', 'WEB', 'DEV', 'PLAINTEXT'].map((name) => `${name}://127.0.0.1:0`).join(),
      'listener.security.protocol.map':
        'SASL:SASL_PLAINTEXT,SHORT:SASL_PLAINTEXT,WEB:SASL_PLAINTEXT,DEV:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required username="x" user_carol="c;\\"1";',
      'listener.name.sasl.sasl.server.max.receive.size': 2000,
      'listener.name.short.connections.max.reauth.ms': 1000,
      'listener.name.web.sasl.enabled.mechanisms': 'OAUTHBEARER',
      'sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(join(directory, 'jwks.json')).href,
      'sasl.oauthbearer.expected.issuer': 'https://issuer.example',
      'sasl.oauthbearer.expected.audience': 'other,polylog',
      'sasl.oauthbearer.clock.skew.seconds': 0,
      'listener.name.dev.sasl.enabled.mechanisms': 'OAUTHBEARER',
      'listener.name.dev.polylog.sasl.oauthbearer.unsecured': true,
      'connection.failed.authentication.delay.ms': 5,
    },
  });
  await using client = await connect('PLAINTEXT');
  const given = await client.call(ALTER_USERS, {
    upsertions: [salted('alice', 'SCRAM-SHA-256', 'secret'), salted('bob', 'SCRAM-SHA-512', 'pässword')],
  });
  expect(given.results.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
});
afterAll(async () => {
  await broker.close();
  rmSync(directory, { recursive: true });
});

async function handshake(client: TestClient, mechanism: string, version = 1): Promise<void> {
  const answer = await client.call(SASL_HANDSHAKE, { mechanism }, version);
  expect(answer.errorCode).toBe(0);
}
async function authenticate(client: TestClient, mechanism: string, token: Buffer, version = 2) {
  await handshake(client, mechanism);
  return client.call(SASL_AUTHENTICATE, { authBytes: token }, version);
}
async function authenticateScram(
  client: TestClient,
  mechanism: ScramMechanism,
  user: string,
  password: string,
) {
  const scram = scramClient(mechanism, user, password);
  const first = await authenticate(client, mechanism, Buffer.from(scram.first));
  expect(first.errorCode).toBe(0);
  const authBytes = Buffer.from(scram.answer(first.authBytes.toString()));
  const last = await client.call(SASL_AUTHENTICATE, { authBytes });
  return { last, expected: scram.expected() };
}
const works = async (client: TestClient): Promise<boolean> =>
  (await client.call(METADATA, { topics: [] })).brokers.length === 1;

describe('a listener with SASL', () => {
  it.each([
    ['SCRAM-SHA-256', 'alice', 'secret'],
    ['SCRAM-SHA-512', 'bob', 'pässword'],
  ] as const)('lets in by %s', async (mechanism, user, password) => {
    await using client = await connect();
    await client.call(API_VERSIONS, {}, 0);
    const { last, expected } = await authenticateScram(client, mechanism, user, password);
    expect(last).toMatchObject({ errorCode: 0, errorMessage: null, sessionLifetimeMs: 0 });
    expect(last.authBytes.toString()).toBe(expected);
    expect(await works(client)).toBe(true);
  });

  it.each([
    ['carol', 'c;"1'],
    ['alice', 'secret'],
    ['bob', 'pässword'],
    // A composed letter and the same in two parts.
    ['bob', 'pa\u0308ssword'],
  ])('lets %s in by PLAIN, of the settings or of the users', async (user, password) => {
    await using client = await connect();
    expect((await authenticate(client, 'PLAIN', plain(user, password, user))).errorCode).toBe(0);
    expect(await works(client)).toBe(true);
  });

  it.each([
    [plain('alice', 'wrong')],
    [plain('nobody', 'secret')],
    [plain('carol', 'wrong')],
    [plain('alice', 'secret', 'bob')],
    [plain('', '')],
    [plain('alice', 'x'.repeat(1025))],
    [Buffer.from('alice secret')],
    [Buffer.from([0, 0xff, 0, 0x61])],
    [Buffer.alloc(0)],
  ])('answers %j of PLAIN with one error, and ends', async (token) => {
    await using client = await connect();
    const answer = await authenticate(client, 'PLAIN', token);
    expect(answer).toEqual({
      errorCode: SASL_AUTHENTICATION_FAILED,
      errorMessage: 'Authentication failed with SASL mechanism PLAIN: check the user and what it shows.',
      authBytes: Buffer.alloc(0),
      sessionLifetimeMs: 0,
    });
    await client.closed;
  });

  it('fails a wrong password and an unknown user of SCRAM alike', async () => {
    for (const user of ['alice', 'nobody']) {
      await using client = await connect();
      const { last } = await authenticateScram(client, 'SCRAM-SHA-256', user, 'wrong');
      expect(last.errorCode).toBe(SASL_AUTHENTICATION_FAILED);
      await client.closed;
    }
  });

  it('serves nothing else before', async () => {
    for (const before of ['nothing', 'versions', 'handshake', 'first token'] as const) {
      await using client = await connect();
      if (before === 'versions') await client.call(API_VERSIONS, {}, 0);
      if (before === 'handshake') await handshake(client, 'SCRAM-SHA-256');
      if (before === 'first token') {
        const { first } = scramClient('SCRAM-SHA-256', 'alice', 'secret');
        await authenticate(client, 'SCRAM-SHA-256', Buffer.from(first));
      }
      await expect(client.call(METADATA, { topics: [] })).rejects.toThrow(/closed/);
    }
    await using client = await connect();
    await expect(client.call(SASL_AUTHENTICATE, { authBytes: plain('alice', 'secret') })).rejects.toThrow(
      /closed/,
    );
  });

  it('serves nothing behind a token before it is checked', async () => {
    await using client = await connect();
    await handshake(client, 'PLAIN');
    const answer = client.call(SASL_AUTHENTICATE, { authBytes: plain('alice', 'wrong') });
    const behind = client.call(METADATA, { topics: [] });
    expect((await answer).errorCode).toBe(SASL_AUTHENTICATION_FAILED);
    await expect(behind).rejects.toThrow(/closed/);
  });

  it('serves what stands behind a good token', async () => {
    await using client = await connect();
    await handshake(client, 'PLAIN');
    const answer = client.call(SASL_AUTHENTICATE, { authBytes: plain('alice', 'secret') });
    const behind = client.call(METADATA, { topics: [] });
    expect((await answer).errorCode).toBe(0);
    expect((await behind).brokers).toHaveLength(1);
  });

  it('names its mechanisms where another is asked for, and ends', async () => {
    await using client = await connect();
    const answer = await client.call(SASL_HANDSHAKE, { mechanism: 'GSSAPI' });
    expect(answer.errorCode).toBe(UNSUPPORTED_SASL_MECHANISM);
    expect(answer.mechanisms).toEqual(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']);
    await client.closed;
  });

  it('refuses a request of more bytes than a token has', async () => {
    await using client = await connect();
    await handshake(client, 'PLAIN');
    const large = client.call(SASL_AUTHENTICATE, { authBytes: Buffer.alloc(2001) });
    await expect(large).rejects.toThrow(/closed/);
    await using unshown = await connect();
    unshown.socket.write(Buffer.from([0, 0, 0x10, 0]));
    await unshown.closed;
  });

  it('takes larger requests afterwards', async () => {
    await using client = await connect();
    await authenticate(client, 'PLAIN', plain('alice', 'secret'));
    const names = Array.from({ length: 500 }, (_, i) => ({ name: `topic-${i}` }));
    const answer = await client.call(METADATA, { topics: names as never, allowAutoTopicCreation: false }, 8);
    expect(answer.topics).toHaveLength(500);
  });

  it('does not begin again where nothing asks for it', async () => {
    await using client = await connect();
    await authenticate(client, 'PLAIN', plain('alice', 'secret'));
    expect((await client.call(SASL_HANDSHAKE, { mechanism: 'PLAIN' })).errorCode).toBe(ILLEGAL_SASL_STATE);
    const again = await client.call(SASL_AUTHENTICATE, { authBytes: plain('alice', 'secret') });
    expect(again.errorCode).toBe(ILLEGAL_SASL_STATE);
    expect(await works(client)).toBe(true);
  });
});

describe('bare tokens behind SaslHandshake 0', () => {
  const framed = (token: Buffer): Buffer => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(token.length);
    return Buffer.concat([size, token]);
  };

  it('let in by PLAIN and SCRAM', async () => {
    await using first = await connect();
    await handshake(first, 'PLAIN', 0);
    expect(await first.exchange(framed(plain('alice', 'secret')))).toHaveLength(0);
    expect(await works(first)).toBe(true);

    await using second = await connect();
    await handshake(second, 'SCRAM-SHA-512', 0);
    const scram = scramClient('SCRAM-SHA-512', 'bob', 'pässword');
    const challenge = await second.exchange(framed(Buffer.from(scram.first)));
    const last = await second.exchange(framed(Buffer.from(scram.answer(challenge.toString()))));
    expect(last.toString()).toBe(scram.expected());
    expect(await works(second)).toBe(true);
  });

  it('end the connection where they are wrong', async () => {
    await using client = await connect();
    await handshake(client, 'PLAIN', 0);
    await expect(client.exchange(framed(plain('alice', 'wrong')))).rejects.toThrow(/closed/);
  });
});

describe('a session with an end', () => {
  it('tells it, is shown anew, and closes what goes on without', async () => {
    await using client = await connect('SHORT');
    const answer = await authenticate(client, 'PLAIN', plain('alice', 'secret'));
    expect(answer).toMatchObject({ errorCode: 0, sessionLifetimeMs: 1000 });
    const again = await authenticateScram(client, 'SCRAM-SHA-256', 'alice', 'secret');
    expect(again.last.errorCode).toBe(SASL_AUTHENTICATION_FAILED);
    await client.closed;

    await using faithful = await connect('SHORT');
    await authenticate(faithful, 'PLAIN', plain('alice', 'secret'));
    const shown = await authenticate(faithful, 'PLAIN', plain('alice', 'secret'));
    expect(shown).toMatchObject({ errorCode: 0, sessionLifetimeMs: 1000 });
    // Requests go on until one comes behind the end.
    const goOn = async (): Promise<never> => {
      for (;;) await works(faithful);
    };
    await expect(goOn()).rejects.toThrow(/closed/);
  });

  it('must be shown by whom it was', async () => {
    await using client = await connect('SHORT');
    await authenticate(client, 'PLAIN', plain('alice', 'secret'));
    const answer = await authenticate(client, 'PLAIN', plain('bob', 'pässword'));
    expect(answer.errorCode).toBe(SASL_AUTHENTICATION_FAILED);
    await client.closed;
  });
});

describe('OAUTHBEARER', () => {
  const message = (token: string, as = ''): Buffer =>
    Buffer.from(`n,${as === '' ? '' : `a=${as}`},\x01auth=Bearer ${token}\x01traceId=7\x01\x01`);

  it('lets in with a signed token, for as long as that is good', async () => {
    await using client = await connect('WEB');
    const answer = await authenticate(client, 'OAUTHBEARER', message(await sign({ sub: 'dave' }), 'dave'));
    expect(answer).toMatchObject({ errorCode: 0, authBytes: Buffer.alloc(0) });
    expect(answer.sessionLifetimeMs).toBeGreaterThan(50_000);
    expect(answer.sessionLifetimeMs).toBeLessThanOrEqual(60_000);
    expect(await works(client)).toBe(true);
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['of another issuer', async () => message(await sign({ sub: 'd' }, { issuer: 'https://other.example' }))],
    ['that is over', async () => message(await sign({ sub: 'd' }, { expiresInS: -1 }))],
    ['that another key has signed', async () => message(await signByStranger({ sub: 'd' }))],
    ['without a subject', async () => message(await sign({}))],
    ['of another user', async () => message(await sign({ sub: 'd' }), 'eve')],
    [
      'without a signature',
      async () => message(new UnsecuredJWT({ sub: 'd' }).setExpirationTime('1h').encode()),
    ],
    ['that is none', async () => message('abc')],
  ])('refuses a token %s', async (_, token) => {
    await using client = await connect('WEB');
    const answer = await authenticate(client, 'OAUTHBEARER', await token());
    expect(answer.errorCode).toBe(0);
    expect(JSON.parse(answer.authBytes.toString())).toEqual({ status: 'invalid_token' });
    const last = await client.call(SASL_AUTHENTICATE, { authBytes: Buffer.of(1) });
    expect(last.errorCode).toBe(SASL_AUTHENTICATION_FAILED);
    await client.closed;
  });

  it('takes tokens without a signature only where a setting says so', async () => {
    await using client = await connect('DEV');
    const token = new UnsecuredJWT({ sub: 'dave' })
      .setIssuer('https://issuer.example')
      .setAudience('polylog')
      .setExpirationTime('1h')
      .encode();
    expect((await authenticate(client, 'OAUTHBEARER', message(token))).errorCode).toBe(0);
    await using other = await connect('DEV');
    const signed = await authenticate(other, 'OAUTHBEARER', message(await sign({ sub: 'dave' })));
    expect(signed.authBytes.toString()).toContain('invalid_token');
  });
});

describe('a listener without SASL', () => {
  it('has no place for its requests', async () => {
    await using client = await connect('PLAINTEXT');
    expect((await client.call(SASL_HANDSHAKE, { mechanism: 'PLAIN' })).errorCode).toBe(ILLEGAL_SASL_STATE);
    const answer = await client.call(SASL_AUTHENTICATE, { authBytes: plain('alice', 'secret') });
    expect(answer.errorCode).toBe(ILLEGAL_SASL_STATE);
    expect(await works(client)).toBe(true);
  });
});

describe('a client that shows nothing', () => {
  it('is closed after a while, and before when it floods', async () => {
    await using impatient = await startBroker({
      data: 'memory',
      settings: {
        listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
        'polylog.authentication.timeout.ms': 100,
        'connection.failed.authentication.delay.ms': 60_000,
        'sasl.enabled.mechanisms': 'PLAIN',
      },
    });
    await using silent = await TestClient.connect(impatient.bootstrap);
    await silent.closed;
    await using talking = await TestClient.connect(impatient.bootstrap);
    await expect(
      (async () => {
        for (;;) await talking.call(API_VERSIONS, {}, 0);
      })(),
    ).rejects.toThrow(/closed/);
    // What it sends behind a refused login is dropped, and the wait for the answer is not waited out.
    await using flooding = await TestClient.connect(impatient.bootstrap);
    await handshake(flooding, 'PLAIN');
    const answer = flooding.call(SASL_AUTHENTICATE, { authBytes: plain('alice', 'wrong') });
    flooding.socket.write(Buffer.alloc(1 << 20));
    await expect(answer).rejects.toThrow(/closed/);
  });
});

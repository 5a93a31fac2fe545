/** Keys that tokens are checked with: of an address and of a file, read anew, and kept while they can't be. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeTokens } from '../../src/platform/node/tokens.ts';
import type { TokenRules, TokenVerdict } from '../../src/platform/ports.ts';

interface Key {
  readonly kid: string;
  readonly secret: KeyObject;
  readonly jwk: object;
}

function makeKey(kid: string): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, secret: privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' } };
}

const FIRST = makeKey('first');
const SECOND = makeKey('second');
const set = (...keys: readonly Key[]): string => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });

function sign({ kid, secret }: Key): Promise<string> {
  return new SignJWT({ sub: 'dave' })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setExpirationTime('1h')
    .sign(secret);
}

let server: Server;
let folder: string;
/** What the address answers; null: it fails. */
let body: string | null;
let asked: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'polylog-tokens-'));
  server = createServer((_, response) => {
    asked++;
    response.writeHead(body === null ? 503 : 200, { connection: 'close' }).end(body ?? 'out of order');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  asked = 0;
});

const places = [
  {
    name: 'an address',
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    put(text: string | null) {
      body = text;
    },
  },
  {
    name: 'a file',
    url: () => pathToFileURL(join(folder, 'jwks.json')).href,
    put(text: string | null) {
      writeFileSync(join(folder, 'jwks.json'), text ?? '{"keys":[');
    },
  },
];

function verifier(url: string, rules: Partial<TokenRules>): (key: Key) => Promise<TokenVerdict['kind']> {
  const { verify } = nodeTokens.verifier({
    jwksUrl: url,
    refreshMs: 3_600_000,
    retryMs: 0,
    issuer: null,
    audiences: [],
    clockSkewSeconds: 0,
    subClaim: 'sub',
    ...rules,
  });
  return async (key) => {
    const token = await sign(key);
    return new Promise((resolve) => verify(token, ({ kind }) => resolve(kind)));
  };
}

describe.each(places)('keys of $name', ({ url, put }) => {
  it('are read anew when a token names one that is not there', async () => {
    put(set(FIRST));
    const verify = verifier(url(), {});
    expect(await verify(FIRST)).toBe('valid');
    expect(await verify(SECOND)).toBe('invalid');
    put(set(FIRST, SECOND));
    expect(await verify(SECOND)).toBe('valid');
  });

  it('are not read anew for each token that names one that is not there', async () => {
    put(set(FIRST));
    const verify = verifier(url(), { retryMs: 3_600_000 });
    expect(await verify(SECOND)).toBe('invalid');
    put(set(SECOND));
    expect(await verify(SECOND)).toBe('invalid');
  });

  it('are read anew when they are old: those that were taken away are no good any more', async () => {
    put(set(FIRST, SECOND));
    const verify = verifier(url(), { refreshMs: 0 });
    expect(await verify(FIRST)).toBe('valid');
    put(set(SECOND));
    expect(await verify(FIRST)).toBe('invalid');
  });

  it('stay good while they can not be read anew', async () => {
    put(set(FIRST));
    const verify = verifier(url(), { refreshMs: 0 });
    expect(await verify(FIRST)).toBe('valid');
    put(null);
    expect(await verify(FIRST)).toBe('valid');
    expect(await verify(FIRST)).toBe('valid');
    expect(await verify(SECOND)).toBe('invalid');
  });

  it('let nobody in before they could be read, and do then', async () => {
    put(null);
    const verify = verifier(url(), {});
    expect(await verify(FIRST)).toBe('invalid');
    put(set(FIRST));
    expect(await verify(FIRST)).toBe('valid');
  });
});

it('asks an address once for many tokens that come together', async () => {
  const [{ url, put }] = places as [(typeof places)[0]];
  put(set(FIRST));
  const verify = verifier(url(), {});
  expect(await Promise.all(Array.from({ length: 20 }, () => verify(FIRST)))).toEqual(
    Array.from({ length: 20 }, () => 'valid'),
  );
  expect(asked).toBe(1);
});

/**
 * Signed tokens, checked by jose: signature, issuer, audience, times (RFC 7519, RFC 7517). The library is loaded when a token
 * first comes. Keys, of a file or an address, are read anew when they are old or when a token names one that isn't there.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose';
import type { TokenRules, Tokens, TokenVerdict } from '../ports.ts';

type Jose = typeof import('jose');

/** Signatures with a key pair: a key that checks a token must not be able to make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const FETCH_MS_MAX = 5000;

export const nodeTokens: Tokens = {
  verifier(rules) {
    let keys: JWTVerifyGetKey | null = null;
    return {
      verify(token, done) {
        check(token)
          .catch((error: Error): TokenVerdict => ({ kind: 'invalid', reason: error.message }))
          .then(done);
      },
    };

    async function check(token: string): Promise<TokenVerdict> {
      const jose = await import('jose');
      const claims = {
        clockTolerance: rules.clockSkewSeconds,
        ...(rules.issuer === null ? {} : { issuer: rules.issuer }),
        ...(rules.audiences.length === 0 ? {} : { audience: [...rules.audiences] }),
        requiredClaims: ['exp', rules.subClaim],
      };
      if (rules.jwksUrl === null) {
        const { UnsecuredJWT } = jose;
        return verdict(UnsecuredJWT.decode(token, claims).payload, rules);
      }
      keys ??= keptKeys(jose, rules, rules.jwksUrl);
      const { payload } = await jose.jwtVerify(token, keys, { ...claims, algorithms: ALGORITHMS });
      return verdict(payload, rules);
    }
  },
};

function verdict(payload: JWTPayload, { subClaim, clockSkewSeconds }: TokenRules): TokenVerdict {
  const subject = payload[subClaim];
  if (typeof subject !== 'string' || subject === '') {
    return { kind: 'invalid', reason: `the claim "${subClaim}" of the token is no name` };
  }
  return { kind: 'valid', subject, expiresAtMs: (payload.exp! + clockSkewSeconds) * 1000 };
}

/** Where the keys are: `find` looks among those that the last `read` brought. */
interface KeySet {
  read(): Promise<void>;
  readonly find: JWTVerifyGetKey;
}

function remoteKeys(jose: Jose, url: string): KeySet {
  // When keys are read anew is decided below, for addresses and files alike.
  const remote = jose.createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    timeoutDuration: FETCH_MS_MAX,
  });
  return { read: remote.reload, find: remote };
}

function fileKeys(jose: Jose, path: string): KeySet {
  let local: JWTVerifyGetKey = jose.createLocalJWKSet({ keys: [] });
  return {
    async read() {
      local = jose.createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
    },
    find: (header, token) => local(header, token),
  };
}

/**
 * Reads keys when there are none yet, when they are old, and when a token names one that isn't there; many tokens wait for one
 * reading. While old keys can't be read anew they stay good, and after the first time nobody waits for that.
 */
function keptKeys(jose: Jose, { refreshMs, retryMs }: TokenRules, url: string): JWTVerifyGetKey {
  const keys = url.startsWith('file:') ? fileKeys(jose, fileURLToPath(url)) : remoteKeys(jose, url);
  let reading: Promise<void> | null = null;
  let readAtMs: number | null = null;
  let triedAtMs = -Infinity;
  let failed = false;
  const begin = async (): Promise<void> => {
    triedAtMs = performance.now();
    try {
      await keys.read();
      readAtMs = performance.now();
      failed = false;
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      reading = null;
    }
  };
  const read = (): Promise<void> => (reading ??= begin());
  const readIfOld = async (): Promise<void> => {
    if (readAtMs === null) return read();
    const now = performance.now();
    if (now - readAtMs < refreshMs || (failed && now - triedAtMs < retryMs)) return;
    const renewed = read().catch(() => undefined);
    if (!failed) await renewed;
  };
  return async (header, token) => {
    await readIfOld();
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof jose.errors.JWKSNoMatchingKey)) throw error;
      if (reading === null && performance.now() - triedAtMs < retryMs) throw error;
      await read();
      return await keys.find(header, token);
    }
  };
}

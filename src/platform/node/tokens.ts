/**
 * Signed tokens, checked by jose: signature, issuer, audience, times (RFC 7519, RFC 7517). The library is loaded when a token
 * first comes. Keys of a file are read anew when they are old or when a token names one that isn't there; those of an
 * address likewise, by the library.
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
      keys ??= keySource(jose, rules, rules.jwksUrl);
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

function keySource(jose: Jose, rules: TokenRules, url: string): JWTVerifyGetKey {
  if (url.startsWith('file:')) return fileKeys(jose, rules, fileURLToPath(url));
  return jose.createRemoteJWKSet(new URL(url), {
    cacheMaxAge: rules.refreshMs,
    cooldownDuration: rules.retryMs,
    timeoutDuration: FETCH_MS_MAX,
  });
}

function fileKeys(jose: Jose, { refreshMs, retryMs }: TokenRules, path: string): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | null = null;
  let readAtMs = 0;
  const read = async (): Promise<JWTVerifyGetKey> => {
    const set = JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet;
    readAtMs = performance.now();
    keys = jose.createLocalJWKSet(set);
    return keys;
  };
  return async (header, token) => {
    const age = performance.now() - readAtMs;
    const current = keys === null || age >= refreshMs ? await read() : keys;
    try {
      return await current(header, token);
    } catch (error) {
      if (!(error instanceof jose.errors.JWKSNoMatchingKey) || age < retryMs) throw error;
      return await (await read())(header, token);
    }
  };
}

/**
 * PLAIN (RFC 4616), the server's side: the client sends its name and its password, `[AUTHZID] NUL NAME NUL PASSWORD`, so that
 * it should be spoken over TLS only.
 */
import type { Crypto } from '../platform/ports.ts';
import type { PasswordChecker } from './password.ts';
import { failed, isUtf8, NO_TOKEN, type SaslExchange, type SaslStep } from './sasl.ts';

const FIELD_CHARACTERS_MAX = 1024;

export interface PlainOptions {
  /** Passwords by user, from the settings. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Further users. */
  readonly checker: PasswordChecker;
  readonly crypto: Crypto;
}

export function plainExchange({ passwords, checker, crypto }: PlainOptions): SaslExchange {
  return {
    step(token, next) {
      const credentials = readToken(token);
      if (typeof credentials === 'string') return next(failed(null, credentials));
      const { name, password } = credentials;
      const expected = passwords.get(name);
      if (expected !== undefined && isSame(crypto, expected, password)) return next(granted(name));
      checker.check(name, password, (result) => {
        if (result === 'busy')
          next(failed(name, 'too many clients are waiting for their passwords to be checked'));
        else next(result.user === null ? failed(name, 'wrong user or password') : granted(result.user));
      });
    },
  };
}

function granted(user: string): SaslStep {
  return { kind: 'granted', user, token: NO_TOKEN, expiresAtMs: null };
}

/** Hashes have one length, so that the time says nothing of the password's. */
function isSame(crypto: Crypto, expected: string, given: string): boolean {
  return crypto.equal(
    crypto.hash('sha256', Buffer.from(expected)),
    crypto.hash('sha256', Buffer.from(given)),
  );
}

function readToken(token: Buffer): { readonly name: string; readonly password: string } | string {
  if (!isUtf8(token)) return 'the message is not UTF-8';
  const fields = token.toString('utf8').split('\0');
  const [authorized, name, password] = fields;
  if (fields.length !== 3)
    return 'the message of PLAIN must have a name and a password, each behind a zero byte';
  if (name === '' || password === '') return 'the name or the password is empty';
  if (fields.some((field) => field.length > FIELD_CHARACTERS_MAX))
    return 'the name or the password is too long';
  if (authorized !== '' && authorized !== name) return 'it wants to act as another user, which is not served';
  return { name: name!, password: password! };
}

/** Cryptography from node:crypto; SASLprep from its library, whose tables are read when a text first needs them. */
import * as crypto from 'node:crypto';
import { createRequire } from 'node:module';
import type { Crypto, HashName } from '../ports.ts';

const KEY_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha512: 64 };
/** Prepared, these are what they were, and nothing in them is prohibited. */
const PLAIN_TEXT = /^[\x20-\x7e]*$/;

/** Node has it from 20.12 on: for a short message it takes a third of the time. */
const hashAtOnce = crypto.hash as typeof crypto.hash | undefined;

const require = createRequire(import.meta.url);

export const nodeCrypto: Crypto = {
  hash: (name, data) => hashAtOnce?.(name, data, 'buffer') ?? crypto.createHash(name).update(data).digest(),
  hmac: (name, key, data) => crypto.createHmac(name, key).update(data).digest(),
  stretch({ hash, password, salt, iterations }, done) {
    crypto.pbkdf2(password, salt, iterations, KEY_BYTES[hash], hash, (error, key) => {
      // It fails for arguments that it doesn't know, which is a bug of ours.
      if (error !== null) throw error;
      done(key);
    });
  },
  equal(a, b) {
    return a.length === b.length && crypto.timingSafeEqual(a, b);
  },
  saslPrepare(text) {
    if (PLAIN_TEXT.test(text)) return text;
    const { saslprep } = require('@mongodb-js/saslprep') as typeof import('@mongodb-js/saslprep');
    try {
      return saslprep(text, { allowUnassigned: true });
    } catch {
      return null;
    }
  },
};

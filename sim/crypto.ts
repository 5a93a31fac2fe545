/** Cryptography of a simulated world: the real one, without the threads that would end in no order. */
import { pbkdf2Sync } from 'node:crypto';
import { nodeCrypto } from '../src/platform/node/crypto.ts';
import type { Crypto } from '../src/platform/ports.ts';

export const simCrypto: Crypto = {
  ...nodeCrypto,
  stretch({ hash, password, salt, iterations }, done) {
    done(pbkdf2Sync(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash));
  },
};

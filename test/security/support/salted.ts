/** A change of AlterUserScramCredentials that gives a user a password, as an administrator's client makes it. */
import { pbkdf2Sync } from 'node:crypto';
import type { ScramMechanism } from '../../../src/metadata/commands.ts';

export function salted(name: string, mechanism: ScramMechanism, password: string, iterations = 4096) {
  const [number, hash, bytes] =
    mechanism === 'SCRAM-SHA-256' ? ([1, 'sha256', 32] as const) : ([2, 'sha512', 64] as const);
  const salt = Buffer.from(`salt of ${name}`);
  const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, hash);
  return { name, mechanism: number, iterations, salt, saltedPassword };
}

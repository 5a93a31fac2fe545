/** The client's side of SCRAM, written from RFC 5802 alone, and users for the server's side. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { ScramCredential, ScramMechanism } from '../../../src/metadata/commands.ts';
import { nodeCrypto } from '../../../src/platform/node/crypto.ts';
import { type ScramUsers, scramCredential } from '../../../src/security/scram.ts';

export interface ScramClient {
  readonly first: string;
  /** The last message, after the server's first. */
  answer(serverFirst: string): string;
  /** What the server must send in the end. */
  readonly expected: () => string;
}

const escapeName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

export function scramClient(
  mechanism: ScramMechanism,
  user: string,
  password: string,
  {
    nonce = 'rOprNGfwEbeRWgbNEkqO',
    header = 'n,,',
    nonceTwice = false,
  }: { nonce?: string; header?: string; nonceTwice?: boolean } = {},
): ScramClient {
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  const bare = `n=${escapeName(user)},r=${nonce}`;
  let signature = '';
  return {
    first: header + bare,
    answer(serverFirst) {
      const [, r, s, i] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst)!;
      const bytes = hash === 'sha256' ? 32 : 64;
      const salted = pbkdf2Sync(password, Buffer.from(s!, 'base64'), Number(i), bytes, hash);
      const clientKey = hmac(salted, 'Client Key');
      const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${nonceTwice ? nonce : ''}${r}`;
      const conversation = `${bare},${serverFirst},${withoutProof}`;
      const mask = hmac(createHash(hash).update(clientKey).digest(), conversation);
      const proof = Buffer.from(clientKey.map((byte, at) => byte ^ mask[at]!));
      signature = `v=${hmac(hmac(salted, 'Server Key'), conversation).toString('base64')}`;
      return `${withoutProof},p=${proof.toString('base64')}`;
    },
    expected: () => signature,
  };
}

export function credentialOf(
  mechanism: ScramMechanism,
  password: string,
  { salt = Buffer.from('some salt'), iterations = 4096 } = {},
): ScramCredential {
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const salted = pbkdf2Sync(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash);
  return scramCredential(nodeCrypto, mechanism, { password: salted, salt, iterations });
}

export function usersOf(
  entries: readonly (readonly [string, ScramMechanism, ScramCredential])[],
): ScramUsers {
  return {
    credential: (user, mechanism) => entries.find(([u, m]) => u === user && m === mechanism)?.[2],
    usualIterations: (mechanism) => entries.find(([, m]) => m === mechanism)?.[2].iterations,
    decoySecret: Buffer.alloc(32, 9),
  };
}

/** The stored form of SCRAM credentials: what stands in key and value is told at the top of records.ts. */
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import type { ScramCredential, ScramMechanism } from './users.ts';

export interface ScramRecord {
  readonly kind: 'scram';
  readonly user: string;
  readonly mechanism: ScramMechanism;
  /** Null: removed. */
  readonly credential: ScramCredential | null;
}

/** What made-up salts of unknown users are derived from. */
export interface SecretRecord {
  readonly kind: 'secret';
  readonly secret: Buffer;
}

export const KEY_SCRAM = 5;
export const KEY_SECRET = 8;
/** By their numbers in keys, which are Kafka's (KIP-554). */
const MECHANISMS: readonly (ScramMechanism | null)[] = [null, 'SCRAM-SHA-256', 'SCRAM-SHA-512'];

export function scramKey({ user, mechanism }: ScramRecord): Buffer {
  return Buffer.concat([Buffer.of(KEY_SCRAM, MECHANISMS.indexOf(mechanism)), Buffer.from(user)]);
}

export function writeCredential(writer: ByteWriter, credential: ScramCredential): void {
  writer.unsignedVarint(credential.iterations);
  writer.compactBytes(credential.salt);
  writer.compactBytes(credential.storedKey);
  writer.compactBytes(credential.serverKey);
}

export function decodeScram(key: ByteReader, value: ByteReader | null): ScramRecord {
  const number = key.int8();
  const mechanism = MECHANISMS[number] ?? null;
  if (mechanism === null) throw new Error(`SCRAM mechanism ${number} is unknown to this version`);
  const user = key.slice(key.remaining).toString();
  return { kind: 'scram', user, mechanism, credential: value === null ? null : readCredential(value) };
}

/** With bytes of its own: a credential stays when the buffer that it was read from is gone. */
function readCredential(reader: ByteReader): ScramCredential {
  return {
    iterations: reader.unsignedVarint(),
    salt: Buffer.from(reader.compactBytes()),
    storedKey: Buffer.from(reader.compactBytes()),
    serverKey: Buffer.from(reader.compactBytes()),
  };
}

export function decodeSecret(value: ByteReader | null): SecretRecord {
  if (value === null) throw new Error('the secret is removed, which no version does');
  return { kind: 'secret', secret: Buffer.from(value.compactBytes()) };
}

/**
 * Users with SCRAM credentials (RFC 5802, KIP-554): what is kept of a password, and the decisions of the metadata machine
 * about them. A password or what is salted from it is never kept: only keys that can check one.
 */
import { BrokerError } from '../base/errors.ts';
import type { AlterUsers } from './commands.ts';
import type { MetadataRecord } from './records.ts';
import type { MetadataState } from './state.ts';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export interface ScramCredential {
  /** 4096 to 16384, as in Kafka. */
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** A user's credentials; at least one. */
export type UserCredentials = ReadonlyMap<ScramMechanism, ScramCredential>;

export const SCRAM_ITERATIONS_MIN = 4096;
export const SCRAM_ITERATIONS_MAX = 16_384;
/** Bytes of a key, which are those of the hash. */
export const SCRAM_KEY_BYTES: Readonly<Record<ScramMechanism, number>> = {
  'SCRAM-SHA-256': 32,
  'SCRAM-SHA-512': 64,
};

const SALT_BYTES_MAX = 256;
const NAME_CHARACTERS_MAX = 1024;
/** Some 400 bytes of memory each. */
const USERS_MAX = 100_000;

/** Bytes of the secret that made-up salts of unknown users come from. */
export const DECOY_SECRET_BYTES = 32;

interface AlterUsersDecision {
  readonly records: readonly MetadataRecord[];
  readonly answer: readonly { readonly user: string; readonly error: BrokerError | null }[];
}

/** Each user of the command is answered once. Kafka allows one change of a user in a request. */
export function alterUsers(state: MetadataState, command: AlterUsers): AlterUsersDecision {
  const errors = new Map<string, BrokerError | null>();
  const records = new Map<string, MetadataRecord>();
  let room = USERS_MAX - state.users.size;
  const change = (user: string, decided: () => MetadataRecord | BrokerError): void => {
    if (errors.has(user)) {
      errors.set(user, twice(user));
      records.delete(user);
      return;
    }
    const record = decided();
    errors.set(user, record instanceof BrokerError ? record : null);
    if (!(record instanceof BrokerError)) records.set(user, record);
  };
  for (const { user, mechanism } of command.deletions) {
    change(user, () => {
      if (mechanism === null) return unknownMechanism();
      const wrong = checkUser(user);
      if (wrong !== null) return wrong;
      if (state.users.get(user)?.has(mechanism)) return { kind: 'scram', user, mechanism, credential: null };
      return new BrokerError(
        'resource-not-found',
        `User "${user}" has no ${mechanism} credential: there is nothing to delete.`,
      );
    });
  }
  for (const { user, mechanism, credential } of command.upsertions) {
    change(user, () => {
      if (mechanism === null) return unknownMechanism();
      const wrong = checkUser(user) ?? checkCredential(mechanism, credential);
      if (wrong !== null) return wrong;
      if (!state.users.has(user) && room-- <= 0) return tooManyUsers();
      return { kind: 'scram', user, mechanism, credential };
    });
  }
  return {
    records: [...records.values()],
    answer: Array.from(errors, ([user, error]) => ({ user, error })),
  };
}

function checkUser(user: string): BrokerError | null {
  if (user === '') return unacceptable('The name of a user must not be empty.');
  if (user.length <= NAME_CHARACTERS_MAX) return null;
  return unacceptable(`The name of a user has at most ${NAME_CHARACTERS_MAX} characters.`);
}

function checkCredential(mechanism: ScramMechanism, credential: ScramCredential): BrokerError | null {
  const { iterations, salt, storedKey, serverKey } = credential;
  if (iterations < SCRAM_ITERATIONS_MIN || iterations > SCRAM_ITERATIONS_MAX) {
    return unacceptable(
      `${iterations} iterations: ${mechanism} takes ${SCRAM_ITERATIONS_MIN} to ${SCRAM_ITERATIONS_MAX}.`,
    );
  }
  if (salt.length === 0 || salt.length > SALT_BYTES_MAX) {
    return unacceptable(`A salt has 1 to ${SALT_BYTES_MAX} bytes, not ${salt.length}.`);
  }
  const keyBytes = SCRAM_KEY_BYTES[mechanism];
  if (storedKey.length === keyBytes && serverKey.length === keyBytes) return null;
  return unacceptable(`Keys of ${mechanism} have ${keyBytes} bytes.`);
}

function unacceptable(message: string): BrokerError {
  return new BrokerError('unacceptable-credential', message);
}

function twice(user: string): BrokerError {
  return new BrokerError(
    'duplicate-resource',
    `The request changes user "${user}" twice: change a user once in a request.`,
  );
}

function unknownMechanism(): BrokerError {
  return new BrokerError(
    'unsupported-sasl-mechanism',
    'There are SCRAM-SHA-256 (1) and SCRAM-SHA-512 (2), and no other mechanism.',
  );
}

function tooManyUsers(): BrokerError {
  return new BrokerError('policy-violation', `There are ${USERS_MAX} users: delete some first.`);
}

/** The users after a change; the map is the state's own. */
export function putCredential(
  users: Map<string, UserCredentials>,
  change: {
    readonly user: string;
    readonly mechanism: ScramMechanism;
    readonly credential: ScramCredential | null;
  },
): void {
  const { user, mechanism, credential } = change;
  const credentials = new Map(users.get(user));
  if (credential === null) credentials.delete(mechanism);
  else credentials.set(mechanism, credential);
  if (credentials.size === 0) users.delete(user);
  else users.set(user, credentials);
}

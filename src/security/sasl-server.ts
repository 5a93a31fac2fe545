/** The SASL mechanisms of one listener, for any protocol. */
import type { SaslMechanism } from '../metadata/security-table.ts';
import type { Crypto, Random, TokenVerifier } from '../platform/ports.ts';
import { oauthBearerExchange } from './oauthbearer.ts';
import type { PasswordChecker } from './password.ts';
import { plainExchange } from './plain.ts';
import type { SaslExchange } from './sasl.ts';
import { type ScramUsers, scramExchange } from './scram.ts';

const NONCE_BYTES = 18;

export interface SaslServerOptions {
  readonly mechanisms: readonly SaslMechanism[];
  /** Passwords by user, for PLAIN alone. */
  readonly plainUsers: ReadonlyMap<string, string>;
  /** Users with SCRAM credentials. */
  readonly users: ScramUsers;
  /** Shared by all listeners. */
  readonly checker: PasswordChecker;
  /** Null where OAUTHBEARER isn't enabled. */
  readonly verifier: TokenVerifier | null;
  readonly crypto: Crypto;
  readonly random: Random;
}

export class SaslServer {
  readonly #options: SaslServerOptions;

  constructor(options: SaslServerOptions) {
    this.#options = options;
  }

  get mechanisms(): readonly SaslMechanism[] {
    return this.#options.mechanisms;
  }

  /** Null where the mechanism isn't enabled. */
  find(name: string): SaslMechanism | null {
    return this.#options.mechanisms.find((mechanism) => mechanism === name) ?? null;
  }

  begin(mechanism: SaslMechanism): SaslExchange {
    const { users, checker, plainUsers, verifier, crypto, random } = this.#options;
    switch (mechanism) {
      case 'PLAIN':
        return plainExchange({ passwords: plainUsers, checker, crypto });
      case 'OAUTHBEARER':
        return oauthBearerExchange(verifier!);
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-512': {
        const nonce = (): string => random.bytes(NONCE_BYTES).toString('base64');
        return scramExchange({ mechanism, users, crypto, nonce });
      }
    }
  }
}

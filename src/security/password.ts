/**
 * Checks passwords against SCRAM credentials, for mechanisms in which a client sends its password.
 *
 * One is worked on at a time, and so many may wait: the threads that it takes also flush the log.
 */
import type { ScramCredential, ScramMechanism } from '../metadata/commands.ts';
import type { Crypto } from '../platform/ports.ts';
import { decoyCredential, findCredential, type ScramUsers, scramCredential, scramHash } from './scram.ts';

const WAITING_MAX = 1000;
/** In which order a user's credentials are tried: the stronger first. */
const MECHANISMS: readonly ScramMechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256'];

/** `user`: the name that it is kept under; null: wrong user or password. */
type OnChecked = (result: { readonly user: string | null } | 'busy') => void;

interface Task {
  readonly name: string;
  readonly password: string;
  readonly done: OnChecked;
}

export class PasswordChecker {
  readonly #users: ScramUsers;
  readonly #crypto: Crypto;
  readonly #waiting: Task[] = [];
  #working = false;

  constructor(options: { readonly users: ScramUsers; readonly crypto: Crypto }) {
    this.#users = options.users;
    this.#crypto = options.crypto;
  }

  /** An unknown user takes as long as a wrong password. `busy`: too many wait. */
  check(name: string, password: string, done: OnChecked): void {
    if (this.#waiting.length >= WAITING_MAX) return done('busy');
    this.#waiting.push({ name, password, done });
    if (!this.#working) this.#next();
  }

  #next(): void {
    const task = this.#waiting.shift();
    this.#working = task !== undefined;
    if (task === undefined) return;
    const { name, password } = task;
    const ports = { users: this.#users, crypto: this.#crypto };
    const mechanism = MECHANISMS.find((one) => findCredential(ports, one, name) !== undefined);
    const known = mechanism === undefined ? undefined : findCredential(ports, mechanism, name);
    const decoyOf =
      MECHANISMS.find((one) => this.#users.usualIterations(one) !== undefined) ?? 'SCRAM-SHA-256';
    const credential = known?.credential ?? decoyCredential(ports, decoyOf, name);
    // Kafka's clients salt a password as it is, others as SASLprep makes it.
    const prepared = this.#crypto.saslPrepare(password);
    const forms = prepared === null || prepared === password ? [password] : [password, prepared];
    this.#try(mechanism ?? decoyOf, credential, forms, (right) => {
      task.done({ user: right && known !== undefined ? known.user : null });
      this.#next();
    });
  }

  #try(
    mechanism: ScramMechanism,
    credential: ScramCredential,
    forms: readonly string[],
    done: (right: boolean) => void,
  ): void {
    const { salt, iterations, storedKey } = credential;
    const stretched = { hash: scramHash(mechanism), password: Buffer.from(forms[0]!), salt, iterations };
    this.#crypto.stretch(stretched, (password) => {
      const made = scramCredential(this.#crypto, mechanism, { password, salt, iterations });
      if (this.#crypto.equal(made.storedKey, storedKey)) return done(true);
      const others = forms.slice(1);
      if (others.length === 0) return done(false);
      this.#try(mechanism, credential, others, done);
    });
  }
}

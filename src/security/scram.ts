/**
 * SCRAM-SHA-256 and SCRAM-SHA-512, the server's side (RFC 5802, RFC 7677): the client proves that it knows the password, and
 * is proved that the server knows the user; neither sends it.
 *
 *   client  n,,n=USER,r=NONCE                     n: no channel binding; authorisation id empty or the user's name
 *   server  r=NONCE+MORE,s=SALT,i=ITERATIONS
 *   client  c=biws,r=NONCE+MORE,p=PROOF           c: the beginning of the first message in base64
 *   server  v=SIGNATURE
 *
 * An unknown user is answered like a known one, with a salt that is the same each time, and fails only at the proof: what
 * users there are can't be asked here. Names are looked up as they are, and then as SASLprep makes them (Kafka's clients
 * send names and passwords as they are).
 */
import type { ScramCredential, ScramMechanism } from '../metadata/commands.ts';
import type { Crypto, HashName } from '../platform/ports.ts';
import { failed, isUtf8, type SaslExchange, type SaslStep } from './sasl.ts';

const HASHES: Readonly<Record<ScramMechanism, HashName>> = {
  'SCRAM-SHA-256': 'sha256',
  'SCRAM-SHA-512': 'sha512',
};
const DECOY_SALT_BYTES = 20;
const NONCE_CHARACTERS_MAX = 1024;
/** Iterations of an unknown user where no user tells better. */
const DECOY_ITERATIONS = 4096;
const CLIENT_KEY = Buffer.from('Client Key');
const SERVER_KEY = Buffer.from('Server Key');

export function scramHash(mechanism: ScramMechanism): HashName {
  return HASHES[mechanism];
}

/** What is kept of a salted password (PBKDF2 of the password): keys that check it, and can't be used in its place. */
export function scramCredential(
  crypto: Pick<Crypto, 'hash' | 'hmac'>,
  mechanism: ScramMechanism,
  salted: { readonly password: Uint8Array; readonly salt: Buffer; readonly iterations: number },
): ScramCredential {
  const hash = HASHES[mechanism];
  return {
    iterations: salted.iterations,
    salt: salted.salt,
    storedKey: crypto.hash(hash, crypto.hmac(hash, salted.password, CLIENT_KEY)),
    serverKey: crypto.hmac(hash, salted.password, SERVER_KEY),
  };
}

/** Where credentials are looked up. */
export interface ScramUsers {
  credential(user: string, mechanism: ScramMechanism): ScramCredential | undefined;
  /** The iterations that users of a mechanism have, of any of them; undefined where there is none. */
  usualIterations(mechanism: ScramMechanism): number | undefined;
  /** Secret and the same after each restart. */
  readonly decoySecret: Buffer;
}

export interface ScramOptions {
  readonly mechanism: ScramMechanism;
  readonly users: ScramUsers;
  readonly crypto: Crypto;
  /** The server's part of the nonce: new and unpredictable each time, without commas. */
  readonly nonce: () => string;
}

/** A credential that no password opens, for a user who doesn't exist: always the same for the same name. */
export function decoyCredential(
  { users, crypto }: Pick<ScramOptions, 'users' | 'crypto'>,
  mechanism: ScramMechanism,
  user: string,
): ScramCredential {
  const derive = (what: string): Buffer =>
    crypto.hmac(HASHES[mechanism], users.decoySecret, Buffer.from(`${what} ${mechanism} ${user}`));
  return {
    iterations: users.usualIterations(mechanism) ?? DECOY_ITERATIONS,
    salt: derive('salt').subarray(0, DECOY_SALT_BYTES),
    storedKey: derive('stored key'),
    serverKey: derive('server key'),
  };
}

/** The user's credential under the name as it is or as SASLprep makes it; undefined where there is none. */
export function findCredential(
  { users, crypto }: Pick<ScramOptions, 'users' | 'crypto'>,
  mechanism: ScramMechanism,
  name: string,
): { readonly user: string; readonly credential: ScramCredential } | undefined {
  const exact = users.credential(name, mechanism);
  if (exact !== undefined) return { user: name, credential: exact };
  const prepared = crypto.saslPrepare(name);
  if (prepared === null || prepared === name) return undefined;
  const credential = users.credential(prepared, mechanism);
  return credential === undefined ? undefined : { user: prepared, credential };
}

/** What the client's first message says, or a sentence. */
interface FirstMessage {
  /** The part before the user: what the second message repeats. */
  readonly header: string;
  /** The rest. */
  readonly bare: string;
  readonly user: string;
  readonly nonce: string;
}

/** gs2-header, optional reserved extension, name, nonce, extensions (RFC 5802 section 7). */
const FIRST_MESSAGE =
  /^((n|y|p=[A-Za-z0-9.-]+),(?:a=([^,\0]+))?,)((m=[^,\0]*,)?n=([^,\0]+),r=([!-+\--~]+)(?:,(.+))?)$/s;
const FINAL_MESSAGE =
  /^(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)(?:,[A-Za-z]=[^,\0]*)*),p=([A-Za-z0-9+/]+={0,2})$/s;

function readFirst(text: string): FirstMessage | string {
  const match = FIRST_MESSAGE.exec(text);
  if (match === null) return "the first message of SCRAM can't be read";
  const [, header, binding, authorized, bare, mandatory, name, nonce, extensions] = match;
  if (binding!.startsWith('p')) return 'it asks for channel binding, which is not served';
  if (mandatory !== undefined) return 'it asks for an extension of SCRAM that is not known';
  if (nonce!.length > NONCE_CHARACTERS_MAX) return 'its nonce is too long';
  if (/(^|,)tokenauth=true(,|$)/.test(extensions ?? ''))
    return 'it shows a delegation token, which is not served';
  const user = readName(name!);
  if (user === null) return "the name of the user can't be read";
  if (authorized !== undefined && readName(authorized) !== user) {
    return 'it wants to act as another user, which is not served';
  }
  return { header: header!, bare: bare!, user, nonce: nonce! };
}

/** `=2C` is a comma and `=3D` an equals sign; no other `=` may stand in a name. Null where one does. */
function readName(text: string): string | null {
  if (/=(?!2C|3D)/.test(text)) return null;
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

export function scramExchange(options: ScramOptions): SaslExchange {
  return new ScramExchange(options);
}

class ScramExchange implements SaslExchange {
  readonly #options: ScramOptions;
  #first: FirstMessage | null = null;
  #user = '';
  #serverFirst = '';
  #nonce = '';
  #credential: ScramCredential | null = null;
  #isDecoy = false;

  constructor(options: ScramOptions) {
    this.#options = options;
  }

  step(token: Buffer, next: (step: SaslStep) => void): void {
    if (!isUtf8(token)) return next(failed(this.#first?.user ?? null, 'the message is not UTF-8'));
    const text = token.toString('utf8');
    next(this.#first === null ? this.#begin(text) : this.#finish(this.#first, text));
  }

  #begin(text: string): SaslStep {
    const first = readFirst(text);
    if (typeof first === 'string') return failed(null, first);
    const { mechanism, nonce } = this.#options;
    this.#first = first;
    const found = findCredential(this.#options, mechanism, first.user);
    this.#isDecoy = found === undefined;
    this.#user = found?.user ?? first.user;
    this.#credential = found?.credential ?? decoyCredential(this.#options, mechanism, first.user);
    this.#nonce = first.nonce + nonce();
    const { salt, iterations } = this.#credential;
    this.#serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`;
    return { kind: 'challenge', token: Buffer.from(this.#serverFirst) };
  }

  #finish(first: FirstMessage, text: string): SaslStep {
    const match = FINAL_MESSAGE.exec(text);
    if (match === null) return failed(first.user, "the last message of SCRAM can't be read");
    const [, withoutProof, header, nonce, proof] = match;
    if (header !== Buffer.from(first.header).toString('base64')) {
      return failed(first.user, 'channel binding: the last message contradicts the first');
    }
    // Versions of librdkafka before 2.6.1 write their own part twice. It is as good: the server's part is in it.
    if (nonce !== this.#nonce && nonce !== first.nonce + this.#nonce)
      return failed(first.user, 'the last message has another nonce');
    const { mechanism, crypto } = this.#options;
    const hash = HASHES[mechanism];
    const { storedKey, serverKey } = this.#credential!;
    const conversation = Buffer.from(`${first.bare},${this.#serverFirst},${withoutProof}`);
    const signature = crypto.hmac(hash, storedKey, conversation);
    const clientKey = xor(Buffer.from(proof!, 'base64'), signature);
    const isRight = clientKey !== null && crypto.equal(crypto.hash(hash, clientKey), storedKey);
    if (this.#isDecoy) return failed(first.user, `there is no such user with ${mechanism}`);
    if (!isRight) return failed(first.user, 'wrong password');
    const verifier = crypto.hmac(hash, serverKey, conversation).toString('base64');
    return { kind: 'granted', user: this.#user, token: Buffer.from(`v=${verifier}`), expiresAtMs: null };
  }
}

/** Null where the lengths differ. */
function xor(a: Buffer, b: Buffer): Buffer | null {
  if (a.length !== b.length) return null;
  const result = Buffer.alloc(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i]! ^ b[i]!;
  return result;
}

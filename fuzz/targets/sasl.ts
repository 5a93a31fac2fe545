/**
 * SASL: any tokens of any mechanism. Each is answered once, and nobody is let in who has not shown a secret.
 *
 * Input: one byte mechanism, then tokens, each behind one byte that is its length divided by four, rounded up; the last
 * one is as long as what is left.
 */
import { simCrypto } from '../../sim/crypto.ts';
import { PasswordChecker } from '../../src/security/password.ts';
import type { SaslStep } from '../../src/security/sasl.ts';
import { SaslServer } from '../../src/security/sasl-server.ts';
import { type ScramUsers, scramCredential } from '../../src/security/scram.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget } from '../target.ts';

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
const PASSWORD = 'correct horse';
const TOKEN = 'header.payload.signature';
const NONCE = 'AAAAAAAAAAAAAAAAAAAAAAAA';
const LENGTH_UNIT = 4;

/** Tokens as clients send them, with names and secrets that are right, and a proof that is not. */
const FIRST: Readonly<Record<(typeof MECHANISMS)[number], readonly string[]>> = {
  PLAIN: [`\0alice\0${PASSWORD}`, '\0alice\0wrong', `alice\0alice\0${PASSWORD}`, '\0carol\0settings'],
  'SCRAM-SHA-256': ['n,,n=alice,r=client', 'y,a=alice,n=alice,r=client', 'n,,n=no=2Cbody,r=client,x=y'],
  'SCRAM-SHA-512': ['n,,n=alice,r=client', 'p=tls-unique,,n=alice,r=client', 'n,,m=x,n=alice,r=c'],
  OAUTHBEARER: [
    `n,,\x01auth=Bearer ${TOKEN}\x01\x01`,
    `n,a=alice,\x01auth=Bearer ${TOKEN}\x01host=h\x01\x01`,
  ],
};
const LAST = [`c=biws,r=client${NONCE},p=${Buffer.alloc(32, 7).toString('base64')}`, '\x01', ''];

function usersOf(): ScramUsers {
  const salt = Buffer.from('salt');
  const made = (mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512') => {
    const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
    let salted: Buffer = Buffer.alloc(0);
    simCrypto.stretch(
      { hash, password: Buffer.from(PASSWORD), salt, iterations: 1 },
      (key) => (salted = key),
    );
    return scramCredential(simCrypto, mechanism, { password: salted, salt, iterations: 1 });
  };
  const credentials = { 'SCRAM-SHA-256': made('SCRAM-SHA-256'), 'SCRAM-SHA-512': made('SCRAM-SHA-512') };
  return {
    credential: (user, mechanism) => (user === 'alice' ? credentials[mechanism] : undefined),
    usualIterations: () => 1,
    decoySecret: Buffer.alloc(32, 9),
  };
}

export function saslTarget(): FuzzTarget {
  const users = usersOf();
  const server = new SaslServer({
    mechanisms: MECHANISMS,
    plainUsers: new Map([['carol', 'settings']]),
    users,
    checker: new PasswordChecker({ users, crypto: simCrypto }),
    verifier: {
      verify: (token, done) =>
        done(
          token === TOKEN
            ? { kind: 'valid', subject: 'alice', expiresAtMs: 1 }
            : { kind: 'invalid', reason: 'another token' },
        ),
    },
    crypto: simCrypto,
    random: { bytes: (length) => Buffer.alloc(length) },
  });
  return {
    name: 'sasl',
    generate(prng) {
      const number = prng.int(MECHANISMS.length);
      const texts = [prng.pick(FIRST[MECHANISMS[number]!]), prng.pick(LAST), prng.pick(LAST)];
      const tokens = texts.slice(0, 1 + prng.int(3)).map((text) => {
        const bytes = Buffer.from(text);
        const token = prng.chance(0.3) ? bytes : mutate(bytes, prng, 4);
        return Buffer.concat([Buffer.of(Math.min(255, Math.ceil(token.length / LENGTH_UNIT))), token]);
      });
      return Buffer.concat([Buffer.of(number), ...tokens]);
    },
    execute(input) {
      const mechanism = MECHANISMS[(input[0] ?? 0) % MECHANISMS.length]!;
      const exchange = server.begin(mechanism);
      for (let at = 1; at < input.length; ) {
        const end = Math.min(input.length, at + 1 + input[at]! * LENGTH_UNIT);
        const token = input.subarray(at + 1, end);
        at = end;
        const steps: SaslStep[] = [];
        exchange.step(token, (step) => steps.push(step));
        expect(steps.length === 1, `a token was answered ${steps.length} times`);
        const [step] = steps;
        if (step!.kind === 'granted') return checkGrant(mechanism, step!.user, token);
        if (step!.kind === 'failed') return;
      }
    },
  };
}

function checkGrant(mechanism: string, user: string, token: Buffer): void {
  const secrets: Readonly<Record<string, string>> = { alice: PASSWORD, carol: 'settings' };
  if (mechanism === 'PLAIN')
    expect(token.includes(secrets[user] ?? '\xff'), `${user} came in by PLAIN without a password`);
  else if (mechanism === 'OAUTHBEARER') expect(token.includes(TOKEN), 'came in without the token');
  else expect(false, `${user} came in by ${mechanism} without a proof`);
}

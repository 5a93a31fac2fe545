import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScramMechanism } from '../../src/metadata/commands.ts';
import { nodeCrypto } from '../../src/platform/node/crypto.ts';
import type { SaslStep } from '../../src/security/sasl.ts';
import { type ScramUsers, scramExchange } from '../../src/security/scram.ts';
import { credentialOf, scramClient, usersOf } from './support/scram-client.ts';

const SHA_256 = 'SCRAM-SHA-256';
const SHA_512 = 'SCRAM-SHA-512';

function open(users: ScramUsers, mechanism: ScramMechanism = SHA_256, nonce = 'server') {
  const exchange = scramExchange({ mechanism, users, crypto: nodeCrypto, nonce: () => nonce });
  return (text: string | Buffer): SaslStep => {
    const steps: SaslStep[] = [];
    exchange.step(Buffer.from(text), (step) => steps.push(step));
    expect(steps).toHaveLength(1);
    return steps[0]!;
  };
}
const say = (step: SaslStep): string =>
  step.kind === 'failed' ? `failed: ${step.reason}` : step.token.toString();

const users = usersOf([
  ['alice', SHA_256, credentialOf(SHA_256, 'secret')],
  ['alice', SHA_512, credentialOf(SHA_512, 'other', { iterations: 8192 })],
  ['a,b=c', SHA_256, credentialOf(SHA_256, 'secret')],
  ['ﬁx', SHA_256, credentialOf(SHA_256, 'raw')],
  ['IX', SHA_256, credentialOf(SHA_256, 'prepared')],
]);

describe('SCRAM', () => {
  it('has the conversation of RFC 7677', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    const known = usersOf([['user', SHA_256, credentialOf(SHA_256, 'pencil', { salt })]]);
    const step = open(known, SHA_256, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0');
    expect(say(step('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))).toBe(
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    );
    const last = step(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
        'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    expect(last).toMatchObject({ kind: 'granted', user: 'user', expiresAtMs: null });
    expect(say(last)).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  it.each([
    ['alice', SHA_256, 'secret', 'n,,'],
    ['alice', SHA_512, 'other', 'y,,'],
    ['alice', SHA_256, 'secret', 'n,a=alice,'],
    ['a,b=c', SHA_256, 'secret', 'n,a=a=2Cb=3Dc,'],
    ['ﬁx', SHA_256, 'raw', 'n,,'],
  ] as const)('lets %s in with %s', (user, mechanism, password, header) => {
    const step = open(users, mechanism);
    const client = scramClient(mechanism, user, password, { header });
    const last = step(client.answer(say(step(client.first))));
    expect(last).toMatchObject({ kind: 'granted', user });
    expect(say(last)).toBe(client.expected());
  });

  it('finds a user by the name that SASLprep makes, and calls it by that', () => {
    const step = open(users);
    const client = scramClient(SHA_256, 'Ⅸ', 'prepared');
    expect(step(client.answer(say(step(client.first))))).toMatchObject({ kind: 'granted', user: 'IX' });
  });

  it('takes a nonce in which the client has written its own part twice, as librdkafka did', () => {
    const step = open(users);
    const client = scramClient(SHA_256, 'alice', 'secret', { nonceTwice: true });
    expect(step(client.answer(say(step(client.first))))).toMatchObject({ kind: 'granted', user: 'alice' });
  });

  it('answers an unknown user as it answers one with a wrong password', () => {
    const known = open(users);
    const unknown = open(users);
    const right = scramClient(SHA_256, 'alice', 'wrong');
    const nobody = scramClient(SHA_256, 'nobody', 'wrong');
    const first = say(known(right.first));
    const made = say(unknown(nobody.first));
    expect(made).toMatch(/^r=rOprNGfwEbeRWgbNEkqOserver,s=[A-Za-z0-9+/]{27}=,i=4096$/);
    expect(say(open(users)(nobody.first))).toBe(made);
    expect(say(open(users)(scramClient(SHA_256, 'nobodz', '').first))).not.toBe(made);
    expect(known(right.answer(first))).toEqual({ kind: 'failed', user: 'alice', reason: 'wrong password' });
    expect(unknown(nobody.answer(made))).toMatchObject({ kind: 'failed', user: 'nobody' });
    // A decoy has the iterations that users have.
    expect(say(open(users, SHA_512)(scramClient(SHA_512, 'nobody', '').first))).toMatch(/,i=8192$/);
  });

  it.each([
    ['p=tls-unique,,n=alice,r=x', /channel binding/],
    ['n,a=bob,n=alice,r=x', /another user/],
    ['n,,m=ext,n=alice,r=x', /extension/],
    ['n,,n=al=ice,r=x', /name of the user/],
    ['n,,n=alice,r=x,tokenauth=true', /delegation token/],
    [`n,,n=alice,r=${'x'.repeat(1025)}`, /nonce is too long/],
    ['n,,n=,r=x', /can't be read/],
    ['n,,n=alice,r=', /can't be read/],
    ['', /can't be read/],
    ['\0alice\0secret', /can't be read/],
    [Buffer.from([0x6e, 0x2c, 0x2c, 0xff]), /UTF-8/],
  ])('refuses %j', (first, reason) => {
    expect(say(open(users)(first))).toMatch(reason);
  });

  it('refuses a last message that does not continue the first', () => {
    const answer = (change: (text: string) => string): string => {
      const step = open(users);
      const client = scramClient(SHA_256, 'alice', 'secret');
      return say(step(change(client.answer(say(step(client.first))))));
    };
    expect(answer((text) => text)).toMatch(/^v=/);
    expect(answer((text) => text.replace('c=biws', 'c=eSws'))).toMatch(/contradicts/);
    expect(answer((text) => text.replace('server,', 'server2,'))).toMatch(/another nonce/);
    expect(answer((text) => text.replace(/p=.*/, 'p=AAAA'))).toMatch(/wrong password/);
    expect(answer((text) => text.replace(/p=.*/, `p=${Buffer.alloc(32).toString('base64')}`))).toMatch(
      /wrong password/,
    );
    expect(answer(() => 'garbage')).toMatch(/can't be read/);
  });

  it('lets in who knows the password, and nobody else', () => {
    const password = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(password, password, fc.string({ unit: 'grapheme', minLength: 1 }), (a, b, name) => {
        fc.pre(!name.includes('\0'));
        const known = usersOf([[name, SHA_256, credentialOf(SHA_256, a)]]);
        const step = open(known);
        const client = scramClient(SHA_256, name, b);
        const last = step(client.answer(say(step(client.first))));
        const same = Buffer.from(a).equals(Buffer.from(b));
        expect(last.kind).toBe(same ? 'granted' : 'failed');
      }),
      { numRuns: 30 },
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const step = open(users);
        if (step(Buffer.from(a)).kind !== 'failed') expect(step(Buffer.from(b)).kind).toBe('failed');
      }),
    );
  });
});

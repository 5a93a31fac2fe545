/** Users: what the metadata machine decides about them, and that they survive a restart. */
import { describe, expect, it } from 'vitest';
import type { ScramCredential } from '../../src/metadata/commands.ts';
import { Bench, told } from './helpers.ts';

const credential = (fields: Partial<ScramCredential> = {}): ScramCredential => ({
  iterations: 4096,
  salt: Buffer.from('salt'),
  storedKey: Buffer.alloc(32, 1),
  serverKey: Buffer.alloc(32, 2),
  ...fields,
});
const put = (user: string, fields: Partial<ScramCredential> = {}) =>
  ({ user, mechanism: 'SCRAM-SHA-256', credential: credential(fields) }) as const;
const drop = (user: string) => ({ user, mechanism: 'SCRAM-SHA-256' }) as const;

function alter(bench: Bench, change: { deletions?: object[]; upsertions?: object[] }): unknown[] {
  const answer = bench.run({ kind: 'alter-users', deletions: [], upsertions: [], ...change } as never);
  return (answer as { user: string; error: unknown }[]).map(({ user, error }) => [user, told(error)]);
}

describe('users', () => {
  it('are kept by name and mechanism, through a restart', () => {
    const bench = new Bench();
    const long = credential({ storedKey: Buffer.alloc(64), serverKey: Buffer.alloc(64) });
    const sha512 = { user: 'a', mechanism: 'SCRAM-SHA-512', credential: long };
    expect(alter(bench, { upsertions: [put('a'), put('b')] })).toEqual([
      ['a', null],
      ['b', null],
    ]);
    alter(bench, { upsertions: [sha512] });
    alter(bench, { upsertions: [put('a', { iterations: 16_384 })], deletions: [drop('b')] });
    const expected = new Map([
      [
        'a',
        new Map([
          ['SCRAM-SHA-256', credential({ iterations: 16_384 })],
          ['SCRAM-SHA-512', long],
        ] as const),
      ],
    ]);
    for (const state of [bench.state, bench.replayed(), bench.restoredFromSnapshot()]) {
      expect(state.users).toEqual(expected);
    }
    expect(bench.image.userCredentials('b')).toBeUndefined();
    alter(bench, { deletions: [drop('a')] });
    expect(bench.image.userCredentials('a')?.has('SCRAM-SHA-256')).toBe(false);
  });

  it('are refused one by one, with a reason', () => {
    const bench = new Bench();
    expect(
      alter(bench, {
        deletions: [drop('nobody'), { user: 'x', mechanism: null }],
        upsertions: [
          put(''),
          put('few', { iterations: 4095 }),
          put('many', { iterations: 16_385 }),
          put('unsalted', { salt: Buffer.alloc(0) }),
          put('short', { storedKey: Buffer.alloc(20) }),
          { ...put('unknown'), mechanism: null },
          put('twice'),
          put('twice'),
          put('good'),
        ],
      }),
    ).toEqual([
      [
        'nobody',
        'resource-not-found: User "nobody" has no SCRAM-SHA-256 credential: there is nothing to delete.',
      ],
      ['x', expect.stringMatching(/^unsupported-sasl-mechanism: /)],
      ['', 'unacceptable-credential: The name of a user must not be empty.'],
      ['few', 'unacceptable-credential: 4095 iterations: SCRAM-SHA-256 takes 4096 to 16384.'],
      ['many', expect.stringMatching(/^unacceptable-credential: 16385 iterations/)],
      ['unsalted', expect.stringMatching(/^unacceptable-credential: A salt/)],
      ['short', expect.stringMatching(/^unacceptable-credential: Keys/)],
      ['unknown', expect.stringMatching(/^unsupported-sasl-mechanism: /)],
      [
        'twice',
        'duplicate-resource: The request changes user "twice" twice: change a user once in a request.',
      ],
      ['good', null],
    ]);
    expect([...bench.state.users.keys()]).toEqual(['good']);
  });

  it('are not removed without a name', () => {
    expect(alter(new Bench(), { deletions: [drop('')] })).toEqual([
      ['', 'unacceptable-credential: The name of a user must not be empty.'],
    ]);
  });

  it('have a secret for decoys that is made once', () => {
    const bench = new Bench();
    expect(bench.image.decoySecret).toHaveLength(0);
    bench.run({ kind: 'initialize', randomBytes: Buffer.alloc(48, 1) });
    bench.run({ kind: 'initialize', randomBytes: Buffer.alloc(48, 2) });
    expect(bench.image.decoySecret).toEqual(Buffer.alloc(32, 1));
    expect(bench.restoredFromSnapshot().decoySecret).toEqual(Buffer.alloc(32, 1));
  });
});

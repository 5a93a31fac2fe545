/** One connection's authentication on a clock of its own: delays, ends of sessions, and what the audit log is told. */
import { describe, expect, it } from 'vitest';
import type { SaslMechanism } from '../../../src/metadata/commands.ts';
import { Authentication, type TokenAnswer } from '../../../src/protocol/kafka/authentication.ts';
import { API_KEY } from '../../../src/protocol/kafka/codec/api-keys.ts';
import { type AuthenticationEvent, NO_AUDIT_LOG } from '../../../src/security/audit.ts';
import { ANONYMOUS } from '../../../src/security/principal.ts';
import type { SaslStep } from '../../../src/security/sasl.ts';
import type { SaslServer } from '../../../src/security/sasl-server.ts';
import { TestClock } from '../../machine/support/test-clock.ts';

/** A mechanism whose token is the step itself. */
const server = {
  mechanisms: ['PLAIN', 'OAUTHBEARER'],
  find: (name: string) => (name === 'PLAIN' || name === 'OAUTHBEARER' ? name : null),
  begin: () => ({
    step: (token: Buffer, next: (step: SaslStep) => void) => next(JSON.parse(token.toString()) as SaslStep),
  }),
} as unknown as SaslServer;

function open(reauthMs = 0) {
  const clock = new TestClock();
  const events: AuthenticationEvent[] = [];
  const told: string[] = [];
  const reauthMsMax = { PLAIN: reauthMs, OAUTHBEARER: reauthMs } as Record<SaslMechanism, number>;
  const authentication = new Authentication({
    ports: {
      clock,
      audit: { ...NO_AUDIT_LOG, authentication: (event) => events.push(event) },
      failureDelayMs: 500,
    },
    sasl: { server, receiveBytesMax: 1000, reauthMsMax },
    principal: ANONYMOUS,
    listenerName: 'SASL',
    remote: 'h:1',
    onFailed: () => told.push('failed'),
    onComplete: () => told.push('complete'),
  });
  const answers: TokenAnswer[] = [];
  const show = (step: object, mechanism = 'PLAIN'): void => {
    expect(authentication.handshake(mechanism, 1).errorCode).toBe(0);
    const token = Buffer.from(JSON.stringify({ kind: 'granted', user: 'alice', expiresAtMs: null, ...step }));
    authentication.authenticate(token, (answer) => answers.push(answer));
  };
  return { authentication, clock, events, told, answers, show };
}
const { Metadata, Produce, SaslHandshake, SaslAuthenticate, ApiVersions } = API_KEY;

describe('authentication', () => {
  it('lets in, and tells who it is', () => {
    const { authentication, events, told, answers, show } = open();
    expect(authentication.refusal(ApiVersions)).toBeNull();
    expect(authentication.refusal(Metadata)).toMatch(/must use SASL/);
    show({});
    expect(answers[0]).toMatchObject({ errorCode: 0, sessionLifetimeMs: 0 });
    expect([authentication.complete, authentication.principal.name, authentication.refusal(Produce)]).toEqual(
      [true, 'alice', null],
    );
    expect(told).toEqual(['complete']);
    expect(events).toEqual([
      {
        outcome: 'granted',
        principal: { type: 'User', name: 'alice' },
        method: 'PLAIN',
        listenerName: 'SASL',
        remote: 'h:1',
        again: false,
        reason: null,
      },
    ]);
  });

  it('answers a failure late and without its reason, and serves nothing meanwhile', () => {
    const { authentication, clock, events, told, answers, show } = open();
    show({ kind: 'failed', user: 'eve', reason: 'wrong password' });
    expect(told).toEqual(['failed']);
    expect(authentication.busy).toBe(true);
    for (const key of [ApiVersions, SaslHandshake, SaslAuthenticate, Metadata]) {
      expect(authentication.refusal(key)).not.toBeNull();
    }
    clock.advance(499);
    expect(answers).toEqual([]);
    clock.advance(1);
    expect(answers[0]!.errorMessage).not.toMatch(/wrong password|eve/);
    expect(events[0]).toMatchObject({
      outcome: 'failed',
      reason: 'wrong password',
      principal: { name: 'eve' },
    });
  });

  it('ends a session when its time is over, unless it is shown anew', () => {
    const { authentication, clock, events, answers, show } = open(10_000);
    show({});
    expect(answers[0]!.sessionLifetimeMs).toBe(10_000);
    clock.advance(9999);
    expect(authentication.refusal(Produce)).toBeNull();
    show({});
    expect(answers[1]!.sessionLifetimeMs).toBe(10_000);
    expect(events[1]).toMatchObject({ outcome: 'granted', again: true });
    clock.advance(10_000);
    expect(authentication.refusal(Produce)).toMatch(/session is over/);
    expect(authentication.refusal(SaslHandshake)).toBeNull();
  });

  it('ends with the token, where that comes first', () => {
    const { authentication, clock, answers, show } = open(10_000);
    show({ expiresAtMs: clock.nowMs() + 3000 }, 'OAUTHBEARER');
    expect(answers[0]!.sessionLifetimeMs).toBe(3000);
    clock.advance(3000);
    expect(authentication.refusal(Metadata)).toMatch(/session is over/);
  });

  it.each([
    [{ user: 'bob' }, 'PLAIN', /comes again as another user/],
    [{}, 'OAUTHBEARER', /was let in by PLAIN and comes again by OAUTHBEARER/],
  ])('takes nobody else on the same connection: %j by %s', (step, mechanism, reason) => {
    const { authentication, clock, events, answers, show } = open(10_000);
    show({});
    show(step, mechanism);
    clock.advance(500);
    expect(answers[1]!.errorCode).toBe(58);
    expect(events[1]).toMatchObject({
      outcome: 'failed',
      again: true,
      reason: expect.stringMatching(reason),
    });
    expect(authentication.complete).toBe(false);
    expect(authentication.refusal(Produce)).not.toBeNull();
  });

  it('serves nothing but tokens between handshake and the end', () => {
    const { authentication } = open(10_000);
    authentication.handshake('PLAIN', 1);
    expect(authentication.awaitsBareToken).toBe(false);
    expect(authentication.refusal(SaslAuthenticate)).toBeNull();
    for (const key of [Produce, Metadata, ApiVersions, SaslHandshake]) {
      expect(authentication.refusal(key)).not.toBeNull();
    }
    const old = open();
    old.authentication.handshake('PLAIN', 0);
    expect(old.authentication.awaitsBareToken).toBe(true);
  });
});

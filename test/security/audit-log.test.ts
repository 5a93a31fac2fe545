import { describe, expect, it } from 'vitest';
import type { Clock, Logger } from '../../src/platform/ports.ts';
import type { AuthenticationEvent, DenialEvent } from '../../src/security/audit.ts';
import { LoggedAudit } from '../../src/security/audit-log.ts';
import { userPrincipal } from '../../src/security/principal.ts';

/** An audit log whose minutes end when the test says so. */
function setUp(linesPerMinute = 100) {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const log = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message });
  };
  const target: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const timers: { delayMs: number; fire: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    setTimer: (delayMs, fire) => {
      const timer = { delayMs, fire };
      timers.push(timer);
      return { cancel: () => timers.splice(timers.indexOf(timer), 1) };
    },
    afterTurn: () => undefined,
  };
  const endMinute = (): void => {
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([60_000]);
    timers[0]!.fire();
  };
  return { audit: new LoggedAudit({ target, clock, linesPerMinute }), lines, timers, endMinute };
}

const actor = {
  principal: userPrincipal('alice'),
  host: '192.0.2.7',
  listenerName: 'SASL_SSL',
  request: 'Fetch',
};
const denial = (resourceName = 'orders'): DenialEvent => ({
  ...actor,
  operation: 'read',
  resourceType: 'topic',
  resourceName,
});
const login = (fields: Partial<AuthenticationEvent> = {}): AuthenticationEvent => ({
  outcome: 'granted',
  principal: actor.principal,
  method: 'SCRAM-SHA-256',
  listenerName: 'SASL_SSL',
  remote: '192.0.2.7:50000',
  again: false,
  reason: null,
  ...fields,
});

describe('an audit log', () => {
  it('tells who was let in, and who was not', () => {
    const { audit, lines } = setUp();
    audit.authentication(login());
    audit.authentication(login({ outcome: 'failed', principal: null, reason: 'the password is wrong' }));
    expect(lines).toEqual([
      {
        level: 'info',
        fields: {
          event: 'login',
          principal: 'User:alice',
          host: '192.0.2.7',
          listener: 'SASL_SSL',
          method: 'SCRAM-SHA-256',
          again: false,
        },
        message: 'User:alice was let in from 192.0.2.7',
      },
      {
        level: 'warn',
        fields: expect.objectContaining({
          event: 'login failed',
          principal: null,
          reason: 'the password is wrong',
        }),
        message: 'a client was not let in from 192.0.2.7: the password is wrong',
      },
    ]);
  });

  it('tells a denial once a minute, and how often it was repeated', () => {
    const { audit, lines, timers, endMinute } = setUp();
    for (let i = 0; i < 1000; i++) audit.denied(() => denial());
    expect(lines.map(({ message }) => message)).toEqual([
      'User:alice may not read topic orders from 192.0.2.7',
    ]);
    expect(lines[0]!.fields).toEqual({
      event: 'denied',
      principal: 'User:alice',
      host: '192.0.2.7',
      listener: 'SASL_SSL',
      request: 'Fetch',
      operation: 'read',
      resourceType: 'topic',
      resource: 'orders',
    });
    endMinute();
    expect(lines[1]).toMatchObject({
      fields: { event: 'denied', resource: 'orders', repeats: 999 },
      message: 'User:alice may not read topic orders from 192.0.2.7 (999 times more)',
    });
    timers.length = 0;
    audit.denied(() => denial());
    expect(lines).toHaveLength(3);
    endMinute();
    expect(lines).toHaveLength(3);
  });

  it('tells a bounded number of different ones', () => {
    const { audit, lines, endMinute } = setUp(3);
    for (let i = 0; i < 50; i++) audit.denied(() => denial(`t${i}`));
    audit.denied(() => denial('t0'));
    // Another kind has its own bound.
    audit.authentication(login());
    expect(lines.map(({ fields }) => fields.resource ?? fields.event)).toEqual(['t0', 't1', 't2', 'login']);
    endMinute();
    expect(lines.slice(4).map(({ fields }) => fields)).toEqual([{ event: 'denied', leftOut: 48 }]);
  });

  it('tells every change, and text of clients without what could forge lines', () => {
    const { audit, lines, timers } = setUp(1);
    for (const subject of ['a', 'a', 'b\n{"event":"login"}\u001b[31m', 'c'.repeat(5000)]) {
      audit.changed({ ...actor, change: 'topic created', subject, detail: null });
    }
    expect(lines).toHaveLength(4);
    expect(lines[2]!.message).toBe('User:alice: topic created: b\ufffd{"event":"login"}\ufffd[31m');
    expect(lines[2]!.fields.subject).not.toContain('\n');
    expect(String(lines[3]!.fields.subject).length).toBeLessThan(1100);
    expect(timers).toEqual([]);
  });

  it('tells what is due when it is closed', () => {
    const { audit, lines, timers } = setUp();
    audit.denied(() => denial());
    audit.denied(() => denial());
    audit.close();
    expect(lines.at(-1)!.fields.repeats).toBe(1);
    expect(timers).toEqual([]);
  });
});

// Who is let in: against a model that counts everything, and the rates one by one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressLimits,
  type Comer,
  ConnectionGate,
  type ConnectionLimits,
} from '../../src/quota/connection-gate.ts';

const NONE: ConnectionLimits = {
  connectionsMax: Number.POSITIVE_INFINITY,
  creationRateMax: Number.POSITIVE_INFINITY,
};

function gate(
  options: {
    limits?: Partial<ConnectionLimits>;
    listeners?: Readonly<Record<string, Partial<ConnectionLimits>>>;
    addresses?: Partial<AddressLimits>;
    measuredMax?: number;
  } = {},
): ConnectionGate {
  return new ConnectionGate({
    limits: () => ({ ...NONE, ...options.limits }),
    listenerLimits: (name) => ({ ...NONE, ...options.listeners?.[name] }),
    addressLimits: () => ({
      connectionsMax: Number.POSITIVE_INFINITY,
      overrides: new Map(),
      steadyRateMax: Number.POSITIVE_INFINITY,
      ...options.addresses,
    }),
    windows: { samples: 11, sampleMs: 1000 },
    measuredMax: options.measuredMax ?? 100,
  });
}

const A: Comer = { listenerName: 'PLAINTEXT', address: '10.0.0.1' };
const B: Comer = { listenerName: 'SSL', address: '10.0.0.2' };

describe('a gate', () => {
  it('counts as a model does, and remembers addresses only while they have connections', () => {
    const name = fc.constantFrom('PLAINTEXT', 'SSL');
    const address = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ listenerName: name, address, enters: fc.constant(true) }),
      fc.record({ listenerName: name, address, enters: fc.constant(false) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tested = gate({
          limits: { connectionsMax: 6 },
          listeners: { SSL: { connectionsMax: 3 } },
          addresses: { connectionsMax: 2, overrides: new Map([['c', 4]]) },
        });
        let open: Comer[] = [];
        for (const { enters, ...comer } of steps) {
          if (enters) {
            const ofAddress = open.filter((one) => one.address === comer.address).length;
            const ofSsl = open.filter((one) => one.listenerName === 'SSL').length;
            const fits =
              open.length < 6 &&
              !(comer.listenerName === 'SSL' && ofSsl >= 3) &&
              ofAddress < (comer.address === 'c' ? 4 : 2);
            expect(tested.enter(comer, 0).kind).toBe(fits ? 'enter' : 'refuse');
            if (fits) open = [...open, comer];
          } else {
            const at = open.findIndex((one) => one.address === comer.address);
            if (at < 0) continue;
            tested.left(open[at]!);
            open = open.filter((_, i) => i !== at);
          }
          expect(tested.count).toBe(open.length);
          expect(tested.addressCount).toBe(new Set(open.map((one) => one.address)).size);
        }
      }),
    );
  });

  it('paces what comes faster than it may, by the rate of all and of the listener', () => {
    const all = gate({ limits: { creationRateMax: 1 } });
    const pauses = Array.from({ length: 12 }, () => all.pace('PLAINTEXT', 0));
    // 10 may come at once in a window of 10 s and the running sample.
    expect(pauses.slice(0, 10)).toEqual(Array(10).fill(0));
    expect(pauses.slice(10)).toEqual([1000, 1000]);
    expect(all.pace('SSL', 0)).toBe(1000);
    const ofListener = gate({ listeners: { SSL: { creationRateMax: 0.1 } } });
    expect(ofListener.pace('SSL', 0)).toBe(0);
    expect(ofListener.pace('SSL', 0)).toBe(1000);
    expect(ofListener.pace('PLAINTEXT', 0)).toBe(0);
  });

  it('turns away an address that is above its rate, later, and does not count it', () => {
    const tested = gate();
    tested.load([
      { entity: { ip: '10.0.0.1' }, values: new Map([['connection_creation_rate', 1]]) },
      { entity: { ip: null }, values: new Map([['connection_creation_rate', 2]]) },
      { entity: { user: 'x' }, values: new Map([['producer_byte_rate', 1]]) },
    ]);
    for (let i = 0; i < 10; i++) expect(tested.enter(A, 0).kind).toBe('enter');
    for (let i = 0; i < 3; i++) expect(tested.enter(A, 0)).toMatchObject({ kind: 'refuse', afterMs: 1000 });
    expect(tested.count).toBe(10);
    for (let i = 0; i < 20; i++) expect(tested.enter(B, 0).kind).toBe('enter');
    expect(tested.enter(B, 0).kind).toBe('refuse');
    // A refused one doesn't count: as time passes there is room again.
    expect(tested.enter(A, 11_000).kind).toBe('enter');
    tested.load([]);
    expect(tested.enter(B, 0).kind).toBe('enter');
  });

  it('remembers no more addresses than it may', () => {
    const tested = gate({ measuredMax: 20 });
    tested.load([{ entity: { ip: null }, values: new Map([['connection_creation_rate', 2]]) }]);
    for (let i = 0; i < 100; i++) {
      const comer = { listenerName: 'PLAINTEXT', address: `10.0.0.${i}` };
      tested.enter(comer, 0);
      tested.left(comer);
    }
    expect(tested.addressCount).toBe(20);
    tested.forgetIdle(11_000);
    expect(tested.addressCount).toBe(0);
  });
});

describe('the steady rate of an address', () => {
  it('lets bursts through, spreads what follows, and knows addresses apart', () => {
    const tested = gate({ addresses: { steadyRateMax: 100 } });
    for (let i = 0; i < 500; i++) expect(tested.steadyWaitMs('a', 0)).toBe(0);
    expect([tested.steadyWaitMs('a', 0), tested.steadyWaitMs('a', 0)]).toEqual([10, 20]);
    expect(tested.steadyWaitMs('b', 0)).toBe(0);
    // Nobody waits longer than a second, however many come.
    for (let i = 0; i < 1000; i++) expect(tested.steadyWaitMs('a', 0)).toBeLessThanOrEqual(1000);
    expect(tested.steadyWaitMs('a', 1000)).toBe(10);
    // At the rate itself nobody waits once the debt is paid.
    for (let ms = 2000; ms < 4000; ms += 10) expect(tested.steadyWaitMs('a', ms)).toBe(0);
    tested.forgetIdle(60_000);
    expect(tested.addressCount).toBe(0);
  });
});

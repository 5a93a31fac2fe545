import { describe, expect, it } from 'vitest';
import { ConnectionQueue, WAITING_MAX } from '../../../src/protocol/kafka/connection-queue.ts';
import { ConnectionGate } from '../../../src/quota/connection-gate.ts';
import { TestClock } from '../../machine/support/test-clock.ts';
import { FakeConnection } from '../../support/fake-connection.ts';

function setUp(
  options: {
    connectionsMax?: number;
    creationRateMax?: number;
    perAddressRate?: number;
    steadyRateMax?: number;
  } = {},
) {
  const clock = new TestClock();
  const none = Number.POSITIVE_INFINITY;
  const gate = new ConnectionGate({
    limits: () => ({
      connectionsMax: options.connectionsMax ?? none,
      creationRateMax: options.creationRateMax ?? none,
    }),
    listenerLimits: () => ({ connectionsMax: none, creationRateMax: none }),
    addressLimits: () => ({
      connectionsMax: none,
      overrides: new Map(),
      steadyRateMax: options.steadyRateMax ?? none,
    }),
    windows: { samples: 2, sampleMs: 1000 },
    measuredMax: 10,
  });
  if (options.perAddressRate !== undefined) {
    const values = new Map([['connection_creation_rate', options.perAddressRate] as const]);
    gate.load([{ entity: { ip: null }, values }]);
  }
  const events: string[] = [];
  const leave: (() => void)[] = [];
  const refusals: string[] = [];
  const queue = new ConnectionQueue({
    listenerName: 'PLAINTEXT',
    gate,
    clock,
    open: (_, left) => {
      const number = leave.push(left) - 1;
      events.push(`open ${number}`);
      return {
        holdBack: () => events.push(`hold ${number}`),
        admit: () => events.push(`admit ${number}`),
      };
    },
    refused: (_, why) => refusals.push(why),
  });
  const accept = (count = 1): FakeConnection[] =>
    Array.from({ length: count }, () => {
      const connection = new FakeConnection();
      queue.accept(connection);
      return connection;
    });
  const take = (): string[] => events.splice(0);
  return { clock, gate, queue, accept, take, leave, refusals };
}

describe('connections', () => {
  it('are opened at once, without a timer, where nothing is in the way', () => {
    const { accept, take, clock } = setUp();
    accept(3);
    expect(take()).toEqual(['open 0', 'open 1', 'open 2']);
    expect(clock.timerCount).toBe(0);
  });

  it('that are too many are closed at once, until one leaves', () => {
    const { accept, take, leave, refusals } = setUp({ connectionsMax: 1 });
    const [, second] = accept(2);
    expect(second!.destroyed).toBe(true);
    expect(refusals).toEqual(['1 are open (max.connections)']);
    leave[0]!();
    accept();
    expect(take()).toEqual(['open 0', 'open 1']);
  });

  it('of an address that keeps connecting wait for a second at most, behind a burst', () => {
    const { accept, take, clock, queue } = setUp({ steadyRateMax: 10 });
    accept(50);
    expect(take().some((event) => event.startsWith('hold'))).toBe(false);
    accept(2);
    expect(take()).toEqual(['open 50', 'hold 50', 'open 51', 'hold 51']);
    clock.advance(99);
    expect(take()).toEqual([]);
    clock.advance(1);
    expect(take()).toEqual(['admit 50']);
    accept(30);
    take();
    clock.advance(1000);
    expect(take().filter((event) => event.startsWith('admit'))).toHaveLength(31);
    accept();
    take();
    queue.close();
    expect(clock.timerCount).toBe(0);
  });

  it('that come too fast are open but wait, in their order', () => {
    const { accept, take, clock } = setUp({ creationRateMax: 2 });
    accept(5);
    expect(take()).toEqual(['open 0', 'open 1', 'open 2', 'hold 2', 'open 3', 'hold 3', 'open 4', 'hold 4']);
    clock.advance(499);
    expect(take()).toEqual([]);
    clock.advance(1);
    expect(take()).toEqual(['admit 2']);
    clock.advance(10_000);
    expect(take()).toEqual(['admit 3', 'admit 4']);
    expect(clock.timerCount).toBe(0);
    accept();
    expect(take()).toEqual(['open 5']);
  });

  it('wait in bounded number', () => {
    const { accept, refusals } = setUp({ creationRateMax: 1 });
    const connections = accept(1 + WAITING_MAX + 1);
    expect(connections.filter(({ destroyed }) => destroyed)).toHaveLength(1);
    expect(refusals[0]).toMatch(/max.connection.creation.rate/);
  });

  it('of an address above its rate are closed a moment later', () => {
    const { accept, clock, gate } = setUp({ perAddressRate: 1 });
    const [, second, third] = accept(3);
    expect([second!.destroyed, second!.paused]).toEqual([false, true]);
    third!.hangUp();
    expect(clock.timerCount).toBe(1);
    clock.advance(1000);
    expect(second!.destroyed).toBe(true);
    expect(gate.count).toBe(1);
  });

  it('that wait or are held leave no timer behind when the broker stops', () => {
    const { accept, queue, clock } = setUp({ creationRateMax: 1, perAddressRate: 3 });
    const connections = accept(6);
    queue.close();
    expect(clock.timerCount).toBe(0);
    expect(connections.at(-1)!.destroyed).toBe(true);
  });
});

/** Which connections are let in, and when. */
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ConnectionGate } from '../../src/quota/connection-gate.ts';
import { TwoWayListener } from '../../src/server/two-way-listener.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { certificate } from '../support/tls.ts';

const opened: Socket[] = [];
let listener: TwoWayListener | null = null;
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
  listener?.close();
  listener?.destroy();
  listener = null;
});

const NONE = Number.POSITIVE_INFINITY;

async function start(steadyRateMax: number): Promise<{ clock: TestClock; accepted: Socket[] }> {
  const clock = new TestClock();
  const accepted: Socket[] = [];
  const text = certificate('broker.pem').toString();
  listener = new TwoWayListener({
    name: 'ROCKETMQ',
    host: '0.0.0.0',
    port: 0,
    gate: new ConnectionGate({
      limits: () => ({ connectionsMax: NONE, creationRateMax: NONE }),
      listenerLimits: () => ({ connectionsMax: NONE, creationRateMax: NONE }),
      addressLimits: () => ({ connectionsMax: NONE, overrides: new Map(), steadyRateMax }),
      windows: { samples: 2, sampleMs: 1000 },
      measuredMax: 10,
    }),
    clock,
    tls: {
      credentials: {
        identity: { kind: 'pem', certificates: text, key: text },
        passphrase: null,
        trusted: null,
      },
      clientAuth: 'none',
      protocols: ['TLSv1.3'],
      cipherSuites: [],
      handshakeMsMax: 10_000,
      handshakesMax: 10,
      onHandshakeFailed: () => undefined,
    },
    silentMsMax: 10_000,
    accept: (socket) => accepted.push(socket),
    acceptRemoting: () => undefined,
    refused: () => undefined,
  });
  await listener.listen();
  return { clock, accepted };
}

function open(count: number, localAddress = '127.0.0.1'): void {
  for (let i = 0; i < count; i++) {
    const socket = connect({ host: '127.0.0.1', port: listener!.port, localAddress });
    socket.on('error', () => undefined);
    socket.write('PRI');
    opened.push(socket);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

it('connections of an address that keeps connecting wait behind a burst, and hold up no others', async () => {
  const { clock, accepted } = await start(1);
  open(7);
  await until(() => accepted.length + clock.timerCount === 7);
  expect(clock.timerCount).toBe(2);
  open(1, '127.0.0.2');
  await until(() => accepted.length === 6);
  clock.advance(999);
  expect(clock.timerCount).toBe(2);
  clock.advance(1);
  await until(() => accepted.length === 8);
  expect(listener!.connectionCount).toBe(8);
});

import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nodeNet } from '../../src/platform/node/net.ts';
import type { Connection, Listener } from '../../src/platform/ports.ts';

/** A listener with one connection: both of its ends. */
async function pair(): Promise<{ listener: Listener; near: Connection; far: Socket; received: Buffer[] }> {
  const received: Buffer[] = [];
  let accepted!: (connection: Connection) => void;
  const near = new Promise<Connection>((resolve) => (accepted = resolve));
  const listener = await nodeNet.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    connection.onData((chunk) => received.push(Buffer.from(chunk)));
    accepted(connection);
  });
  const far = connect({ port: listener.port, host: '127.0.0.1' });
  far.on('error', () => undefined);
  return { listener, near: await near, far, received };
}
const once = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve) => socket.once(event, resolve));

describe('nodeNet', () => {
  it('picks a free port, and refuses one in use', async () => {
    const listener = await nodeNet.listen({ host: '127.0.0.1', port: 0 }, () => undefined);
    expect(listener.port).toBeGreaterThan(0);
    await expect(nodeNet.listen({ host: '127.0.0.1', port: listener.port }, () => undefined)).rejects.toThrow(
      /EADDRINUSE/,
    );
    listener.close();
  });

  it('writes what was written in order, and ends after it', async () => {
    const { listener, near, far } = await pair();
    const chunks: Buffer[] = [];
    far.on('data', (chunk) => chunks.push(chunk));
    near.write([Buffer.from('a'), Buffer.from('b')]);
    near.write([Buffer.from('c')]);
    near.end();
    await once(far, 'end');
    expect(Buffer.concat(chunks).toString()).toBe('abc');
    far.destroy();
    listener.close();
  });

  it('counts what the peer has not taken, and says when all has left', async () => {
    const { listener, near, far } = await pair();
    far.pause();
    near.write([Buffer.alloc(32 << 20)]);
    expect(near.unsentBytes).toBe(32 << 20);
    const drained = new Promise<void>((resolve) => near.onDrain(resolve));
    far.resume();
    far.on('data', () => undefined);
    await drained;
    expect(near.unsentBytes).toBe(0);
    far.destroy();
    listener.close();
  });

  it('stops and restarts reading', async () => {
    const { listener, near, far, received } = await pair();
    near.pause();
    far.write('hello');
    await new Promise((resolve) => setImmediate(resolve));
    expect(received).toEqual([]);
    near.resume();
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.concat(received).toString()).toBe('hello');
    far.destroy();
    listener.close();
  });

  it('tells an orderly end from a broken connection, once', async () => {
    for (const orderly of [true, false]) {
      const { listener, near, far } = await pair();
      const reasons: (string | null)[] = [];
      const closed = new Promise<void>((resolve) => {
        near.onClose((reason) => {
          reasons.push(reason);
          resolve();
        });
      });
      if (orderly) far.end();
      else far.resetAndDestroy();
      await closed;
      expect(reasons).toEqual([orderly ? null : expect.stringContaining('ECONNRESET')]);
      // Harmless now.
      near.write([Buffer.from('late')]);
      near.end();
      near.destroy();
      await new Promise((resolve) => setImmediate(resolve));
      expect(reasons).toHaveLength(1);
      far.destroy();
      listener.close();
    }
  });

  it('reads sockets of a listener into one buffer, each to its own handler', async () => {
    const { listener, far, received } = await pair();
    const first = connect({ port: listener.port, host: '127.0.0.1' });
    for (let round = 0; round < 100; round++) {
      far.write('x'.repeat(1 + round));
      first.write('y'.repeat(1 + round));
    }
    const bytes = (letter: string): number => Buffer.concat(received).toString().split(letter).length - 1;
    while (bytes('x') < 5050 || bytes('y') < 5050) await new Promise((resolve) => setImmediate(resolve));
    for (const chunk of received) expect(new Set(chunk).size).toBe(1);
    first.destroy();
    far.destroy();
    listener.close();
  });

  it('makes no memory for what it reads', async () => {
    const memories = new Set<ArrayBufferLike>();
    let bytes = 0;
    const listener = await nodeNet.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
      connection.onData((chunk) => {
        memories.add(chunk.buffer);
        bytes += chunk.length;
      });
    });
    const far = connect({ port: listener.port, host: '127.0.0.1' });
    far.write(Buffer.alloc(4 << 20));
    while (bytes < 4 << 20) await new Promise((resolve) => setImmediate(resolve));
    expect(memories.size).toBe(1);
    far.destroy();
    listener.close();
  });

  it('keeps open connections when it stops accepting', async () => {
    const { listener, near, far } = await pair();
    listener.close();
    near.write([Buffer.from('still')]);
    expect(String(await once(far, 'data'))).toBe('still');
    expect(near.remoteHost).toBe('127.0.0.1');
    expect(near.remote).toBe(`127.0.0.1:${far.localPort}`);
    far.destroy();
  });
});

import { once } from 'node:events';
import { type ClientHttp2Stream, connect, createServer, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { letStreamsDieYoung, StreamTable } from '../../src/server/http2-streams.ts';

it('a table of streams is a map', () => {
  const id = fc.nat(20);
  const step = fc.oneof(
    fc.record({ what: fc.constant('set' as const), id, value: fc.nat() }),
    fc.record({ what: fc.constantFrom('delete' as const, 'get' as const, 'has' as const), id }),
    fc.constant({ what: 'clear' as const }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const table = new StreamTable<number>();
      const map = new Map<number, number>();
      for (const one of steps) {
        if (one.what === 'set') {
          expect(table.set(one.id, one.value)).toBe(table);
          map.set(one.id, one.value);
        } else if (one.what === 'clear') {
          table.clear();
          map.clear();
        } else expect(table[one.what](one.id)).toBe(map[one.what](one.id));
        const sorted = [...map].sort(([a], [b]) => a - b);
        const visited: unknown[] = [];
        table.forEach((value, key, all) => {
          visited.push([key, value, all === table]);
        });
        expect(table.size).toBe(map.size);
        expect([...table]).toEqual(sorted);
        expect([...table.entries()]).toEqual(sorted);
        expect([...table.keys()]).toEqual(sorted.map(([key]) => key));
        expect([...table.values()]).toEqual(sorted.map(([, value]) => value));
        expect(visited).toEqual(sorted.map((entry) => [...entry, true]));
      }
    }),
  );
});

describe('a session', () => {
  const server = createServer();
  let session: Http2Session;
  /** What was said of each session at its beginning. */
  let taken: boolean[];

  beforeEach(async () => {
    taken = [];
    server.removeAllListeners('session').on('session', (one) => {
      session = one;
      taken.push(letStreamsDieYoung(one));
    });
    server.removeAllListeners('stream').on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      stream.respond();
      if (headers[':path'] === '/open') stream.write('hello');
      else stream.end(headers[':path']);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(async () => {
    session.destroy();
    await once(server.close(), 'close');
  });

  const client = () => connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  async function textOf(stream: ClientHttp2Stream): Promise<string> {
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    return text;
  }

  it('of this version of Node gets one, and serves calls side by side', async () => {
    const connection = client();
    const paths = Array.from({ length: 300 }, (_, index) => `/${index}`);
    const answers = await Promise.all(paths.map((path) => textOf(connection.request({ ':path': path }))));
    expect(answers).toEqual(paths);
    expect(taken).toEqual([true]);
    connection.destroy();
  });

  it('that has streams keeps what it has', async () => {
    const connection = client();
    await once(connection.request({ ':path': '/open' }), 'response');
    expect(letStreamsDieYoung(session)).toBe(false);
    connection.destroy();
  });

  it('closes when its last call has ended, and ends open ones when it is destroyed', async () => {
    const connection = client();
    const open = connection.request({ ':path': '/open' });
    open.on('error', () => undefined);
    await once(open, 'data');
    session.close();
    expect(session.closed).toBe(true);
    expect(session.destroyed).toBe(false);
    const gone = once(open, 'close');
    session.destroy();
    await gone;
    expect(session.destroyed).toBe(true);
  });
});

/** TLS of the network port: what is agreed on, who is let in, what is bounded, and that credentials can be renewed. */
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeNet } from '../../src/platform/node/net.ts';
import type { Connection, Listener, TlsCredentials, TlsListenerOptions } from '../../src/platform/ports.ts';
import { asClient, type CertificateFile, certificate, connectTls } from '../support/tls.ts';

const pem = (name: CertificateFile): TlsCredentials => {
  const text = certificate(name).toString();
  return { identity: { kind: 'pem', certificates: text, key: text }, passphrase: null, trusted: null };
};

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const run of cleanUps.splice(0)) run();
});

/** `take`: what is done with what comes; it is sent back where nothing is said. */
async function listen(options: Partial<TlsListenerOptions> = {}, take?: (chunk: Buffer) => void) {
  const accepted: Connection[] = [];
  const failures: string[] = [];
  const waiting: (() => void)[] = [];
  const listener: Listener = await nodeNet.listen(
    {
      host: '127.0.0.1',
      port: 0,
      tls: {
        credentials: pem('broker.pem'),
        clientAuth: 'none',
        protocols: ['TLSv1.2', 'TLSv1.3'],
        cipherSuites: [],
        handshakeMsMax: 60_000,
        handshakesMax: 10,
        onHandshakeFailed: (_, reason) => {
          failures.push(reason);
          for (const run of waiting.splice(0)) run();
        },
        ...options,
      },
    },
    (connection) => {
      accepted.push(connection);
      connection.onData(take ?? ((chunk) => connection.write([Buffer.from(chunk)])));
      connection.onClose(() => undefined);
      connection.onDrain(() => undefined);
      for (const run of waiting.splice(0)) run();
    },
  );
  cleanUps.push(() => {
    for (const connection of accepted) connection.destroy();
    listener.close();
  });
  /** Resolves when so many were let in or failed. */
  const until = async (count: number): Promise<void> => {
    while (accepted.length + failures.length < count)
      await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { listener, accepted, failures, until };
}
const echo = (socket: Socket, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    socket.once('data', (chunk) => resolve(chunk.toString()));
    socket.once('close', () => reject(new Error('closed')));
    socket.write(text);
  });
const trusting = (name: CertificateFile = 'broker.pem'): TlsCredentials => ({
  ...pem(name),
  trusted: certificate('ca.pem').toString(),
});

describe('a TLS listener', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const { listener, accepted } = await listen();
    const socket = await connectTls(listener.port, { minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    expect(await echo(socket, 'hello')).toBe('hello');
    expect(accepted[0]!.peerName).toBeNull();
    socket.destroy();
  });

  it('reads all that comes, from the first byte behind the handshake on, into one memory', async () => {
    const memories = new Set<ArrayBufferLike>();
    const received: Buffer[] = [];
    const { listener } = await listen({}, (chunk) => {
      memories.add(chunk.buffer);
      received.push(Buffer.from(chunk));
    });
    const socket = connectSecurely({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
    cleanUps.push(() => socket.destroy());
    const bytes = Buffer.alloc(3 << 20, 'abcdefghijk');
    socket.write(bytes);
    const length = (): number => received.reduce((sum, chunk) => sum + chunk.length, 0);
    while (length() < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
    expect(memories.size).toBe(1);
  });

  it('stops and restarts reading', async () => {
    let received = 0;
    const { listener, accepted } = await listen({}, (chunk) => {
      received += chunk.length;
    });
    const socket = await connectTls(listener.port);
    socket.write('a');
    while (received < 1) await new Promise((resolve) => setImmediate(resolve));
    accepted[0]!.pause();
    // More than the buffers of the system hold.
    const bytes = 32 << 20;
    const sent = new Promise((resolve) => socket.write(Buffer.alloc(bytes), resolve));
    for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(received).toBe(1);
    accepted[0]!.resume();
    await sent;
    while (received < 1 + bytes) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
  });

  it('speaks only the versions and cipher suites that it is told to', async () => {
    const { listener, failures, until } = await listen({
      protocols: ['TLSv1.2'],
      cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    });
    const socket = await connectTls(listener.port);
    expect(socket.getProtocol()).toBe('TLSv1.2');
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
    socket.destroy();
    await expect(connectTls(listener.port, { minVersion: 'TLSv1.3' })).rejects.toThrow();
    await expect(
      connectTls(listener.port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }),
    ).rejects.toThrow();
    await until(3);
    expect(failures).toEqual([
      'the client speaks no version of TLS that is served (ssl.enabled.protocols)',
      'client and broker have no cipher suite in common',
    ]);
  });

  it('takes PKCS12 and a key with a password', async () => {
    const locked = certificate('broker-locked.pem').toString();
    for (const credentials of [
      { identity: { kind: 'pkcs12', bytes: certificate('broker.p12') }, passphrase: 'test', trusted: null },
      { identity: { kind: 'pem', certificates: locked, key: locked }, passphrase: 'test', trusted: null },
    ] as const) {
      const { listener } = await listen({ credentials });
      const socket = await connectTls(listener.port);
      expect(await echo(socket, 'hello')).toBe('hello');
      socket.destroy();
    }
  });

  it('does not begin with credentials that can not be used', async () => {
    const mixed = {
      identity: {
        kind: 'pem',
        certificates: certificate('broker.pem').toString(),
        key: certificate('renewed.pem').toString(),
      },
      passphrase: null,
      trusted: null,
    } as const;
    await expect(listen({ credentials: mixed })).rejects.toThrow(/key values mismatch/);
    const wrong = {
      identity: { kind: 'pkcs12', bytes: certificate('broker.p12') },
      passphrase: 'x',
      trusted: null,
    };
    await expect(listen({ credentials: wrong as TlsCredentials })).rejects.toThrow(/mac verify/);
    await expect(listen({ cipherSuites: ['TLS_NONE'] })).rejects.toThrow(/cipher/);
  });

  it('tells whom a certificate names, as Java does', async () => {
    const { listener, accepted, until } = await listen({ credentials: trusting(), clientAuth: 'required' });
    const socket = await connectTls(listener.port, asClient('client.pem'));
    await until(1);
    expect(accepted[0]!.peerName).toBe('CN=orders-service,OU=Orders,O=Example\\, Ltd.,C=DE');
    socket.destroy();
  });

  it('lets nobody in without a certificate that it knows, where one is required', async () => {
    const { listener, accepted, failures, until } = await listen({
      credentials: trusting(),
      clientAuth: 'required',
    });
    // With TLS 1.3 the client has done its part before it is refused.
    for (const options of [{}, asClient('stranger.pem')]) {
      const socket = await connectTls(listener.port, options);
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    }
    await until(2);
    expect(accepted).toEqual([]);
    expect(failures[0]).toBe('the client showed no certificate (ssl.client.auth)');
    expect(failures[1]).toBe('its certificate is not known (DEPTH_ZERO_SELF_SIGNED_CERT)');
  });

  it('lets in without a certificate where one is requested, but not with one that it does not know', async () => {
    const { listener, accepted, failures, until } = await listen({
      credentials: trusting(),
      clientAuth: 'requested',
    });
    const without = await connectTls(listener.port);
    const shown = await connectTls(listener.port, asClient('client.pem'));
    const stranger = await connectTls(listener.port, asClient('stranger.pem'));
    await until(3);
    expect(accepted.map(({ peerName }) => peerName)).toEqual([null, expect.stringMatching(/^CN=orders/)]);
    expect(failures).toEqual(['its certificate is not known (DEPTH_ZERO_SELF_SIGNED_CERT)']);
    for (const socket of [without, shown, stranger]) socket.destroy();
  });

  it('ends handshakes that take too long, that are none, and that are too many', async () => {
    const { listener, failures, until, accepted } = await listen({ handshakeMsMax: 200, handshakesMax: 2 });
    const open = (): Socket => {
      const socket = connect({ port: listener.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      cleanUps.push(() => socket.destroy());
      return socket;
    };
    const silent = [open(), open(), open()];
    await until(1);
    expect(failures).toEqual(['too many are in work (polylog.tls.handshakes.max)']);
    await until(3);
    expect(failures.slice(1)).toEqual(
      Array(2).fill('it did not finish in time (polylog.authentication.timeout.ms)'),
    );
    for (const socket of silent) socket.destroy();
    open().write('GET / HTTP/1.1\r\n\r\n');
    await until(4);
    expect(failures[3]).toMatch(/does not speak TLS/);
    const gone = open();
    gone.write(Buffer.from([0x16, 3, 1]));
    gone.end();
    await until(5);
    // All places are free again.
    const socket = await connectTls(listener.port);
    await until(6);
    expect(accepted).toHaveLength(1);
    socket.destroy();
  });

  it('shows new credentials to new connections, and keeps the old ones when new ones are no good', async () => {
    const { listener } = await listen();
    const nameOf = async (): Promise<string> => {
      const socket = await connectTls(listener.port);
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN as string;
    };
    const before = await connectTls(listener.port);
    listener.renewTls(pem('renewed.pem'));
    expect(await nameOf()).toBe('renewed');
    expect(await echo(before, 'still here')).toBe('still here');
    before.destroy();
    const broken = { ...pem('broker.pem'), passphrase: null };
    const bad = { ...broken, identity: { kind: 'pem', certificates: 'x', key: 'y' } } as const;
    expect(() => listener.renewTls(bad)).toThrow();
    expect(await nameOf()).toBe('renewed');
    listener.renewTls(pem('broker.pem'));
    expect(await nameOf()).toBe('localhost');
  });

  it('sends many buffers in order, and counts what is not taken', async () => {
    const { listener, accepted, until } = await listen();
    const socket = await connectTls(listener.port);
    await until(1);
    const near = accepted[0]!;
    const buffers = Array.from({ length: 200 }, (_, i) => Buffer.alloc(10_000, i));
    let taken = 0;
    for (const buffer of buffers) near.write([buffer], () => taken++);
    expect(near.unsentBytes).toBe(2_000_000);
    near.end();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await new Promise((resolve) => socket.once('end', resolve));
    expect(Buffer.concat(chunks).equals(Buffer.concat(buffers))).toBe(true);
    expect(taken).toBe(200);
    socket.destroy();
  });
});

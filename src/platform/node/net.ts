/**
 * The network port over node:net. Writes of one callback leave in one writev: the socket is corked at the first and
 * uncorked when the callback is over. Over TLS such a write is encrypted in one go, after the one copy that Node makes of
 * several buffers.
 */
import { createServer, type Socket } from 'node:net';
import { assert } from '../../base/assert.ts';
import type { Connection, Listener, Net, TlsListenerOptions } from '../ports.ts';
import type { TlsAcceptor } from './tls.ts';

class SocketConnection implements Connection {
  readonly remote: string;
  readonly remoteHost: string;
  readonly peerName: string | null;
  readonly #socket: Socket;
  #corked = false;
  #closeReason: string | null = null;

  constructor(socket: Socket, peerName: string | null) {
    this.peerName = peerName;
    this.#socket = socket;
    this.remoteHost = socket.remoteAddress ?? 'unknown';
    this.remote = `${this.remoteHost}:${socket.remotePort ?? 0}`;
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      this.#closeReason = error.message;
    });
  }

  onData(handler: (chunk: Buffer) => void): void {
    this.#socket.on('data', handler);
  }

  onClose(handler: (reason: string | null) => void): void {
    this.#socket.on('close', () => handler(this.#closeReason));
  }

  onDrain(handler: () => void): void {
    this.#socket.on('drain', handler);
  }

  write(buffers: readonly Buffer[], onTaken?: () => void): void {
    const socket = this.#socket;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(this.#uncork);
    }
    const last = buffers.length - 1;
    const ended = (error?: Error | null): void => {
      if (!error) onTaken?.();
    };
    for (let i = 0; i <= last; i++)
      socket.write(buffers[i]!, i === last && onTaken !== undefined ? ended : undefined);
  }

  readonly #uncork = (): void => {
    this.#corked = false;
    this.#socket.uncork();
  };

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** TLS is loaded where it is asked for. */
async function openTls(
  options: TlsListenerOptions,
  accept: (connection: Connection) => void,
): Promise<TlsAcceptor> {
  const { TlsAcceptor } = await import('./tls.ts');
  return new TlsAcceptor(options, (socket, peerName) => accept(new SocketConnection(socket, peerName)));
}

export const nodeNet: Net = {
  async listen({ host, port, tls = null }, accept) {
    const secure = tls === null ? null : await openTls(tls, accept);
    return new Promise<Listener>((resolve, reject) => {
      const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
        if (secure === null) accept(new SocketConnection(socket, null));
        else secure.take(socket);
      });
      server.once('error', reject);
      server.listen({ host, port, backlog: 1024 }, () => {
        server.removeListener('error', reject);
        const address = server.address();
        const actualPort = typeof address === 'object' && address !== null ? address.port : port;
        resolve({
          host,
          port: actualPort,
          renewTls(credentials) {
            assert(secure !== null, 'only a TLS listener has credentials');
            secure.renew(credentials);
          },
          close: () => server.close(),
        });
      });
    });
  },
};

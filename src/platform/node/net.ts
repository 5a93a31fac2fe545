/**
 * The network port over node:net. Writes of one callback leave in one writev: the socket is corked at the second and
 * uncorked when the callback is over. Over TLS such a write is encrypted in one go, after the one copy that Node makes of
 * several buffers.
 *
 * All sockets of a listener are read into one buffer: a fresh one a read, which is what Node makes otherwise, keeps the
 * collector busy at hundreds of MB a second.
 */
import { createServer, type Server, Socket } from 'node:net';
import { assert } from '../../base/assert.ts';
import type { HostPort } from '../../base/host-port.ts';
import type { Connection, Net, TlsListenerOptions } from '../ports.ts';
import type { TlsAcceptor } from './tls.ts';

/** What is read at once. */
const READ_BYTES = 256 * 1024;
/** Connections that the system has taken and the broker hasn't. */
const BACKLOG = 1024;

/** Where a socket of Node keeps what `onread` was given to it. Undocumented: null where it isn't as expected. */
interface ReadPlaces {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** The same in all sockets, TLS or not, of servers or not. */
function findReadPlaces(): ReadPlaces | null {
  const symbols = Object.getOwnPropertySymbols(new Socket());
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, callback, generator] = [named('kBuffer'), named('kBufferCb'), named('kBufferGen')];
  return buffer && callback && generator ? { buffer, callback } : null;
}

const READ_PLACES = findReadPlaces();

/**
 * Has `socket` read into `memory`. Node does that for sockets that a program makes itself (`onread`), not for those that a
 * server accepts, though they have the same places for it. Where these are not known, a socket reads into fresh memory.
 */
function readInto(socket: Socket, memory: Buffer, onData: (chunk: Buffer) => void): void {
  // Also what was read before now.
  socket.on('data', onData);
  const { _handle: handle } = socket as unknown as {
    _handle?: { useUserBuffer?(memory: Buffer): void } | null;
  };
  if (READ_PLACES === null || typeof handle?.useUserBuffer !== 'function') return;
  const places = socket as unknown as Record<symbol, unknown>;
  places[READ_PLACES.buffer] = memory;
  places[READ_PLACES.callback] = (bytes: number) => onData(memory.subarray(0, bytes));
  handle.useUserBuffer(memory);
}

class SocketConnection implements Connection {
  readonly remote: string;
  readonly remoteHost: string;
  readonly peerName: string | null;
  readonly #socket: Socket;
  #onData: (chunk: Buffer) => void = () => undefined;
  /** `#flush` is due. */
  #flushing = false;
  /** The only buffer of this callback so far, which needs no cork: that makes several objects for each write. */
  #alone: Buffer | null = null;
  #aloneTaken: (() => void) | undefined;
  #corked = false;
  #closeReason: string | null = null;

  /** `memory`: what is read into. */
  constructor(socket: Socket, peerName: string | null, memory: Buffer) {
    readInto(socket, memory, (chunk) => this.#onData(chunk));
    this.#socket = socket;
    this.peerName = peerName;
    this.remoteHost = socket.remoteAddress ?? 'unknown';
    this.remote = `${this.remoteHost}:${socket.remotePort ?? 0}`;
    socket.setNoDelay(true);
    socket.on('error', (error) => {
      this.#closeReason = error.message;
    });
  }

  onData(handler: (chunk: Buffer) => void): void {
    this.#onData = handler;
  }

  onClose(handler: (reason: string | null) => void): void {
    this.#socket.on('close', () => handler(this.#closeReason));
  }

  onDrain(handler: () => void): void {
    this.#socket.on('drain', handler);
  }

  write(buffers: readonly Buffer[], onTaken?: () => void): void {
    const isFirst = !this.#flushing;
    if (isFirst) {
      this.#flushing = true;
      process.nextTick(this.#flush);
    }
    if (isFirst && buffers.length === 1) {
      this.#alone = buffers[0]!;
      this.#aloneTaken = onTaken;
      return;
    }
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      this.#writeAlone();
    }
    const last = buffers.length - 1;
    for (let i = 0; i <= last; i++) this.#write(buffers[i]!, i === last ? onTaken : undefined);
  }

  #write(buffer: Buffer, onTaken: (() => void) | undefined): void {
    if (onTaken === undefined) this.#socket.write(buffer);
    else {
      this.#socket.write(buffer, (error) => {
        if (!error) onTaken();
      });
    }
  }

  #writeAlone(): void {
    const buffer = this.#alone;
    if (buffer === null) return;
    this.#alone = null;
    this.#write(buffer, this.#aloneTaken);
    this.#aloneTaken = undefined;
  }

  /** The callback is over. */
  readonly #flush = (): void => {
    this.#flushing = false;
    this.#writeAlone();
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  };

  get unsentBytes(): number {
    return this.#socket.writableLength + (this.#alone?.length ?? 0);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#writeAlone();
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** TLS is loaded where it is asked for. */
async function openTls(
  options: TlsListenerOptions,
  accept: (socket: Socket, peerName: string | null) => void,
): Promise<TlsAcceptor> {
  const { TlsAcceptor } = await import('./tls.ts');
  return new TlsAcceptor(options, accept);
}

/** Listens. Resolves with the port in use; rejects with Node's error. */
export function listenOn(server: Server, { host, port }: HostPort): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      assert(address !== null && typeof address === 'object', 'what listens has a port');
      resolve(address.port);
    });
  });
}

export const nodeNet: Net = {
  async listen({ host, port, tls = null }, accept) {
    const memory = Buffer.allocUnsafeSlow(READ_BYTES);
    const open = (socket: Socket, peerName: string | null): void =>
      accept(new SocketConnection(socket, peerName, memory));
    const secure = tls === null ? null : await openTls(tls, open);
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      if (secure === null) open(socket, null);
      else secure.take(socket);
    });
    return {
      host,
      port: await listenOn(server, { host, port }),
      renewTls(credentials) {
        assert(secure !== null, 'only a TLS listener has credentials');
        secure.renew(credentials);
      },
      close: () => server.close(),
    };
  },
  async checkTls(credentials) {
    const { checkCredentials } = await import('./tls.ts');
    checkCredentials(credentials);
  },
};

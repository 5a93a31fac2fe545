/**
 * The network port over node:net. Writes of one callback leave in one writev: the socket is corked at the second and
 * uncorked when the callback is over. Over TLS such a write is encrypted in one go, after the one copy that Node makes of
 * several buffers.
 *
 * All plain sockets of a listener are read into one buffer: a fresh one a read, which is what Node makes otherwise, keeps the
 * collector busy at hundreds of MB a second.
 */
import { createServer, type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { assert } from '../../base/assert.ts';
import type { Connection, Listener, Net, TlsListenerOptions } from '../ports.ts';
import { collectYoungBuffers } from './memory.ts';
import type { TlsAcceptor } from './tls.ts';

/** What is read at once. */
const READ_BYTES = 256 * 1024;

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

  /** `open` makes a socket that gives what it reads to `onData`. */
  constructor(open: (onData: (chunk: Buffer) => void) => Socket, peerName: string | null) {
    const socket = open((chunk) => this.#onData(chunk));
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
  accept: (connection: Connection) => void,
): Promise<TlsAcceptor> {
  const { TlsAcceptor } = await import('./tls.ts');
  const noteRead = collectYoungBuffers();
  return new TlsAcceptor(options, (socket, peerName) => {
    const open = (onData: (chunk: Buffer) => void): Socket =>
      socket.on('data', (chunk: Buffer) => {
        onData(chunk);
        noteRead(chunk.length);
      });
    accept(new SocketConnection(open, peerName));
  });
}

/** What the type of Socket's options leaves out. */
interface UndocumentedOptions {
  readonly handle: object;
  readonly onread: OnReadOpts;
}

/**
 * Reads what comes on `accepted`, which was not read yet, into `memory`. Node has that for sockets that it makes from options
 * only (`onread`), not for those of a server; so its handle moves to another socket. The handle is no documented property:
 * where there is none, the socket reads as it likes.
 */
function readInto(accepted: Socket, memory: Buffer, onData: (chunk: Buffer) => void): Socket {
  const source = accepted as unknown as { _handle?: object | null };
  const handle = source._handle;
  if (handle === null || handle === undefined || !('useUserBuffer' in handle)) {
    return accepted.on('data', onData).resume();
  }
  const callback = (bytes: number): boolean => {
    onData(memory.subarray(0, bytes));
    return true;
  };
  const options: SocketConstructorOpts & UndocumentedOptions = {
    handle,
    onread: { buffer: memory, callback },
  };
  const socket = new Socket(options);
  source._handle = null;
  accepted.destroy();
  return socket.resume();
}

export const nodeNet: Net = {
  async listen({ host, port, tls = null }, accept) {
    const secure = tls === null ? null : await openTls(tls, accept);
    return new Promise<Listener>((resolve, reject) => {
      const memory = Buffer.allocUnsafeSlow(READ_BYTES);
      const open = (socket: Socket): void =>
        accept(new SocketConnection((onData) => readInto(socket, memory, onData), null));
      const options = { noDelay: true, keepAlive: true, pauseOnConnect: secure === null };
      const server = createServer(options, (socket) =>
        secure === null ? open(socket) : secure.take(socket),
      );
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

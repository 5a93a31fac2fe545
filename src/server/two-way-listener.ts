/**
 * A port that is spoken to plainly and over TLS: the first byte of a connection tells which (0x16 begins a handshake of TLS).
 * By the same byte, or the first one under TLS where the client names no protocol (ALPN), clients of RocketMQ's older protocol
 * are told from those of gRPC. Connections pass the broker's gate of connections first, as those of Kafka's listeners do, and are bounded until they have
 * said their first byte. What waits because others of its own address keep coming holds up nobody else: it takes none of these places meanwhile.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { canonicalAddress } from '../base/ip-address.ts';
import { listenOn } from '../platform/node/net.ts';
import { TlsAcceptor } from '../platform/node/tls.ts';
import type { Clock, Listener, TlsCredentials, TlsListenerOptions } from '../platform/ports.ts';
import { REMOTING_FIRST_BYTE } from '../protocol/rocketmq/remoting.ts';
import type { ConnectionGate } from '../quota/connection-gate.ts';

const TLS_HANDSHAKE = 0x16;
/** Connections that have said nothing yet, and those that are held for a moment before they are let in or closed. */
const SILENT_MAX = 1024;
const TOO_MANY_SILENT = `${SILENT_MAX} have said nothing yet`;

export interface TwoWayOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly gate: ConnectionGate;
  readonly clock: Clock;
  readonly tls: TlsListenerOptions;
  /** How long a connection may say nothing at its beginning, ms. */
  readonly silentMsMax: number;
  /** An open connection, decrypted where it is encrypted. */
  readonly accept: (socket: Socket) => void;
  /** One of a client that speaks RocketMQ's older protocol. */
  readonly acceptRemoting: (socket: Socket) => void;
  /** One is turned away; for the log. */
  readonly refused: (remote: string, why: string) => void;
}

export class TwoWayListener implements Listener {
  readonly #options: TwoWayOptions;
  readonly #server: Server;
  readonly #acceptor: TlsAcceptor;
  /** The sockets of the network, below TLS. */
  readonly #sockets = new Set<Socket>();
  #port: number;
  #silent = 0;
  #readBytes = 0;
  #writtenBytes = 0;
  #refusedCount = 0;

  /** Throws an Error where the credentials can't be used. */
  constructor(options: TwoWayOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#acceptor = new TlsAcceptor(options.tls, (socket) => {
      if (socket.alpnProtocol) options.accept(socket);
      else this.#peek(socket, (first) => this.#hand(socket, first));
    });
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#enter(socket));
  }

  /** Resolves when it listens; rejects with Node's error. */
  async listen(): Promise<void> {
    this.#port = await listenOn(this.#server, this.#options);
  }

  get host(): string {
    return this.#options.host;
  }

  /** The one in use, when it listens. */
  get port(): number {
    return this.#port;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Bytes in and out, of connections that are gone too. */
  traffic(): { readonly readBytes: number; readonly writtenBytes: number } {
    let [readBytes, writtenBytes] = [this.#readBytes, this.#writtenBytes];
    for (const socket of this.#sockets) {
      readBytes += socket.bytesRead;
      writtenBytes += socket.bytesWritten;
    }
    return { readBytes, writtenBytes };
  }

  renewTls(credentials: TlsCredentials): void {
    this.#acceptor.renew(credentials);
  }

  close(): void {
    this.#server.close();
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #enter(socket: Socket): void {
    const { gate, clock, name } = this.#options;
    socket.on('error', () => undefined);
    const host = socket.remoteAddress ?? 'unknown';
    const comer = { listenerName: name, address: canonicalAddress(host) ?? host };
    if (this.#silent >= SILENT_MAX) return this.#turnAway(socket, 0, TOO_MANY_SILENT);
    const nowMs = Math.floor(clock.monotonicMs());
    const verdict = gate.enter(comer, nowMs);
    if (verdict.kind === 'refuse') return this.#turnAway(socket, verdict.afterMs, verdict.why);
    this.#sockets.add(socket);
    socket.once('close', () => {
      gate.left(comer);
      this.#sockets.delete(socket);
      this.#readBytes += socket.bytesRead;
      this.#writtenBytes += socket.bytesWritten;
    });
    const paceMs = gate.pace(name, nowMs);
    const waitMs = paceMs > 0 ? 0 : gate.steadyWaitMs(comer.address, nowMs);
    if (waitMs > 0) return void clock.setTimer(waitMs, () => this.#admitLate(socket));
    const spoke = this.#countSilent(socket);
    if (paceMs === 0) this.#listenTo(socket, spoke);
    else clock.setTimer(paceMs, () => this.#listenTo(socket, spoke));
  }

  #admitLate(socket: Socket): void {
    if (socket.destroyed) return;
    if (this.#silent >= SILENT_MAX) this.#turnAway(socket, 0, TOO_MANY_SILENT);
    else this.#listenTo(socket, this.#countSilent(socket));
  }

  /** It is one of the silent until it is gone, or what this answers is called. */
  #countSilent(socket: Socket): () => void {
    this.#silent++;
    let isSilent = true;
    const spoke = (): void => {
      if (isSilent) this.#silent--;
      isSilent = false;
    };
    socket.once('close', spoke);
    return spoke;
  }

  #listenTo(socket: Socket, spoke: () => void): void {
    if (socket.destroyed) return;
    this.#peek(socket, (first) => {
      spoke();
      if (first === TLS_HANDSHAKE) this.#acceptor.take(socket);
      else this.#hand(socket, first);
    });
  }

  #hand(socket: Socket, first: number): void {
    if (first === REMOTING_FIRST_BYTE) this.#options.acceptRemoting(socket);
    else this.#options.accept(socket);
  }

  /** Tells the first byte when it is there, and leaves it to whoever takes the connection. */
  #peek(socket: Socket, tell: (first: number) => void): void {
    socket.setTimeout(this.#options.silentMsMax, () => socket.destroy());
    const look = (): void => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      socket.removeListener('readable', look);
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.unshift(first);
      tell(first[0]!);
    };
    socket.on('readable', look);
  }

  #turnAway(socket: Socket, afterMs: number, why: string): void {
    this.#refusedCount++;
    const { refused, clock } = this.#options;
    refused(`${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`, why);
    if (afterMs === 0) socket.destroy();
    else clock.setTimer(afterMs, () => socket.destroy());
  }
}

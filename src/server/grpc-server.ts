/**
 * gRPC for RocketMQ's service over node:http2: takes connections that are open, hands their calls to the service as bytes, and
 * puts its replies into frames (docs/adr/0022). Every PING is acknowledged, and none is too many.
 *
 * Deadlines: the service is told how long a caller waits. A client ends its call itself at that time; nothing here does it a
 * second time, so a deadline of 60 years, which Java's client gives its telemetry, needs no timer.
 */
import {
  constants,
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { formatHostPort, type HostPort } from '../base/host-port.ts';
import type { Caller, Replies } from '../protocol/rocketmq/carrier.ts';
import type { AnyRpc } from '../protocol/rocketmq/rpc.ts';
import { type RocketmqService, SERVICE_NAME } from '../protocol/rocketmq/service.ts';
import { framesOf, GRPC_STATUS, type GrpcFailure, percentEncoded, timeoutMs } from './grpc-framing.ts';
import { GrpcRequest } from './grpc-request.ts';
import { letStreamsDieYoung } from './http2-streams.ts';
import type { ConnectionMemory, RequestMemory } from './request-memory.ts';

export interface GrpcServerOptions {
  /** Null: nothing is served here. */
  readonly service: RocketmqService | null;
  /** What is said of a call that isn't served, to who has come by this address of ours. */
  readonly unserved: (path: string, localAddress: string) => string;
  readonly requestBytesMax: number;
  /** Of all servers. */
  readonly memory: RequestMemory;
  readonly streamsMax: number;
  /** Connections without a call are closed after so long, ms. */
  readonly idleMsMax: number;
  readonly advertised: () => HostPort;
  readonly advertisedAlways: boolean;
}

/** How often a connection is asked whether it is there, and how long it may take to answer, ms. */
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** How often connections are looked at, ms. */
const LOOK_MS = 5000;
/** Bytes that a client may send ahead, of one call and of a connection. */
const FLOW_WINDOW_BYTES = 1024 * 1024;
/** What node:http2 may hold for a connection, MB: large replies to a client that reads slowly. */
const SESSION_MEMORY_MB = 1024;
/** How long calls that are open may take to end when the server does, ms. */
const DRAIN_MS = 1000;

const REPLY_HEADERS = { ':status': 200, 'content-type': 'application/grpc' } as const;
/** gRPC has no use for the date that Node writes otherwise. */
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false } as const;
const OK_TRAILERS = { 'grpc-status': String(GRPC_STATUS.ok) } as const;

/** What is known of a connection. */
interface Peer {
  readonly remote: string;
  readonly remoteHost: string;
  readonly memory: ConnectionMemory;
  calls: number;
  /** Since when it has no call, and when it was last asked whether it is there: on the clock of performance.now(). */
  idleSinceMs: number;
  pingedMs: number;
  isPingOpen: boolean;
}

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #server: Http2Server;
  readonly #rpcs = new Map<string, AnyRpc>();
  readonly #peers = new Map<Http2Session, Peer>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    for (const rpc of options.service?.rpcs() ?? []) this.#rpcs.set(`/${SERVICE_NAME}/${rpc.name}`, rpc);
    this.#server = createServer({
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: { maxConcurrentStreams: options.streamsMax, initialWindowSize: FLOW_WINDOW_BYTES },
    });
    this.#server.on('session', (session) => this.#enter(session));
    this.#server.on('sessionError', () => undefined);
    this.#server.on('stream', (stream, headers) => this.#call(stream, headers));
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** A connection to be served, decrypted. */
  take(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Lets open calls end, for a moment, and takes no new ones. */
  drain(): void {
    clearInterval(this.#timer);
    for (const session of this.#peers.keys()) session.close();
    setTimeout(() => this.destroy(), DRAIN_MS).unref();
  }

  destroy(): void {
    clearInterval(this.#timer);
    for (const session of this.#peers.keys()) session.destroy();
  }

  #enter(session: ServerHttp2Session): void {
    const { remoteAddress = 'unknown', remotePort = 0 } = session.socket;
    const nowMs = performance.now();
    this.#peers.set(session, {
      remote: formatHostPort({ host: remoteAddress, port: remotePort }),
      remoteHost: remoteAddress,
      memory: this.#options.memory.connection(),
      calls: 0,
      idleSinceMs: nowMs,
      pingedMs: nowMs,
      isPingOpen: false,
    });
    letStreamsDieYoung(session);
    session.setLocalWindowSize(FLOW_WINDOW_BYTES);
    session.on('error', () => undefined);
    session.on('close', () => this.#peers.delete(session));
  }

  /** Ends connections that do nothing, and those that aren't there any more. */
  #look(): void {
    const nowMs = performance.now();
    for (const [session, peer] of this.#peers) {
      const sinceMs = nowMs - peer.pingedMs;
      if (peer.calls === 0 && nowMs - peer.idleSinceMs >= this.#options.idleMsMax) session.close();
      else if (peer.isPingOpen && sinceMs >= KEEPALIVE_TIMEOUT_MS) session.destroy();
      else if (!peer.isPingOpen && sinceMs >= KEEPALIVE_MS) {
        peer.pingedMs = nowMs;
        peer.isPingOpen = session.ping(() => {
          peer.isPingOpen = false;
        });
      }
    }
  }

  #call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined);
    const peer = stream.session === undefined ? undefined : this.#peers.get(stream.session);
    if (peer === undefined) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    if (headers['content-type']?.startsWith('application/grpc') !== true) {
      stream.respond({ ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE }, { endStream: true });
      return;
    }
    const path = headers[':path'] ?? '';
    const rpc = this.#rpcs.get(path);
    const way = new ReplyStream(stream, rpc?.kind === 'conversation');
    const patienceMs = timeoutMs(headers['grpc-timeout'] as string | undefined);
    if (patienceMs === null) {
      return way.refuse({ status: GRPC_STATUS.internal, message: 'grpc-timeout is not well-formed.' });
    }
    const { service, unserved, requestBytesMax, memory } = this.#options;
    if (rpc === undefined || service === null) {
      const message = unserved(path, stream.session?.socket.localAddress ?? '');
      return way.refuse({ status: GRPC_STATUS.unimplemented, message });
    }
    peer.calls++;
    const open = service.open(rpc, this.#caller(headers, peer, patienceMs), way);
    const request = new GrpcRequest({
      stream,
      way,
      open,
      isUnary: rpc.kind === 'unary',
      connection: peer.memory,
      bytesMax: Math.min(requestBytesMax, memory.bytesMax),
    });
    way.onOver = () => request.over();
    stream.on('close', () => {
      request.over();
      if (--peer.calls === 0) peer.idleSinceMs = performance.now();
      const isTaken = way.isOver && stream.writableFinished && stream.rstCode === constants.NGHTTP2_NO_ERROR;
      if (!isTaken) open.gone();
    });
  }

  #caller(headers: IncomingHttpHeaders, { remote, remoteHost }: Peer, patienceMs: number): Caller {
    const { advertised, advertisedAlways } = this.#options;
    return {
      header(name) {
        const value = headers[name];
        return typeof value === 'string' ? value : (value?.[0] ?? null);
      },
      remote,
      remoteHost,
      advertised: advertised(),
      advertisedAlways,
      patienceMs,
    };
  }
}

/** The way back of one call. Replies leave in one piece with the end: the messages of a receive, and the reply to a call. */
class ReplyStream implements Replies {
  readonly #stream: ServerHttp2Stream;
  readonly #isConversation: boolean;
  #isOver = false;
  /** Called when nothing more is said. */
  onOver: () => void = () => undefined;
  /** What hasn't left yet. */
  #messages: Buffer[] = [];

  /** `isConversation`: replies don't wait for the end. */
  constructor(stream: ServerHttp2Stream, isConversation: boolean) {
    this.#stream = stream;
    this.#isConversation = isConversation;
  }

  /** Nothing more is said. */
  get isOver(): boolean {
    return this.#isOver;
  }

  write(message: Buffer): void {
    if (this.#isOver) return;
    this.#messages.push(message);
    if (this.#isConversation && this.#begin()) this.#stream.write(this.#takeFrames());
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish(OK_TRAILERS);
    this.onOver();
  }

  fail(status: number, message: string): void {
    this.refuse({ status, message });
  }

  refuse({ status, message }: GrpcFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onOver();
    const trailers = { 'grpc-status': String(status), 'grpc-message': percentEncoded(message) };
    // What the client still sends is of no use to anybody.
    this.#stream.resume();
    if (this.#stream.headersSent || this.#messages.length > 0) return this.#finish(trailers);
    if (!this.#isGone) this.#stream.respond({ ...REPLY_HEADERS, ...trailers }, { endStream: true });
  }

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #finish(trailers: OutgoingHttpHeaders): void {
    if (!this.#begin()) return;
    this.#stream.once('wantTrailers', () => this.#stream.sendTrailers(trailers));
    if (this.#messages.length === 0) this.#stream.end();
    else this.#stream.end(this.#takeFrames());
  }

  #takeFrames(): Buffer {
    const frames = framesOf(this.#messages);
    this.#messages = [];
    return frames;
  }

  /** Sends the headers if they aren't sent; false: there is nobody to send them to. */
  #begin(): boolean {
    if (this.#isGone) return false;
    if (!this.#stream.headersSent) this.#stream.respond(REPLY_HEADERS, WITH_TRAILERS);
    return true;
  }
}

/**
 * gRPC for RocketMQ's service: takes connections that are open, and hands their calls to the service as bytes. The library
 * does HTTP/2, deadlines and cancellation; every PING is acknowledged, and none is too many (docs/adr/0022).
 */
import type { Socket } from 'node:net';
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import type { Caller, HostPort, OpenCall, Replies } from '../protocol/rocketmq/carrier.ts';
import type { AnyRpc } from '../protocol/rocketmq/rpc.ts';
import { type RocketmqService, SERVICE_NAME } from '../protocol/rocketmq/service.ts';

export interface GrpcServerOptions {
  readonly service: RocketmqService;
  readonly requestBytesMax: number;
  readonly streamsMax: number;
  /** Connections without a call are closed after so long, ms. */
  readonly idleMsMax: number;
  readonly advertised: () => HostPort;
  readonly advertisedAlways: boolean;
}

/** How long a connection may leave a PING of ours without an answer, ms, and how often one is sent. */
const KEEPALIVE_TIMEOUT_MS = 20_000;
const KEEPALIVE_MS = 60_000;
/** Bytes that a client may send ahead, of one call. */
const FLOW_WINDOW_BYTES = 1024 * 1024;
/** How long calls that are open may take to end when the server does, ms. */
const DRAIN_MS = 1000;

/** What all kinds of calls of the library have. */
interface GrpcCall {
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
  on(event: 'cancelled', listener: () => void): unknown;
}

const asIs = (bytes: Buffer): Buffer => bytes;

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #server: Server;
  readonly #injector: ReturnType<Server['createConnectionInjector']>;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { requestBytesMax, streamsMax, idleMsMax } = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': requestBytesMax,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': streamsMax,
      'grpc.max_connection_idle_ms': idleMsMax,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.enable_channelz': 0,
      'grpc-node.flow_control_window': FLOW_WINDOW_BYTES,
    });
    const definition: Record<string, ServiceDefinition[string]> = {};
    const handlers: Record<string, UntypedHandleCall> = {};
    for (const rpc of options.service.rpcs()) {
      definition[rpc.name] = {
        path: `/${SERVICE_NAME}/${rpc.name}`,
        requestStream: rpc.kind === 'conversation',
        responseStream: rpc.kind !== 'unary',
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      };
      handlers[rpc.name] = this.#handler(rpc);
    }
    this.#server.addService(definition, handlers);
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  /** A connection to be served, decrypted. */
  take(socket: Socket): void {
    this.#injector.injectConnection(socket);
  }

  /** Lets open calls end, for a moment, and takes no new ones. */
  drain(): void {
    this.#injector.drain(DRAIN_MS);
  }

  destroy(): void {
    this.#server.forceShutdown();
  }

  #handler(rpc: AnyRpc): UntypedHandleCall {
    switch (rpc.kind) {
      case 'unary':
        return this.#unary(rpc);
      case 'streaming':
        return this.#streaming(rpc);
      case 'conversation':
        return this.#conversation(rpc);
    }
  }

  #unary(rpc: AnyRpc): handleUnaryCall<Buffer, Buffer> {
    return (call, callback) => {
      let response: Buffer | null = null;
      const open = this.#open(rpc, call, {
        write: (message) => {
          response = message;
        },
        end: () => callback(null, response),
        fail: (code, details) => callback({ code, details }),
      });
      open.message(call.request);
      open.ended();
    };
  }

  #streaming(rpc: AnyRpc): handleServerStreamingCall<Buffer, Buffer> {
    return (call) => {
      const open = this.#open(rpc, call, {
        write: (message) => call.write(message),
        end: () => call.end(),
        fail: (code, details) => call.emit('error', { code, details }),
      });
      open.message(call.request);
      open.ended();
    };
  }

  #conversation(rpc: AnyRpc): handleBidiStreamingCall<Buffer, Buffer> {
    return (call) => {
      const open = this.#open(rpc, call, {
        write: (message) => call.write(message),
        end: () => call.end(),
        fail: (code, details) => call.emit('error', { code, details }),
      });
      call.on('data', (message: Buffer) => open.message(message));
      call.on('end', () => open.ended());
      call.on('error', () => open.gone());
    };
  }

  #open(rpc: AnyRpc, call: GrpcCall, replies: Replies): OpenCall {
    const open = this.#options.service.open(rpc, this.#caller(call), replies);
    call.on('cancelled', () => open.gone());
    return open;
  }

  #caller(call: GrpcCall): Caller {
    const { advertised, advertisedAlways } = this.#options;
    const remote = call.getPeer();
    const deadline = call.getDeadline();
    return {
      header(name) {
        const value = call.metadata.get(name)[0];
        return typeof value === 'string' ? value : null;
      },
      remote,
      remoteHost: remote.slice(0, Math.max(0, remote.lastIndexOf(':'))).replace(/^\[(.*)\]$/, '$1'),
      advertised: advertised(),
      advertisedAlways,
      patienceMs: Math.max(0, Number(deadline) - Date.now()),
    };
  }
}

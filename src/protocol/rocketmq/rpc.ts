/** How an RPC is defined: its codec and its handler; and what a handler gets of a call. */
import type { HostPort } from '../../base/host-port.ts';
import type { Client } from '../../quota/quota-table.ts';
import type { Access } from '../../security/access.ts';
import type { Principal } from '../../security/principal.ts';
import type { Status } from './codec/generated/messages.ts';
import type { WireReader, WireWriter } from './codec/wire.ts';
import type { RocketmqContext } from './context.ts';

/** One call, from its first message to its last reply. */
export interface Call {
  readonly rocketmq: RocketmqContext;
  /** The RPC's name. */
  readonly rpc: string;
  readonly clientId: string;
  /** Of resources that name none. */
  readonly namespace: string;
  readonly principal: Principal;
  /** Whose quotas hold for it. */
  readonly quotaClient: Client;
  readonly access: Access;
  readonly remoteHost: string;
  readonly advertised: HostPort;
  readonly advertisedAlways: boolean;
  /** How long the client waits from the call's beginning on, ms; Infinity: it doesn't say. */
  readonly patienceMs: number;
  /** Called where nobody waits for the answer any more, or nobody can have got all of it. The one that is given last is called. */
  whenGone(run: () => void): void;
}

/** Where replies go. After `end` nothing does. */
export interface ReplyStream<Response> {
  write(response: Response): void;
  end(): void;
}

/** What a handler of many messages does with them. */
export interface Conversation<Request> {
  message(request: Request): void;
  /** The client has sent its last, or is gone. Once. */
  over(): void;
}

interface RpcCodec<Request, Response> {
  readonly name: string;
  read(reader: WireReader): Request;
  write(writer: WireWriter, response: Response): void;
  /** The reply to a call that isn't let through to the handler. */
  refuse(status: Status): Response;
}

/** One message in, one out. */
export interface UnaryRpc<Request, Response> extends RpcCodec<Request, Response> {
  readonly kind: 'unary';
  handle(call: Call, request: Request, reply: (response: Response) => void): void;
}

/** One message in, several out. */
export interface StreamingRpc<Request, Response> extends RpcCodec<Request, Response> {
  readonly kind: 'streaming';
  handle(call: Call, request: Request, replies: ReplyStream<Response>): void;
}

/** Several in both directions. */
export interface ConversationRpc<Request, Response> extends RpcCodec<Request, Response> {
  readonly kind: 'conversation';
  open(call: Call, replies: ReplyStream<Response>): Conversation<Request>;
}

// biome-ignore lint/suspicious/noExplicitAny: each RPC has its own types, which its own codec makes.
export type AnyRpc = UnaryRpc<any, any> | StreamingRpc<any, any> | ConversationRpc<any, any>;

export function unary<Request, Response>(
  rpc: Omit<UnaryRpc<Request, Response>, 'kind'>,
): UnaryRpc<Request, Response> {
  return { kind: 'unary', ...rpc };
}

export function streaming<Request, Response>(
  rpc: Omit<StreamingRpc<Request, Response>, 'kind'>,
): StreamingRpc<Request, Response> {
  return { kind: 'streaming', ...rpc };
}

export function conversation<Request, Response>(
  rpc: Omit<ConversationRpc<Request, Response>, 'kind'>,
): ConversationRpc<Request, Response> {
  return { kind: 'conversation', ...rpc };
}

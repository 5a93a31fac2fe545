/**
 * The request of one call on its way in: cut into messages, counted while it takes memory (request-memory.ts), handed to the call.
 * A message of a unary call counts until it is answered, others while they aren't whole.
 */
import type { ServerHttp2Stream } from 'node:http2';
import type { OpenCall } from '../protocol/rocketmq/carrier.ts';
import { GRPC_STATUS, type GrpcFailure, MessageReader } from './grpc-framing.ts';
import type { CallMemory, ConnectionMemory, Refusable } from './request-memory.ts';

/** The way back. */
interface Way {
  readonly isOver: boolean;
  refuse(failure: GrpcFailure): void;
}

export interface GrpcRequestOptions {
  readonly stream: ServerHttp2Stream;
  readonly way: Way;
  readonly open: OpenCall;
  readonly isUnary: boolean;
  readonly connection: ConnectionMemory;
  readonly bytesMax: number;
}

const NO_ROOM =
  'The broker has no room for the request now (polylog.rocketmq.inflight.bytes): send it again.';

export class GrpcRequest implements Refusable {
  readonly #options: GrpcRequestOptions;
  readonly #reader: MessageReader;
  readonly #memory: CallMemory;
  #workBytes = 0;
  /** What still comes is of no use to anybody. */
  #isOver = false;
  /** The call is told no more of it. */
  #isDropped = false;

  constructor(options: GrpcRequestOptions) {
    this.#options = options;
    const { stream, bytesMax, connection } = options;
    this.#memory = connection.call(this);
    this.#reader = new MessageReader(bytesMax, (message) => this.#message(message));
    stream.on('data', (chunk: Buffer) => this.#arrived(chunk));
    stream.on('end', () => this.#ended());
  }

  /** Nothing of it is needed any more: the call is answered, has failed, or is gone. */
  over(): void {
    this.#isOver = true;
    this.#workBytes = 0;
    this.#reader.clear();
    this.#memory.set(0, 0);
    this.#options.stream.resume();
  }

  refuse(): void {
    this.#isDropped = true;
    this.over();
    this.#options.open.refused(NO_ROOM);
  }

  #arrived(chunk: Buffer): void {
    if (this.#isOver) return;
    if (!this.#memory.mayTake(chunk.length)) return this.refuse();
    const failure = this.#reader.push(chunk);
    if (failure === null) return this.#count();
    this.#isDropped = true;
    this.over();
    this.#options.open.gone();
    this.#options.way.refuse(failure);
  }

  #message(message: Buffer): void {
    if (this.#isOver) return;
    if (this.#options.isUnary) this.#workBytes += message.length;
    this.#options.open.message(message);
  }

  #count(): void {
    if (this.#isOver) return;
    this.#memory.set(this.#reader.heldBytes, this.#workBytes);
  }

  #ended(): void {
    const { way, open } = this.#options;
    if (this.#isDropped) return;
    if (this.#reader.isCut) way.refuse({ status: GRPC_STATUS.internal, message: 'The request is cut off.' });
    open.ended();
  }
}

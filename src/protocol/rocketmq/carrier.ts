/**
 * What carries calls and this protocol. CONTRACT: gRPC in a process (server/grpc-server.ts), plain functions in tests.
 *
 * A call is opened once, has one message of the client or several, and gets one reply or several. After `end` or `fail`
 * nothing more is said; after `gone` nobody listens any more, and what was said last may not have come.
 */
import type { HostPort } from '../../base/host-port.ts';

/** Who calls, as the carrier knows it. */
export interface Caller {
  /** A header of the call by its name in small letters; null: it has none. */
  header(name: string): string | null;
  /** Its address as host:port, and without the port. */
  readonly remote: string;
  readonly remoteHost: string;
  /** What clients of the listener are told to connect to, where they don't say how they reached it. */
  readonly advertised: HostPort;
  /** True where the operator says that it is that, whatever clients say. */
  readonly advertisedAlways: boolean;
  /** How long the caller waits for the end of the call, ms; Infinity: it doesn't say. */
  readonly patienceMs: number;
}

/** Those of gRPC's statuses with which calls fail that have no answer of their own. */
export const CALL_FAILURES = {
  invalidArgument: 3,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
} as const;

/** The way back to the caller. */
export interface Replies {
  write(message: Buffer): void;
  /** After the last reply. */
  end(): void;
  /** Instead of replies. `status` is one of CALL_FAILURES. */
  fail(status: number, message: string): void;
}

/** What the carrier tells of a call that it has opened. */
export interface OpenCall {
  /** A message of the client; the bytes are the call's from now on. */
  message(bytes: Buffer): void;
  /** The client has sent its last message. */
  ended(): void;
  /** There is no room for the message that is on its way: instead of it. Nothing is told after that. `why` is for the client. */
  refused(why: string): void;
  /** The client has cancelled, or its connection is gone, before all had left that was said. Also after the end of the replies. */
  gone(): void;
}

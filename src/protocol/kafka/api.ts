/**
 * How an API is served: its reader, its writer and its handler, tied together in one place. One file an API (or family)
 * in handlers/ exports such entries; `handlers/index.ts` lists them.
 */
import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import type { Access, AclOperation, AclResourceType } from '../../security/access.ts';
import type { Principal } from '../../security/principal.ts';
import type { Authentication } from './authentication.ts';
import type { KafkaContext } from './context.ts';
import type { RequestCharge } from './request-charge.ts';

/** What a handler knows of the request besides its fields. */
export interface RequestContext {
  readonly kafka: KafkaContext;
  readonly apiKey: number;
  readonly apiVersion: number;
  /** As the client says; '' when it says nothing. Not trusted. */
  readonly clientId: string;
  /** Address of the client, for group descriptions and logs. */
  readonly clientHost: string;
  /** Address and port of the client, as `host:port`. */
  readonly remote: string;
  /** What the client says in ApiVersions that it is (KIP-511), which sets it; '' before. Of the connection. Not trusted. */
  readonly software: { name: string; version: string };
  /** Who asks, as it was shown when the request arrived; ANONYMOUS on a listener without authentication. */
  readonly principal: Principal;
  /** What they may do. Ask through `isAllowed` (handlers/authorize.ts), which tells the audit log of denials. */
  readonly access: Access;
  /** The listener that the client came through, e.g. PLAINTEXT or a name of the settings. */
  readonly listenerName: string;
  /** For the requests that authenticate. */
  readonly authentication: Pick<Authentication, 'handshake' | 'authenticate'>;
  /** What clients of this listener are told to connect to. */
  readonly advertised: { readonly host: string; readonly port: number };
  /** What the request costs its client's quotas. */
  readonly charge: RequestCharge;
  /** Ends the connection with a log line: for what Kafka answers by closing. */
  close(reason: string): void;
  /** Calls `run` if the connection ends before this request is answered: what waits for nobody should stop. */
  whenGone(run: () => void): void;
  /** Calls `run` when the connection ends, however many requests later; what it returns takes that back. */
  whenDisconnected(run: () => void): () => void;
}

/** Something that a handler asks of `context.access`. */
export type Check = `${AclOperation} ${AclResourceType}`;

/**
 * All that an API asks before it serves, or why it serves everybody. test/protocol/kafka/authorization.test.ts makes sure
 * that it is what the handler asks, and that a client which may do nothing learns nothing.
 */
export type Authorization = readonly Check[] | { readonly open: string };

export interface Api<Request, Response> {
  readonly key: number;
  readonly authorization: Authorization;
  readonly read: (reader: ByteReader, version: number) => Request;
  readonly write: (writer: ByteWriter, response: Response, version: number) => void;
  /**
   * Calls `respond` exactly once, now or later; null: this request has no response (acks=0). `held`: buffers in the
   * response to release when the network has taken them. Throws only for our own errors.
   */
  readonly handle: (
    context: RequestContext,
    request: Request,
    respond: (response: Response | null, held?: readonly Buffer[]) => void,
  ) => void;
  /** Not told in ApiVersions: it is for Polylog's own client, and no other needs to put up with its key. */
  readonly unadvertised?: true;
  /** The handler needs the bytes of the request only until it returns, or has them held. */
  readonly releasesRequest?: true;
}

/** An entry whose types are checked against each other and then forgotten. */
export type AnyApi = Api<unknown, unknown>;

export function defineApi<Request, Response>(api: Api<Request, Response>): AnyApi {
  return api as unknown as AnyApi;
}

/** As `defineApi`, for what is rare enough to cost a promise. A rejection is our own error. */
export function defineAsyncApi<Request, Response>(
  api: Omit<Api<Request, Response>, 'handle'> & {
    readonly handle: (context: RequestContext, request: Request) => Promise<Response>;
  },
): AnyApi {
  return defineApi<Request, Response>({
    ...api,
    handle(context, request, respond) {
      void api.handle(context, request).then(respond);
    },
  });
}

/**
 * One client connection: bytes in, requests cut and decoded, handlers called, responses out in the order of requests.
 *
 * Requests are handled as they arrive, several at a time (a producer's next batch joins the group that is being
 * committed), and answered in order. Reading stops while this connection's or all connections' requests in work
 * exceed their bounds, or while the client does not take its answers; so memory is bounded by settings, and a client that
 * stops reading stops only itself. A connection with much to do does it in slices, and others in between (turns.ts); one
 * that is above a quota is not read for the time that its answer says (KIP-219). Of requests whose answers may be large (a few bytes can ask for megabytes) one is in
 * work at a time; the next waits for its answer.
 *
 * What can't be understood ends the connection with a log line that says why, as Kafka does.
 */
import type { BlockPool } from '../../base/block-pool.ts';
import { ByteReader, MalformedError } from '../../base/byte-reader.ts';
import type { Connection, Timer } from '../../platform/ports.ts';
import type { Access } from '../../security/access.ts';
import { ANONYMOUS, type Principal } from '../../security/principal.ts';
import type { AnyApi, RequestContext } from './api.ts';
import { Authentication, type SaslAdmission } from './authentication.ts';
import { API_KEY, isSupported } from './codec/api-keys.ts';
import { readRequestHeader, writeResponseHeader } from './codec/header.ts';
import type { KafkaContext } from './context.ts';
import { NO_ERROR } from './errors.ts';
import { RequestAssembler } from './framing.ts';
import { unsupportedApiVersions } from './handlers/api-versions.ts';
import { ClientCharge, NO_CHARGE } from './request-charge.ts';
import { Slice } from './turns.ts';

const SIZE_BYTES = 4;
/** A client that talks this much of another protocol is told apart from a broken one in the log. */
const TLS_HANDSHAKE = 0x16;

/** Decoding may take a hundred times the bytes of a request, except where these are batches. */
const REQUEST_BYTES_MAX = 8 * 1024 * 1024;
/** Requests whose answers are no larger than they are: any number of them may be in work at once. */
const PIPELINED: ReadonlySet<number> = new Set([API_KEY.Produce, API_KEY.OffsetCommit, API_KEY.Heartbeat]);
/** From here on, bytes of a connection count where all connections have one bound; also what each may hold beyond it. */
const COUNTED_BYTES_MIN = 256 * 1024;

const NOTHING_HELD: readonly Buffer[] = [];

/** A place in the order of answers. */
interface Slot {
  readonly requestBytes: number;
  /** Its answer may be large. */
  readonly bulky: boolean;
  /** Null until the handler has answered; empty for a request without a response. */
  buffers: Buffer[] | null;
  /** Parts of `buffers` to release when the network has taken them. */
  held: readonly Buffer[];
  /** To call when the connection ends before the answer. */
  gone: (() => void) | null;
}

export interface SessionOptions {
  readonly context: KafkaContext;
  readonly connection: Connection;
  readonly advertised: { readonly host: string; readonly port: number };
  readonly listenerName: string;
  /** Null on a listener without SASL. */
  readonly sasl: SaslAdmission | null;
  /** Who it is before SASL says more. */
  readonly principal: Principal;
  /** Called once, after the connection is gone. */
  readonly onClosed: (reason: string | null) => void;
}

export class KafkaSession {
  readonly #context: KafkaContext;
  readonly #connection: Connection;
  readonly #advertised: { readonly host: string; readonly port: number };
  readonly #listenerName: string;
  readonly #authentication: Authentication;
  readonly #blocks: BlockPool;
  readonly #assembler: RequestAssembler;
  readonly #slots: Slot[] = [];
  #inflightBytes = 0;
  /** A request that waits for the answer of a bulky one. */
  #held: Buffer | null = null;
  #bulkyInWork = false;
  /** Parts of the bounds of all connections that are this one's. */
  #countedUnsentBytes = 0;
  #countedArrivingBytes = 0;
  #ending = false;
  #paused = false;
  #closed = false;
  /** What handlers have to undo when the connection is gone; null where none ever had. */
  #undoings: Set<() => void> | null = null;
  #parsing = false;
  readonly #slice: Slice;
  /** Its slice is over and there is more: it works on when it comes back. */
  #yielded = false;
  /** Its turn to come in is not there yet. */
  #heldBack = false;
  /** Runs while the client has to be silent. */
  #muted: Timer | null = null;
  #mutedUntilMs = 0;
  #receivedBytes = 0;
  #sentBytes = 0;
  #requestCount = 0;
  #clientId = '';
  readonly #software = { name: '', version: '' };
  /** What `#accessOf` may do. */
  #access: Access | null = null;
  #accessOf: Principal = ANONYMOUS;

  constructor(options: SessionOptions) {
    this.#context = options.context;
    this.#connection = options.connection;
    this.#advertised = options.advertised;
    this.#listenerName = options.listenerName;
    this.#blocks = options.context.blocks;
    this.#slice = new Slice(options.context.turns.limits);
    const { requestBytesMax } = options.context.limits;
    const firstBytesMax = Math.min(options.sasl?.receiveBytesMax ?? requestBytesMax, requestBytesMax);
    this.#assembler = new RequestAssembler(firstBytesMax, this.#blocks);
    this.#authentication = new Authentication({
      ports: options.context.authentication,
      sasl: options.sasl,
      principal: options.principal,
      listenerName: options.listenerName,
      remote: options.connection.remote,
      onFailed: () => {
        this.#ending = true;
      },
      onComplete: () => this.#assembler.limit(requestBytesMax),
    });
    this.#connection.onData((chunk) => this.#receive(chunk));
    this.#connection.onDrain(() => {
      this.#countUnsent();
      this.#continue();
    });
    this.#connection.onClose((reason) => {
      this.#release();
      options.onClosed(reason);
    });
  }

  /** Whether the client has shown who it is. */
  get authenticated(): boolean {
    return this.#authentication.complete;
  }

  /** True while a request waits for its answer (a long poll, a join), or for the end of a pause. */
  get waiting(): boolean {
    return this.#slots.length > 0 || this.#muted !== null || this.#heldBack;
  }

  /** Changes whenever the peer has sent or taken bytes: what is equal twice was quiet in between. */
  get activity(): number {
    return this.#receivedBytes + this.#sentBytes - this.#connection.unsentBytes;
  }

  get unsentBytes(): number {
    return this.#connection.unsentBytes;
  }

  get remote(): string {
    return this.#connection.remote;
  }

  /** Ends the connection at once. `reason` is a sentence for the log. */
  close(reason: string): void {
    if (this.#closed) return;
    const { remote } = this.#connection;
    this.#context.logger.warn(
      { remote, clientId: this.#clientId },
      `closing connection from ${remote}: ${reason}`,
    );
    this.destroy();
  }

  /** Ends the connection at once and without a word. */
  destroy(): void {
    this.#connection.destroy();
    this.#release();
  }

  /** Takes no more requests, and ends the connection after the answers that are due. */
  end(): void {
    this.#ending = true;
    if (this.#slots.length === 0) this.#connection.end();
  }

  /** Bytes of requests that have not arrived whole, where they are many. */
  get arrivingBytes(): number {
    return this.#countedArrivingBytes;
  }

  #release(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const slot of this.#slots) if (slot.buffers === null) slot.gone?.();
    for (const undo of this.#undoings ?? []) undo();
    this.#undoings = null;
    this.#context.requestBudget.forget(this.#continue);
    this.#context.turns.forget(this.#comeBack);
    this.#context.turns.forgetWork(this);
    this.#muted?.cancel();
    this.#muted = null;
    this.#context.requestBudget.give(this.#inflightBytes);
    this.#inflightBytes = 0;
    this.#held = null;
    this.#context.unsent.add(-this.#countedUnsentBytes);
    this.#countedUnsentBytes = 0;
    this.#countArriving(0);
  }

  #countUnsent(): void {
    if (this.#closed) return;
    const { unsentBytes } = this.#connection;
    const counted = unsentBytes > COUNTED_BYTES_MIN ? unsentBytes : 0;
    if (counted === this.#countedUnsentBytes) return;
    this.#context.unsent.add(counted - this.#countedUnsentBytes);
    this.#countedUnsentBytes = counted;
  }

  #countArriving(bufferedBytes: number): void {
    const counted = bufferedBytes > COUNTED_BYTES_MIN ? bufferedBytes : 0;
    const before = this.#countedArrivingBytes;
    if (counted === before) return;
    this.#countedArrivingBytes = counted;
    this.#context.arriving.changed(this, before);
  }

  #receive(chunk: Buffer): void {
    // What comes behind the last request that is served is not kept.
    if (this.#closed || this.#ending) return;
    this.#receivedBytes += chunk.length;
    this.#context.traffic.receivedBytes += chunk.length;
    this.#assembler.push(chunk);
    this.#parse();
    if (!this.#closed) this.#countArriving(this.#assembler.bufferedBytes);
  }

  readonly #continue = (): void => {
    if (this.#closed) return;
    this.#parse();
  };

  readonly #comeBack = (): void => {
    this.#yielded = false;
    this.#slice.renew();
    this.#continue();
  };

  /** Handles what has arrived, up to the bounds and the end of a slice. */
  #parse(): void {
    if (this.#parsing || this.#yielded) return;
    this.#parsing = true;
    const { clock } = this.#context;
    const slice = this.#slice;
    let fromMs = clock.monotonicMs();
    slice.begin(fromMs);
    while (!this.#closed && !this.#ending && !this.#overBounds()) {
      const request = this.#held ?? this.#assembler.next();
      if (request === null) break;
      if (typeof request === 'string') {
        this.close(this.#requestCount === 0 ? `${request}; ${this.#guess()}` : request);
        break;
      }
      if (slice.isOver) {
        this.#held = request;
        this.#yielded = true;
        break;
      }
      this.#held = this.#mustWait(request) ? request : null;
      if (this.#held !== null) continue;
      this.#context.turns.noteWork(this);
      this.#handle(request);
      const nowMs = clock.monotonicMs();
      slice.take({ requests: 1, bytes: request.length, fromMs }, nowMs);
      fromMs = nowMs;
    }
    this.#parsing = false;
    if (this.#closed) return;
    if (this.#yielded) this.#context.turns.comeBack(this.#comeBack);
    this.#setPaused(this.#yielded || this.#overBounds());
  }

  #guess(): string {
    if (this.#assembler.refusedByte === TLS_HANDSHAKE) return 'this looks like TLS on a plaintext listener';
    return 'is this a Kafka client?';
  }

  #overBounds(): boolean {
    const { limits, requestBudget, turns, unsent } = this.#context;
    if (requestBudget.exhausted && this.#inflightBytes === 0) {
      requestBudget.wait(this.#continue);
      return true;
    }
    const unsentBytesMax = unsent.exhausted ? COUNTED_BYTES_MIN : limits.connectionUnsentBytesMax;
    return (
      this.#muted !== null ||
      this.#heldBack ||
      (this.#held !== null && this.#bulkyInWork) ||
      requestBudget.exhausted ||
      this.#inflightBytes >= limits.connectionInflightBytesMax ||
      turns.isFull(this.#inflightBytes) ||
      this.#slots.length >= limits.connectionInflightRequestsMax ||
      this.#connection.unsentBytes >= unsentBytesMax
    );
  }

  #mustWait(request: Buffer): boolean {
    if (this.#authentication.busy) return true;
    // What is refused anyway need not wait.
    if (!this.#bulkyInWork || request.length < 2 || request.length > REQUEST_BYTES_MAX) return false;
    return !PIPELINED.has(request.readInt16BE(0));
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#connection.pause();
    else this.#connection.resume();
  }

  /** Reads nothing until `admit`. */
  holdBack(): void {
    this.#heldBack = true;
    this.#setPaused(true);
  }

  admit(): void {
    this.#heldBack = false;
    this.#continue();
  }

  /** Reads no further for `ms`; answers to what is in work still leave. */
  #mute(ms: number): void {
    const { clock } = this.#context;
    const untilMs = clock.monotonicMs() + ms;
    if (untilMs <= this.#mutedUntilMs && this.#muted !== null) return;
    this.#mutedUntilMs = untilMs;
    this.#muted?.cancel();
    this.#muted = clock.setTimer(ms, () => {
      this.#muted = null;
      this.#continue();
    });
    this.#setPaused(true);
  }

  #handle(request: Buffer): void {
    try {
      if (this.#authentication.awaitsBareToken) this.#takeBareToken(request);
      else this.#dispatch(request);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.close(`malformed request: ${error.message}`);
    }
  }

  #dispatch(request: Buffer): void {
    const reader = new ByteReader(request);
    const header = readRequestHeader(reader);
    const { apiKey, apiVersion, correlationId } = header;
    this.#clientId = header.clientId ?? '';
    const refusal = this.#authentication.refusal(apiKey);
    if (refusal !== null) return this.close(refusal);
    const api = this.#context.apis.get(apiKey);
    if (request.length > REQUEST_BYTES_MAX && apiKey !== API_KEY.Produce) {
      return this.close(
        `a request of ${request.length} bytes with API key ${apiKey}: only Produce may have more than ${REQUEST_BYTES_MAX}`,
      );
    }
    if (api === undefined) return this.close(`API key ${apiKey} is not supported`);
    if (!isSupported(apiKey, apiVersion)) {
      if (apiKey === API_KEY.ApiVersions) return this.#answerUnsupportedApiVersions(correlationId);
      return this.close(`version ${apiVersion} of API key ${apiKey} is not supported`);
    }
    // Bytes behind the body are passed over, as Kafka does: librdkafka's request for the metadata of all topics has three
    // (its issue 5049).
    const body = api.read(reader, apiVersion);
    this.#context.traffic.noteRequest(apiKey);
    this.#run(api, body, { apiKey, apiVersion, correlationId, requestBytes: request.length });
    if (api.releasesRequest) this.#blocks.release(request);
  }

  #run(
    api: AnyApi,
    body: unknown,
    request: { apiKey: number; apiVersion: number; correlationId: number; requestBytes: number },
  ): void {
    const bulky = !PIPELINED.has(request.apiKey);
    const slot: Slot = {
      requestBytes: request.requestBytes,
      bulky,
      buffers: null,
      held: NOTHING_HELD,
      gone: null,
    };
    this.#slots.push(slot);
    if (bulky) this.#bulkyInWork = true;
    this.#inflightBytes += slot.requestBytes;
    this.#context.requestBudget.take(slot.requestBytes);
    const { principal } = this.#authentication;
    const { quotas, clock } = this.#context;
    const charge = quotas.active
      ? new ClientCharge({
          quotas,
          clock,
          client: { user: principal.name, clientId: this.#clientId },
          apiKey: request.apiKey,
          requestBytes: request.requestBytes,
        })
      : null;
    const context: RequestContext = {
      kafka: this.#context,
      apiKey: request.apiKey,
      apiVersion: request.apiVersion,
      clientId: this.#clientId,
      clientHost: this.#connection.remoteHost,
      principal,
      access: this.#accessFor(principal),
      charge: charge ?? NO_CHARGE,
      remote: this.#connection.remote,
      software: this.#software,
      listenerName: this.#listenerName,
      authentication: this.#authentication,
      advertised: this.#advertised,
      close: (reason) => this.close(reason),
      whenGone: (run) => {
        slot.gone = run;
      },
      whenDisconnected: (run) => {
        this.#undoings ??= new Set();
        this.#undoings.add(run);
        return () => this.#undoings?.delete(run);
      },
    };
    api.handle(context, body, (response, held = NOTHING_HELD) => {
      if (this.#closed) return this.#blocks.releaseAll(held);
      slot.held = held;
      // To write a large answer is work, too; what handles its request may have returned long ago.
      const counts = bulky && !this.#parsing;
      const fromMs = counts ? clock.monotonicMs() : 0;
      if (counts) this.#slice.begin(fromMs);
      if (charge === null) slot.buffers = response === null ? [] : this.#encode(api, response, request);
      else slot.buffers = this.#settle(api, response, { ...request, charge });
      if (counts) this.#slice.take({ requests: 0, bytes: 0, fromMs }, clock.monotonicMs());
      this.#flush();
    });
    charge?.handled();
  }

  /** The bytes of an answer that says how long the client has to be silent, which it is made to be. */
  #settle(
    api: AnyApi,
    response: unknown,
    request: { apiKey: number; apiVersion: number; correlationId: number; charge: ClientCharge },
  ): Buffer[] {
    const { charge } = request;
    const throttleTimeMs = charge.settle(response !== null);
    if (throttleTimeMs > 0) this.#mute(throttleTimeMs);
    if (response === null) return [];
    const startedMs = this.#context.clock.monotonicMs();
    // Answers to several requests may be one object.
    const tells = throttleTimeMs > 0 && 'throttleTimeMs' in (response as object);
    const told = tells ? { ...(response as object), throttleTimeMs } : response;
    const buffers = this.#encode(api, told, request);
    charge.spent(this.#context.clock.monotonicMs() - startedMs);
    return buffers;
  }

  /** Asked for each request, and made anew when the client has shown itself to be another. */
  #accessFor(principal: Principal): Access {
    if (this.#access === null || this.#accessOf !== principal) {
      this.#access = this.#context.broker.access(principal, this.#connection.remoteHost);
      this.#accessOf = principal;
    }
    return this.#access;
  }

  /** A token of SASL as clients send it that know SaslHandshake 0 only: without a header, and so is the answer. */
  #takeBareToken(token: Buffer): void {
    const slot: Slot = {
      requestBytes: token.length,
      bulky: true,
      buffers: null,
      held: NOTHING_HELD,
      gone: null,
    };
    this.#slots.push(slot);
    this.#bulkyInWork = true;
    this.#inflightBytes += slot.requestBytes;
    this.#context.requestBudget.take(slot.requestBytes);
    this.#authentication.authenticate(token, (answer) => {
      if (this.#closed) return;
      slot.buffers = answer.errorCode === NO_ERROR ? this.#frame(answer.token) : [];
      this.#flush();
    });
  }

  #frame(bytes: Buffer): Buffer[] {
    const size = Buffer.alloc(SIZE_BYTES);
    size.writeInt32BE(bytes.length);
    this.#sentBytes += SIZE_BYTES + bytes.length;
    return [size, bytes];
  }

  #encode(
    api: AnyApi,
    response: unknown,
    request: { apiKey: number; apiVersion: number; correlationId: number },
  ): Buffer[] {
    const writer = this.#context.answers;
    // Left by an answer that could not be written.
    writer.reset();
    writer.int32(0);
    writeResponseHeader(writer, request.apiKey, request.apiVersion, request.correlationId);
    api.write(writer, response, request.apiVersion);
    const bytes = writer.byteLength;
    const buffers = writer.finish();
    buffers[0]!.writeInt32BE(bytes - SIZE_BYTES, 0);
    this.#sentBytes += bytes;
    this.#context.traffic.sentBytes += bytes;
    return buffers;
  }

  #answerUnsupportedApiVersions(correlationId: number): void {
    const api = this.#context.apis.get(API_KEY.ApiVersions)!;
    const request = { apiKey: API_KEY.ApiVersions, apiVersion: 0, correlationId };
    const response = unsupportedApiVersions();
    const buffers = this.#encode(api, response, request);
    this.#slots.push({ requestBytes: 0, bulky: false, buffers, held: NOTHING_HELD, gone: null });
    this.#flush();
  }

  #send(buffers: readonly Buffer[], held: readonly Buffer[]): void {
    if (buffers.length === 0) return;
    if (held.length === 0) this.#connection.write(buffers);
    else this.#connection.write(buffers, () => this.#blocks.releaseAll(held));
  }

  /** Sends the answers at the head of the order that are there. */
  #flush(): void {
    let ready = 0;
    while (ready < this.#slots.length && this.#slots[ready]!.buffers !== null) ready++;
    if (ready === 0) return;
    let requestBytes = 0;
    for (const slot of this.#slots.splice(0, ready)) {
      this.#send(slot.buffers!, slot.held);
      requestBytes += slot.requestBytes;
      if (slot.bulky) this.#bulkyInWork = false;
    }
    this.#countUnsent();
    if (this.#ending && this.#slots.length === 0) this.#connection.end();
    this.#requestCount += ready;
    this.#inflightBytes -= requestBytes;
    // Last: it may call other sessions, and this one.
    this.#context.requestBudget.give(requestBytes);
    if (this.#paused || this.#held !== null || this.#assembler.bufferedBytes > 0) this.#continue();
  }
}

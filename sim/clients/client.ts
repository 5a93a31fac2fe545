/**
 * What every simulated Kafka client stands on: one connection to the broker, requests with their answers, timeouts,
 * reconnecting. Clients are loops of promises; the scheduler drains microtasks between events, so they are as
 * deterministic as everything else.
 *
 * Also a checker: answers must come in the order of requests, be decodable to their last byte, and belong to a request.
 */
import { BlockPool } from '../../src/base/block-pool.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import type { Compression } from '../../src/platform/ports.ts';
import { readResponseHeader, writeRequestHeader } from '../../src/protocol/kafka/codec/header.ts';
import { RequestAssembler } from '../../src/protocol/kafka/framing.ts';
import { SimClock } from '../clock.ts';
import type { History } from '../history.ts';
import type { SimConnection, SimNetwork } from '../net.ts';
import type { Prng } from '../prng.ts';
import { SimProcess } from '../process.ts';
import type { Scheduler } from '../scheduler.ts';
import { API_VERSIONS, type ApiCall } from './api.ts';

/** What a client gets from its world. */
export interface ClientWorld {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly history: History;
  readonly compression: Compression;
  /** Where the broker listens, also while it is down. */
  readonly address: { readonly host: string; readonly port: number };
  /** True from the moment on at which all faults have stopped. */
  readonly calm: boolean;
  /** Notes a line for `--verbose`. */
  note(line: string): void;
}

/** The connection went away, or an answer didn't come in time: whether the request took effect isn't known. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

interface Pending {
  readonly correlationId: number;
  readonly settle: (response: Buffer | null) => void;
}

const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

export class SimClient {
  readonly name: string;
  readonly world: ClientWorld;
  readonly prng: Prng;
  readonly process: SimProcess;
  readonly clock: SimClock;
  requestTimeoutMs = 5000;
  #connection: SimConnection | null = null;
  #connecting: Promise<void> | null = null;
  #pending: Pending[] = [];
  #correlationId = 0;
  /** Versions this client speaks, drawn once an API, within what the broker says. */
  readonly #versions = new Map<number, number>();
  #advertised: Map<number, { min: number; max: number }> | null = null;

  constructor(world: ClientWorld, name: string, prng: Prng) {
    this.world = world;
    this.name = name;
    this.prng = prng;
    this.process = new SimProcess(name);
    this.clock = new SimClock(world.scheduler, this.process);
  }

  get connected(): boolean {
    return this.#connection !== null && !this.#connection.closed;
  }

  /** For faults: the connection in use. */
  get connection(): SimConnection | null {
    return this.#connection;
  }

  /** After so long both sides notice that nothing arrives any more; undefined: never. */
  get noticesCutsAfterMs(): number | undefined {
    return undefined;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.setTimer(ms, resolve);
    });
  }

  /** Notes a violation of what the broker must keep. */
  fail(message: string): void {
    this.world.history.fail(`${this.name}: ${message}`);
  }

  note(line: string): void {
    this.world.note(`${this.name}: ${line}`);
  }

  /** Ends the client in this moment, as a kill does. */
  kill(): void {
    const connection = this.#connection;
    this.process.kill();
    connection?.reset('connection reset by peer');
  }

  disconnect(): void {
    this.#lose('closed by the client');
  }

  /** The version in which this client speaks an API, at most `max`. Connects first. */
  async version(
    api: { key: number; name: string; minVersion: number; maxVersion: number },
    max = api.maxVersion,
  ): Promise<number> {
    await this.connect();
    const advertised = this.#advertised?.get(api.key);
    if (advertised === undefined) {
      this.fail(`${api.name} is not advertised`);
      return max;
    }
    const low = Math.max(api.minVersion, advertised.min);
    const high = Math.min(api.maxVersion, advertised.max);
    let version = this.#versions.get(api.key);
    if (version === undefined || version < low || version > high) {
      version = this.prng.chance(0.4) ? high : this.prng.between(low, high);
      this.#versions.set(api.key, version);
    }
    return Math.min(version, max);
  }

  /**
   * Asks and waits for the answer, connecting first where needed. Throws Disconnected when none came.
   * `timeoutMs`: how long to wait for the answer.
   */
  async call<Request, Response>(
    api: ApiCall<Request, Response>,
    request: Request,
    options: { timeoutMs?: number; version?: number } = {},
  ): Promise<Response> {
    const version = options.version ?? (await this.version(api));
    await this.connect();
    const answer = this.send(api, request, version, options.timeoutMs);
    const bytes = await answer;
    return this.#decode(api, bytes, version);
  }

  /** Sends over the connection there is; resolves with the bytes of the answer behind its header. */
  send<Request, Response>(
    api: ApiCall<Request, Response>,
    request: Request,
    version: number,
    timeoutMs: number = this.requestTimeoutMs,
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (!this.connected) return reject(new Disconnected('not connected'));
      const correlationId = this.#write(api, request, version);
      const timer = this.clock.setTimer(timeoutMs, () => {
        this.note(`no answer to ${api.name} in ${timeoutMs} ms`);
        this.#lose('timed out');
      });
      this.#pending.push({
        correlationId,
        settle: (response) => {
          timer.cancel();
          if (response === null)
            reject(new Disconnected(`the connection ended before the answer to ${api.name}`));
          else resolve(this.#body(api, response, version, correlationId));
        },
      });
    });
  }

  /** Sends a request that has no answer (acks=0). False without a connection. */
  sendOnly<Request, Response>(api: ApiCall<Request, Response>, request: Request, version: number): boolean {
    if (!this.connected) return false;
    this.#write(api, request, version);
    return true;
  }

  /** Bytes as they are. */
  sendRaw(bytes: Buffer): void {
    this.#connection?.write([bytes]);
  }

  decode<Request, Response>(api: ApiCall<Request, Response>, bytes: Buffer, version: number): Response {
    return this.#decode(api, bytes, version);
  }

  /** Waits until there is a connection. */
  async connect(): Promise<void> {
    while (!this.connected || this.#connecting !== null) {
      this.#connecting ??= this.#open().finally(() => {
        this.#connecting = null;
      });
      await this.#connecting;
    }
  }

  /** One try, with a wait behind a failed one. */
  async #open(): Promise<void> {
    const { network, address } = this.world;
    const connection = network.connect(this.process, `client-${this.name}`, address);
    if (connection === null) return this.sleep(this.prng.between(20, 300));
    this.#connection = connection;
    const assembler = new RequestAssembler(RESPONSE_BYTES_MAX, new BlockPool({ freeBytesMax: 0 }));
    connection.onData((chunk) => {
      assembler.push(chunk);
      for (let frame = assembler.next(); frame !== null; frame = assembler.next()) {
        if (typeof frame === 'string') {
          this.fail(`an answer has a wrong size: ${frame}`);
          return this.#lose('wrong size');
        }
        if (connection === this.#connection) this.#receive(frame);
      }
    });
    connection.onClose((reason) => {
      if (connection === this.#connection) this.#lose(reason ?? 'closed by the broker');
    });
    try {
      await this.#handshake();
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
      await this.sleep(this.prng.between(20, 300));
    }
  }

  async #handshake(): Promise<void> {
    const version = this.prng.between(API_VERSIONS.minVersion, API_VERSIONS.maxVersion);
    const request = { clientSoftwareName: 'simulated', clientSoftwareVersion: '1.0' };
    const bytes = await this.send(API_VERSIONS, request, version);
    const response = this.#decode(API_VERSIONS, bytes, version);
    if (response.errorCode !== 0) this.fail(`ApiVersions ${version} was answered with ${response.errorCode}`);
    this.#advertised = new Map(
      response.apiKeys.map((one) => [one.apiKey, { min: one.minVersion, max: one.maxVersion }]),
    );
  }

  #write<Request, Response>(api: ApiCall<Request, Response>, request: Request, version: number): number {
    const correlationId = ++this.#correlationId;
    const writer = new ByteWriter();
    const mark = writer.reserveInt32();
    writeRequestHeader(writer, { apiKey: api.key, apiVersion: version, correlationId, clientId: this.name });
    api.write(writer, request, version);
    writer.lengthPatch(mark);
    this.#connection?.write(writer.finish());
    return correlationId;
  }

  #receive(frame: Buffer): void {
    const pending = this.#pending.shift();
    if (pending === undefined) this.fail(`an answer came that nobody asked for, of ${frame.length} bytes`);
    else pending.settle(frame);
  }

  #body(api: ApiCall<never, unknown>, frame: Buffer, version: number, correlationId: number): Buffer {
    const reader = new ByteReader(frame);
    const got = readResponseHeader(reader, api.key, version);
    if (got !== correlationId) {
      this.fail(`${api.name} ${version}: answer ${got} came in place of ${correlationId}`);
    }
    return frame.subarray(reader.position);
  }

  #decode<Request, Response>(api: ApiCall<Request, Response>, bytes: Buffer, version: number): Response {
    const reader = new ByteReader(bytes);
    try {
      const response = api.read(reader, version);
      reader.expectEnd();
      return response;
    } catch (error) {
      this.fail(`the answer to ${api.name} ${version} can't be read: ${String(error)}`);
      this.#lose('unreadable answer');
      throw new Disconnected('unreadable answer');
    }
  }

  #lose(reason: string): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.reset('connection reset by peer');
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length > 0)
      this.note(`lost the connection (${reason}) with ${pending.length} requests in flight`);
    for (const one of pending) one.settle(null);
  }
}

/** Runs a client's loop; what escapes it is a fault of the simulator or of the broker's answers. */
export function run(client: SimClient, loop: () => Promise<void>): Promise<void> {
  return loop().catch((error: unknown) => {
    client.fail(`the client's loop ended: ${error instanceof Error ? error.stack : String(error)}`);
  });
}

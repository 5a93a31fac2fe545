/** What simulated RocketMQ clients stand on: one connection to the carrier, calls with their replies, a Telemetry stream, reconnecting. */
import {
  CLIENT_TYPE,
  newSettings,
  newTelemetryCommand,
  type Resource,
  readTelemetryCommand,
  type Settings,
  type TelemetryCommand,
  writeTelemetryCommand,
} from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import { WireReader, WireWriter } from '../../src/protocol/rocketmq/codec/wire.ts';
import type { SimConnection } from '../net.ts';
import { type CarrierFrame, encodeFrame, FRAME, FrameReader } from '../rocketmq-carrier.ts';
import { Disconnected, SimClient } from './client.ts';

/** The client's side of an RPC. */
export interface ClientRpc<Request, Response> {
  readonly name: string;
  readonly write: (writer: WireWriter, request: Request) => void;
  readonly read: (reader: WireReader) => Response;
}

const TELEMETRY: ClientRpc<TelemetryCommand, TelemetryCommand> = {
  name: 'Telemetry',
  write: writeTelemetryCommand,
  read: readTelemetryCommand,
};
/** So long an answer takes at most beside what the call waits for. */
const ANSWER_MS = 5000;
/** The time of gRPC's keep-alive and its answer (server/grpc-server.ts), which the carrier of simulated worlds doesn't have. */
const KEEPALIVE_MS = 80_000;

export const named = (name: string): Resource => ({ resourceNamespace: '', name });

interface OpenCall {
  readonly reply: (body: Buffer) => void;
  /** Null: in good order. */
  readonly over: (problem: string | null) => void;
}

export class RocketmqClient extends SimClient {
  #line: SimConnection | null = null;
  readonly #calls = new Map<number, OpenCall>();
  #lastCall = 0;
  #stream = 0;

  override get connected(): boolean {
    return this.#line !== null && !this.#line.closed;
  }

  override get connection(): SimConnection | null {
    return this.#line;
  }

  override get noticesCutsAfterMs(): number {
    return KEEPALIVE_MS;
  }

  override kill(): void {
    const line = this.#line;
    super.kill();
    line?.reset('connection reset by peer');
  }

  /** As it says who it is. */
  protected settings(): Settings {
    return { ...newSettings(), clientType: CLIENT_TYPE.PRODUCER };
  }

  /** The broker asks something. */
  protected asked(_command: TelemetryCommand): void {}

  /** All replies of a call; throws Disconnected where it doesn't come to its end. `waitMs`: what it may take beside. */
  async ask<Request, Response>(
    rpc: ClientRpc<Request, Response>,
    request: Request,
    waitMs = 0,
  ): Promise<Response[]> {
    await this.#connect();
    return new Promise((resolve, reject) => {
      const replies: Response[] = [];
      const timer = this.clock.setTimer(ANSWER_MS + waitMs, () => this.#lose(`no answer to ${rpc.name}`));
      const call = this.#open(rpc.name, {
        reply: (body) => replies.push(rpc.read(new WireReader(body))),
        over: (problem) => {
          timer.cancel();
          if (problem === null) resolve(replies);
          else reject(new Disconnected(`${rpc.name}: ${problem}`));
        },
      });
      this.#say(call, FRAME.message, bytesOf(rpc, request));
      this.#say(call, FRAME.ended);
    });
  }

  async #connect(): Promise<void> {
    while (!this.connected) {
      const { network, address } = this.world;
      const to = { ...address, port: address.port + 1 };
      const line = network.connect(this.process, `client-${this.name}`, to);
      if (line === null) {
        await this.sleep(this.prng.between(20, 300));
        continue;
      }
      this.#line = line;
      const reader = new FrameReader();
      line.onData((chunk) => {
        for (const frame of reader.push(chunk)) if (line === this.#line) this.#received(frame);
      });
      line.onClose((reason) => {
        if (line === this.#line) this.#lose(reason ?? 'closed by the broker');
      });
      this.#stream = this.#open(TELEMETRY.name, {
        reply: (body) => this.asked(readTelemetryCommand(new WireReader(body))),
        over: () => undefined,
      });
      const settings = { ...newTelemetryCommand(), settings: this.settings() };
      this.#say(this.#stream, FRAME.message, bytesOf(TELEMETRY, settings));
    }
  }

  #open(name: string, call: OpenCall): number {
    const number = ++this.#lastCall;
    this.#calls.set(number, call);
    this.#say(number, FRAME.open, Buffer.from(`${name}\0${this.name}`));
    return number;
  }

  #say(call: number, what: number, body: Buffer = Buffer.alloc(0)): void {
    this.#line?.write([encodeFrame({ call, what, body })]);
  }

  #received({ call: number, what, body }: CarrierFrame): void {
    const call = this.#calls.get(number);
    if (call === undefined) return this.fail(`a reply came to call ${number}, which is over`);
    if (what === FRAME.message) return call.reply(body);
    this.#calls.delete(number);
    call.over(what === FRAME.ended ? null : body.toString());
  }

  #lose(reason: string): void {
    const line = this.#line;
    this.#line = null;
    line?.reset('connection reset by peer');
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.note(`lost the connection (${reason}) with ${calls.length} calls open`);
    for (const call of calls) call.over(reason);
  }
}

function bytesOf<Request>(rpc: Pick<ClientRpc<Request, never>, 'write'>, request: Request): Buffer {
  const writer = new WireWriter();
  rpc.write(writer, request);
  return writer.finish();
}

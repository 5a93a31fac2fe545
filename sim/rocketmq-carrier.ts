/**
 * What carries RocketMQ's calls in a simulated world: frames over simulated connections in the place of gRPC, which is Node's HTTP/2 and
 * can't run here. Calls are opened, cancelled and lost with their connection as over gRPC; the service behind is the real one.
 *
 * A frame: u32 bytes behind it, u32 call, u8 what it is, then of an open call the RPC's name, a zero byte and the client's id; of a
 * message its bytes.
 */
import type { Net } from '../src/platform/ports.ts';
import type { Caller, OpenCall } from '../src/protocol/rocketmq/carrier.ts';
import type { RocketmqService } from '../src/protocol/rocketmq/service.ts';

/** In both directions but for the first two, which a client says. */
export const FRAME = { open: 0, gone: 1, message: 2, ended: 3, failed: 4 } as const;

const HEADER_BYTES = 9;
const LENGTH_BYTES = 4;

export interface CarrierFrame {
  readonly call: number;
  readonly what: number;
  readonly body: Buffer;
}

export function encodeFrame({ call, what, body }: CarrierFrame): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + body.length);
  frame.writeUInt32BE(frame.length - LENGTH_BYTES, 0);
  frame.writeUInt32BE(call, LENGTH_BYTES);
  frame[HEADER_BYTES - 1] = what;
  body.copy(frame, HEADER_BYTES);
  return frame;
}

/** Cuts frames out of what arrives. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<CarrierFrame> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#rest.readUInt32BE(0);
      if (this.#rest.length < end) return;
      const frame = Buffer.from(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
      const call = frame.readUInt32BE(LENGTH_BYTES);
      yield { call, what: frame[HEADER_BYTES - 1]!, body: frame.subarray(HEADER_BYTES) };
    }
  }
}

/** Serves the calls of all connections to an address; gives what ends that. */
export async function carryRocketmq(
  service: RocketmqService,
  net: Net,
  address: { readonly host: string; readonly port: number },
): Promise<{ close(): void }> {
  const rpcs = new Map([...service.rpcs()].map((rpc) => [rpc.name, rpc]));
  const listener = await net.listen(address, (connection) => {
    const reader = new FrameReader();
    const calls = new Map<number, OpenCall>();
    const open = ({ call, body }: CarrierFrame): void => {
      const [name = '', clientId = ''] = body.toString().split('\0');
      const { remote, remoteHost } = connection;
      const caller: Caller = {
        header: (header) => (header === 'x-mq-client-id' ? clientId : null),
        remote,
        remoteHost,
        advertised: address,
        advertisedAlways: false,
        patienceMs: Number.POSITIVE_INFINITY,
      };
      const say = (what: number, said: Buffer): void => {
        connection.write([encodeFrame({ call, what, body: said })]);
        if (what !== FRAME.message) calls.delete(call);
      };
      const nothing: OpenCall = { message: () => {}, ended: () => {}, refused: () => {}, gone: () => {} };
      calls.set(call, nothing);
      const opened = service.open(rpcs.get(name)!, caller, {
        write: (message) => say(FRAME.message, message),
        end: () => say(FRAME.ended, Buffer.alloc(0)),
        fail: (_status, why) => say(FRAME.failed, Buffer.from(why)),
      });
      if (calls.has(call)) calls.set(call, opened);
    };
    connection.onData((chunk) => {
      for (const frame of reader.push(chunk)) {
        if (frame.what === FRAME.open) open(frame);
        else if (frame.what === FRAME.message) calls.get(frame.call)?.message(frame.body);
        else if (frame.what === FRAME.ended) calls.get(frame.call)?.ended();
        else calls.get(frame.call)?.gone();
      }
    });
    connection.onClose(() => {
      for (const call of calls.values()) call.gone();
      calls.clear();
    });
  });
  return { close: () => listener.close() };
}

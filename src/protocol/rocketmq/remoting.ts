/**
 * What clients of RocketMQ's older protocol, "remoting", say (all of 4.x, and `rocketmq-client` of 5.x), as far as it takes to
 * tell them that they are at the wrong address. Nothing else of that protocol is spoken here.
 *
 *   frame    length of what follows (4 bytes) · form of the header (1: 0 JSON, 1 binary) · its length (3) · header · body
 *   header   JSON: {code, flag, opaque, remark, …}
 *            binary: code (2) · language (1) · version (2) · opaque (4) · flag (4) · …
 *   flag     bit 0: it is a response; bit 1: nobody waits for one
 *
 * Every request is answered with REQUEST_CODE_NOT_SUPPORTED and a remark, but one: asked for the route of a topic, the answer
 * is a queue at the address that the remark names, where RocketMQ's listener says the same again. Clients keep what a name
 * server says to themselves ("No route info of this topic"); what a broker says to a send they show.
 *
 * Headers are bounded, bodies are passed over: no memory is taken for what a length claims.
 */

/** Frames begin with it where they are below 16 MiB; neither HTTP/2 nor TLS does. */
export const REMOTING_FIRST_BYTE = 0;

const PREFIX_BYTES = 8;
const BINARY_HEADER_BYTES_MIN = 13;
/** Properties of a message stand in the header: 32 KiB of them at most, in the stock client. */
const HEADER_BYTES_MAX = 64 * 1024;
/** Pieces of a header that are kept apart: those of a byte each would take far more memory than they say. */
const PARTS_MAX = 64;

const CODE = { success: 0, notSupported: 3, routeOfTopic: 105 } as const;
const FLAG = { response: 1, oneWay: 2 } as const;
/** Of a queue: it may be read and written. */
const PERMISSION = 6;

export interface RemotingRequest {
  readonly code: number;
  readonly opaque: number;
  readonly flag: number;
}

/** Cuts requests out of a connection. */
export class RemotingReader {
  readonly #take: (request: RemotingRequest) => void;
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** Bytes that have to be there before anything can be told. */
  #needed = PREFIX_BYTES;
  /** Bytes of a body that are still to come. */
  #over = 0;

  constructor(take: (request: RemotingRequest) => void) {
    this.#take = take;
  }

  /** False: this is not the protocol. */
  push(chunk: Buffer): boolean {
    const passed = Math.min(this.#over, chunk.length);
    this.#over -= passed;
    if (passed === chunk.length) return true;
    this.#parts.push(chunk.subarray(passed));
    this.#partBytes += chunk.length - passed;
    if (this.#partBytes < this.#needed && this.#parts.length < PARTS_MAX) return true;
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#partBytes);
    const at = this.#cut(bytes);
    if (at === null) return false;
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#partBytes = Math.max(0, bytes.length - at);
    this.#over = Math.max(0, at - bytes.length);
    return true;
  }

  /** Where the next frame begins, which may not be there yet; null where no frame can be read. */
  #cut(bytes: Buffer): number | null {
    let at = 0;
    this.#needed = PREFIX_BYTES;
    while (bytes.length - at >= PREFIX_BYTES) {
      const length = bytes.readUInt32BE(at);
      const form = bytes[at + 4]!;
      const headerBytes = bytes.readUIntBE(at + 5, 3);
      if (bytes[at] !== REMOTING_FIRST_BYTE || headerBytes > HEADER_BYTES_MAX || length < 4 + headerBytes)
        return null;
      const end = at + PREFIX_BYTES + headerBytes;
      if (bytes.length < end) {
        this.#needed = end - at;
        break;
      }
      const request = requestOf(form, bytes.subarray(at + PREFIX_BYTES, end));
      if (request === null) return null;
      this.#take(request);
      at += 4 + length;
    }
    return at;
  }
}

function requestOf(form: number, header: Buffer): RemotingRequest | null {
  if (form === 0) return requestOfJson(header);
  if (form !== 1 || header.length < BINARY_HEADER_BYTES_MIN) return null;
  return { code: header.readInt16BE(0), opaque: header.readInt32BE(5), flag: header.readInt32BE(9) };
}

function requestOfJson(header: Buffer): RemotingRequest | null {
  let fields: unknown;
  try {
    fields = JSON.parse(header.toString());
  } catch {
    return null;
  }
  if (typeof fields !== 'object' || fields === null) return null;
  const { code, opaque, flag = 0 } = fields as Partial<Record<string, unknown>>;
  return isInt(code) && isInt(opaque) && isInt(flag) ? { code, opaque, flag } : null;
}

function isInt(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

/** Where a client should go instead. */
export interface RemotingHint {
  /** A sentence for the user. */
  readonly remark: string;
  /** As HOST:PORT. */
  readonly address: string;
}

/** The answer, in JSON, which all clients read; null where none is waited for. */
export function remotingAnswer(request: RemotingRequest, { remark, address }: RemotingHint): Buffer | null {
  if ((request.flag & (FLAG.response | FLAG.oneWay)) !== 0) return null;
  const isRoute = request.code === CODE.routeOfTopic;
  const body = Buffer.from(isRoute ? JSON.stringify(routeTo(address)) : '');
  const header = Buffer.from(
    JSON.stringify({
      code: isRoute ? CODE.success : CODE.notSupported,
      language: 'OTHER',
      version: 0,
      opaque: request.opaque,
      flag: FLAG.response,
      remark: isRoute ? null : remark,
      serializeTypeCurrentRPC: 'JSON',
    }),
  );
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(4 + header.length + body.length, 0);
  prefix.writeUInt32BE(header.length, 4);
  return Buffer.concat([prefix, header, body]);
}

/** One queue of one broker. */
function routeTo(address: string): object {
  const brokerName = 'polylog';
  return {
    brokerDatas: [{ brokerAddrs: { 0: address }, brokerName, cluster: brokerName }],
    filterServerTable: {},
    queueDatas: [
      { brokerName, perm: PERMISSION, readQueueNums: 1, topicSynFlag: 0, topicSysFlag: 0, writeQueueNums: 1 },
    ],
  };
}

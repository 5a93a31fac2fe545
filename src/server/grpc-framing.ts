/**
 * What gRPC puts into HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md): messages in frames of their own, statuses in trailers.
 *
 *   message frame   compressed (1 byte: 0, or 1 by the encoding that `grpc-encoding` names) · length (4 bytes) · message
 *   grpc-timeout    1 to 8 digits and a unit: H, M, S, m(illi), u, n
 *   grpc-message    bytes out of U+0020 to U+007E, and "%", as %XX
 */

/** Those of gRPC's statuses that the carrier itself answers with. */
export const GRPC_STATUS = { ok: 0, resourceExhausted: 8, unimplemented: 12, internal: 13 } as const;

export interface GrpcFailure {
  readonly status: number;
  readonly message: string;
}

const PREFIX_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/** Messages in their frames, one behind the other. */
export function framesOf(messages: readonly Buffer[]): Buffer {
  const bytes = messages.reduce((sum, { length }) => sum + PREFIX_BYTES + length, 0);
  const frames = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const message of messages) {
    frames[at] = 0;
    frames.writeUInt32BE(message.length, at + 1);
    message.copy(frames, at + PREFIX_BYTES);
    at += PREFIX_BYTES + message.length;
  }
  return frames;
}

/** The smallest buffer for a part of a message. */
const HELD_BYTES_MIN = 64;

/**
 * Cuts what arrives into messages, as slices of it where one arrives whole. What isn't whole is copied into a buffer that grows with what
 * is there, up to the length of the message: small pieces of it keep nothing else alive.
 */
export class MessageReader {
  readonly #bytesMax: number;
  readonly #take: (message: Buffer) => void;
  #held: Buffer = NOTHING;
  #partBytes = 0;
  /** Bytes that have to be there before anything can be told. */
  #needed = PREFIX_BYTES;

  constructor(bytesMax: number, take: (message: Buffer) => void) {
    this.#bytesMax = bytesMax;
    this.#take = take;
  }

  /** Why the call fails; null: it goes on. */
  push(chunk: Buffer): GrpcFailure | null {
    const bytes = this.#joined(chunk);
    if (bytes === null) return null;
    let at = 0;
    this.#needed = PREFIX_BYTES;
    while (bytes.length - at >= PREFIX_BYTES) {
      if (bytes[at] !== 0) {
        const message = "Messages are not compressed here: they are their topic's to compress.";
        return { status: GRPC_STATUS.unimplemented, message };
      }
      const length = bytes.readUInt32BE(at + 1);
      if (length > this.#bytesMax) {
        const message = `A request of ${length} bytes is larger than ${this.#bytesMax}.`;
        return { status: GRPC_STATUS.resourceExhausted, message };
      }
      const end = at + PREFIX_BYTES + length;
      if (end > bytes.length) {
        this.#needed = PREFIX_BYTES + length;
        break;
      }
      this.#take(bytes.subarray(at + PREFIX_BYTES, end));
      at = end;
    }
    if (at < bytes.length) this.#hold(bytes.subarray(at));
    return null;
  }

  /** True where the client has stopped in the middle of a message. */
  get isCut(): boolean {
    return this.#partBytes > 0;
  }

  /** Memory that is kept for a message that isn't whole. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Forgets what is there of a message. */
  clear(): void {
    this.#held = NOTHING;
    this.#partBytes = 0;
    this.#needed = PREFIX_BYTES;
  }

  #joined(chunk: Buffer): Buffer | null {
    if (this.#partBytes === 0) return chunk;
    this.#hold(chunk);
    if (this.#partBytes < this.#needed) return null;
    const joined = this.#held.subarray(0, this.#partBytes);
    this.#held = NOTHING;
    this.#partBytes = 0;
    return joined;
  }

  #hold(bytes: Buffer): void {
    const total = this.#partBytes + bytes.length;
    if (total > this.#held.length) {
      const doubled = Math.max(2 * this.#held.length, HELD_BYTES_MIN);
      const grown = Buffer.allocUnsafeSlow(Math.max(total, Math.min(doubled, this.#needed)));
      this.#held.copy(grown, 0, 0, this.#partBytes);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#partBytes);
    this.#partBytes = total;
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** `grpc-timeout` in ms; Infinity where there is none; null where it can't be read. */
export function timeoutMs(header: string | undefined): number | null {
  if (header === undefined) return Number.POSITIVE_INFINITY;
  const match = /^(\d{1,8})([HMSmun])$/.exec(header);
  return match === null ? null : Number(match[1]) * UNIT_MS[match[2]!]!;
}

/** Text as `grpc-message` has it. */
export function percentEncoded(text: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

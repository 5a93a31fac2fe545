/**
 * The handle of a delivery: which message of which subscription, under which lease. Opaque to clients, and checked, so that
 * nobody settles what it wasn't given: SipHash with a key of this run of the broker. A lease doesn't outlive the run either.
 *
 * 36 bytes, as 48 characters of base64url:
 *   0 u32 subscription, 4 u32 partition, 8 u48 offset, 14 u48 lease, 20 u16 deliveries, 22 u8 flags, 23 u8 0, 24 12 bytes of the hash
 */
import { type SipKey, sipHash128, sipKey } from '../../base/siphash.ts';

export interface Delivery {
  readonly subscriptionId: number;
  readonly partition: number;
  readonly offset: number;
  readonly lease: number;
  /** How often the message was handed out, this time included. */
  readonly deliveries: number;
  /** The broker keeps the message for the consumer as long as that is there: a push consumer's. */
  readonly isKept: boolean;
}

const HASHED_BYTES = 24;
const BYTES = 36;
const HASH_WORDS = 3;
const KEPT = 1;
const DELIVERIES_MAX = 0xffff;

export class ReceiptHandles {
  readonly #key: SipKey;
  readonly #hash = new Uint32Array(4);

  /** `secret`: 16 random bytes. */
  constructor(secret: Buffer) {
    this.#key = sipKey(secret);
  }

  print(delivery: Delivery): string {
    const bytes = Buffer.alloc(BYTES);
    bytes.writeUInt32BE(delivery.subscriptionId, 0);
    bytes.writeUInt32BE(delivery.partition, 4);
    bytes.writeUIntBE(delivery.offset, 8, 6);
    bytes.writeUIntBE(delivery.lease, 14, 6);
    bytes.writeUInt16BE(Math.min(delivery.deliveries, DELIVERIES_MAX), 20);
    bytes[22] = delivery.isKept ? KEPT : 0;
    this.#sum(bytes);
    for (let i = 0; i < HASH_WORDS; i++) bytes.writeUInt32LE(this.#hash[i]!, HASHED_BYTES + 4 * i);
    return bytes.toString('base64url');
  }

  /** Null: this broker has given out no such handle since it was started. */
  parse(text: string): Delivery | null {
    if (!/^[A-Za-z0-9_-]{48}$/.test(text)) return null;
    const bytes = Buffer.from(text, 'base64url');
    this.#sum(bytes);
    let difference = 0;
    for (let i = 0; i < HASH_WORDS; i++)
      difference |= this.#hash[i]! ^ bytes.readUInt32LE(HASHED_BYTES + 4 * i);
    if (difference !== 0) return null;
    return {
      subscriptionId: bytes.readUInt32BE(0),
      partition: bytes.readUInt32BE(4),
      offset: bytes.readUIntBE(8, 6),
      lease: bytes.readUIntBE(14, 6),
      deliveries: bytes.readUInt16BE(20),
      isKept: bytes[22] === KEPT,
    };
  }

  #sum(bytes: Buffer): void {
    sipHash128(this.#key, bytes, { start: 0, end: HASHED_BYTES }, this.#hash);
  }
}

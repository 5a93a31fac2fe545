/**
 * What a SASL mechanism is on the server's side (RFC 4422): the client's tokens in, a step out. CONTRACT.
 *
 * An exchange belongs to one attempt of one connection. It knows no protocol: Kafka, AMQP and MQTT carry the same tokens in
 * frames of their own. A mechanism checks the lengths of what it keeps; the protocol bounds the size of a token.
 */

export type SaslStep =
  /** Send this and wait for the client's next token. */
  | { readonly kind: 'challenge'; readonly token: Buffer }
  /** The client is `user`; send `token` with the good news. */
  | {
      readonly kind: 'granted';
      readonly user: string;
      readonly token: Buffer;
      /** When what it showed ends, ms since 1970; null: never. */
      readonly expiresAtMs: number | null;
    }
  | {
      readonly kind: 'failed';
      /** Whom the client claims to be, as far as it has said. */
      readonly user: string | null;
      /** A sentence for the operator; a client is told no more than that it failed. */
      readonly reason: string;
    };

export interface SaslExchange {
  /** Takes the client's next token and calls `next` exactly once, now or later. Never called before `next` was. */
  step(token: Buffer, next: (step: SaslStep) => void): void;
}

export const NO_TOKEN: Buffer = Buffer.alloc(0);

export function failed(user: string | null, reason: string): SaslStep {
  return { kind: 'failed', user, reason };
}

/** Strict: false where the bytes are not UTF-8, which is no name and no password of anybody. */
export function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes);
}

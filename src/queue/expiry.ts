/** When messages expire: by the subscription's time to live, or by their own header `ttl-ms` where their topic has such headers. */
import { FeatureHeaders } from '../record/feature-headers.ts';
import type { RecordView } from '../record/walk.ts';

export class Expiry {
  readonly #ttlMs: number;
  readonly #headers: FeatureHeaders | null;

  /** `ttlMs`: of all messages, 0: without end. */
  constructor({ ttlMs, hasHeaders }: { readonly ttlMs: number; readonly hasHeaders: boolean }) {
    this.#ttlMs = ttlMs === 0 ? Number.POSITIVE_INFINITY : ttlMs;
    this.#headers = hasHeaders ? new FeatureHeaders() : null;
  }

  /** From when on a message isn't handed out any more, ms since 1970; Infinity: it always is. Throws MalformedError. */
  expiresAtMs(section: Buffer, record: RecordView, timestampMs: number): number {
    let ttlMs = this.#ttlMs;
    if (this.#headers !== null && record.headerCount > 0) {
      // What can't be understood was there before the topic had such headers.
      this.#headers.read(section, record);
      if (this.#headers.ttlMs >= 0) ttlMs = Math.min(ttlMs, this.#headers.ttlMs);
    }
    return timestampMs + ttlMs;
  }
}

/** What all sessions of a listener take and give, in plain numbers: an addition or two a request. */
import { apiInfo } from './codec/api-keys.ts';

/** Kafka's own keys lie below. */
const KEYS_MAX = 128;

export class Traffic {
  receivedBytes = 0;
  sentBytes = 0;
  /** By API key. */
  readonly #requests = new Float64Array(KEYS_MAX);
  /** The same of keys that are higher. */
  readonly #rare = new Map<number, number>();

  noteRequest(apiKey: number): void {
    if (apiKey < KEYS_MAX) this.#requests[apiKey]! += 1;
    else this.#rare.set(apiKey, (this.#rare.get(apiKey) ?? 0) + 1);
  }

  /** Names and counts of the APIs that were asked for. */
  *requestCounts(): Iterable<readonly [name: string, count: number]> {
    for (const [key, count] of [...this.#requests.entries(), ...this.#rare]) {
      const name = apiInfo(key)?.name;
      if (count > 0 && name !== undefined) yield [name, count];
    }
  }
}

/** What all sessions of a listener take and give, in plain numbers: an addition or two a request. */
import { apiInfo } from './codec/api-keys.ts';

const KEYS_MAX = 128;

export class Traffic {
  receivedBytes = 0;
  sentBytes = 0;
  /** By API key. */
  readonly #requests = new Float64Array(KEYS_MAX);

  noteRequest(apiKey: number): void {
    this.#requests[apiKey]! += 1;
  }

  /** Names and counts of the APIs that were asked for. */
  *requestCounts(): Iterable<readonly [name: string, count: number]> {
    for (const [key, count] of this.#requests.entries()) {
      const name = apiInfo(key)?.name;
      if (count > 0 && name !== undefined) yield [name, count];
    }
  }
}

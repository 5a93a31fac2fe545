/**
 * What keeps the memory of all connections together within bounds: requests in work, requests that are arriving, and
 * answers that clients have not taken.
 */

/**
 * A bound on bytes that all connections share (queued.max.request.bytes). A session that finds it used up stops reading
 * and is called again, in the order of asking, when bytes come back. A single request above the whole bound passes when
 * nothing else is in work, so that the bound never blocks for ever.
 */
export class MemoryBudget {
  readonly #bytesMax: number;
  #usedBytes = 0;
  #waiting = new Set<() => void>();
  #resuming = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get exhausted(): boolean {
    return this.#usedBytes >= this.#bytesMax;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    // Who is resumed may give in turn: the loop that runs goes on, however many wait.
    if (this.#resuming) return;
    this.#resuming = true;
    for (const resume of this.#waiting) {
      if (this.exhausted) break;
      this.#waiting.delete(resume);
      resume();
    }
    this.#resuming = false;
  }

  /** Calls `resume` once when there is room again. Asking twice is asking once. */
  wait(resume: () => void): void {
    this.#waiting.add(resume);
  }

  forget(resume: () => void): void {
    this.#waiting.delete(resume);
  }
}

/** Bytes of answers that clients have not taken, over all connections. Above the bound answers are kept small. */
export class UnsentBytes {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get exhausted(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  /** How much there is room for; negative above the bound. */
  get roomBytes(): number {
    return this.#bytesMax - this.#bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }
}

/** A connection on which a large request is arriving. */
export interface Arriving {
  /** Memory that it holds; 0: it no longer counts. */
  readonly arrivingBytes: number;
  close(reason: string): void;
}

/**
 * Bytes of requests that have not arrived whole, over all connections. Reading less can't bound them, as none of them
 * would ever become whole: above the bound, the connection that holds most is closed.
 */
export class ArrivingRequests {
  readonly #bytesMax: number;
  readonly #connections = new Set<Arriving>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The bytes of `connection` were `before` and have changed. */
  changed(connection: Arriving, before: number): void {
    const { arrivingBytes } = connection;
    this.#bytes += arrivingBytes - before;
    if (before === 0) this.#connections.add(connection);
    else if (arrivingBytes === 0) this.#connections.delete(connection);
    if (this.#bytes <= this.#bytesMax) return;
    let largest = connection;
    for (const one of this.#connections) if (one.arrivingBytes > largest.arrivingBytes) largest = one;
    largest.close(
      `unfinished requests of all connections hold ${this.#bytes} bytes (queued.max.request.bytes), and this one most of them`,
    );
  }
}

/**
 * Lets the calls of a connection die young.
 *
 * node:http2 keeps the streams of a session in a Map. V8 leaves each table that a Map has outgrown, as it does after every few dozen calls,
 * with a pointer to the next one, for iterators. Once such a table is in the old generation, all that come after it, and the streams in
 * them with all that hangs on those, are copied there too, and live until the next full collection. So a session gets a table of another
 * form. Where Node keeps streams elsewhere than it did, nothing is changed (docs/adr/0026).
 */
import type { Http2Session } from 'node:http2';

/** A map by ids of streams, in an object with integer keys: its outgrown tables point to nothing newer. */
export class StreamTable<V> extends Map<number, V> {
  #streams: Record<number, V> = Object.create(null);
  #size = 0;

  override get size(): number {
    return this.#size;
  }

  override get(id: number): V | undefined {
    return this.#streams[id];
  }

  override has(id: number): boolean {
    return id in this.#streams;
  }

  override set(id: number, stream: V): this {
    if (!this.has(id)) this.#size++;
    this.#streams[id] = stream;
    return this;
  }

  override delete(id: number): boolean {
    if (!this.has(id)) return false;
    this.#size--;
    return delete this.#streams[id];
  }

  override clear(): void {
    this.#streams = Object.create(null);
    this.#size = 0;
  }

  /** Those that are there when it is asked, in the order of their ids. */
  override entries(): MapIterator<[number, V]> {
    return Object.entries(this.#streams)
      .map(([id, stream]): [number, V] => [Number(id), stream])
      .values();
  }

  override keys(): MapIterator<number> {
    return Object.keys(this.#streams).map(Number).values();
  }

  override values(): MapIterator<V> {
    return Object.values(this.#streams).values();
  }

  override [Symbol.iterator](): MapIterator<[number, V]> {
    return this.entries();
  }

  override forEach(visit: (stream: V, id: number, map: Map<number, V>) => void): void {
    for (const [id, stream] of this) visit(stream, id, this);
  }
}

/** Of a session that has no stream yet. False: this version of Node keeps them in another way, and goes on doing so. */
export function letStreamsDieYoung(session: Http2Session): boolean {
  const name = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  if (name === undefined) return false;
  const state = (session as unknown as Record<symbol, { streams?: { size?: unknown } } | undefined>)[name];
  if (state?.streams?.size !== 0) return false;
  state.streams = new StreamTable();
  return true;
}

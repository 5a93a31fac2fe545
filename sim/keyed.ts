/**
 * What was written to a compacted topic by key, and what compaction must keep: of each key the last acknowledged version is
 * there, or, where that deletes the key, nothing older is; versions of a key rise with the offsets; an offset holds one record
 * for ever; and who reads everything in order knows the last version of every key.
 */
import type { History } from './history.ts';

/** One record as somebody read it. */
export interface KeyedRecord {
  readonly offset: number;
  readonly key: string;
  readonly version: number;
  readonly deletes: boolean;
}

interface Key {
  /** Whether each version deletes the key; version 0 is the first. */
  readonly deletes: boolean[];
  acked: number;
}

export class KeyedHistory {
  readonly #history: History;
  readonly #keys = new Map<string, Key>();
  /** By partition and offset. */
  readonly #known = new Map<string, string>();
  /** Latest version by reader and key. */
  readonly #readers = new Map<string, Map<string, number>>();

  constructor(history: History) {
    this.#history = history;
  }

  /** A version is about to be sent for the first time; gives its number. */
  sending(key: string, deletes: boolean): number {
    let known = this.#keys.get(key);
    if (known === undefined) this.#keys.set(key, (known = { deletes: [], acked: -1 }));
    return known.deletes.push(deletes) - 1;
  }

  acked(key: string, version: number): void {
    this.#keys.get(key)!.acked = version;
  }

  read(reader: string, partition: number, record: KeyedRecord): void {
    const { offset, key, version, deletes } = record;
    const where = `${reader}: ${partition}@${offset}`;
    const text = `${key}.${version}${deletes ? ' deletes' : ''}`;
    if (this.#keys.get(key)?.deletes[version] !== deletes) {
      return this.#history.fail(`${where} is ${text}, which nobody sent`);
    }
    const place = `${partition} ${offset}`;
    const other = this.#known.get(place);
    if (other !== undefined && other !== text)
      this.#history.fail(`(1) ${where} is ${text}, and was ${other}`);
    this.#known.set(place, text);
    let versions = this.#readers.get(reader);
    if (versions === undefined) this.#readers.set(reader, (versions = new Map()));
    const before = versions.get(key) ?? -1;
    if (before >= version) this.#history.fail(`(10) ${where} is ${text} behind ${key}.${before}`);
    versions.set(key, version);
  }

  /** `reader` has read everything, from the start to the end. */
  check(reader: string): void {
    const versions = this.#readers.get(reader) ?? new Map<string, number>();
    for (const [key, { deletes, acked }] of this.#keys) {
      const found = versions.get(key) ?? -1;
      // A deleted key may be gone altogether; who came late may have missed that, as in Kafka, unless it began later.
      if (deletes[acked] === true && found === -1) continue;
      if (found !== acked)
        this.#history.fail(`(2) ${reader} has ${key}.${found}, and ${key}.${acked} was acknowledged`);
    }
  }

  /** The same of who read while things were removed: it may have missed that keys were deleted. */
  checkFollower(reader: string): void {
    const versions = this.#readers.get(reader);
    if (versions === undefined) return;
    for (const [key, { deletes, acked }] of this.#keys) {
      if (deletes[acked] === true || acked < 0) continue;
      const found = versions.get(key) ?? -1;
      if (found !== acked)
        this.#history.fail(`(2) ${reader} followed to ${key}.${found}, and the last is ${key}.${acked}`);
    }
  }
}

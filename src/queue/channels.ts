/**
 * Subscriptions by channels: each key is a channel of its own, of which a consumer gets messages only if it asks for it, in order.
 * There may be any number of them, as a channel is nothing but the messages in it.
 *
 * A message is read twice: when it is met, which puts it into the line of its key, whoever asks for it or not; and when it is the
 * first of its line and somebody who asks for the channel is served. So what waits in one channel costs nothing to consumers of others.
 */
import { SIP_ZERO, sipHash52 } from '../base/siphash.ts';
import type { RecordView } from '../record/walk.ts';
import type { Range } from './range-list.ts';
import { keyOf, type RecordMatcher, type SelectRules } from './select.ts';
import { isMet, NO_KEY, type Window } from './window.ts';

/** As `keyOf` has it for records. */
export function channelKey(name: Buffer): number {
  return sipHash52(SIP_ZERO, name, { start: 0, end: name.length }) + 1;
}

/** What all consumers of one subscription have asked for together, as it changes. */
export interface ChannelAudience {
  /** Consumers that may ask for channels. */
  readonly consumers: number;
  /** The keys of all channels that at least one has asked for. */
  readonly keys: { readonly size: number; has(key: number): boolean; keys(): Iterable<number> };
  /** Whether anybody has asked for a channel, or might still do so. */
  isWanted(key: number): boolean;
}

/** The channels that one consumer has asked for. */
export class ChannelInterest implements RecordMatcher {
  readonly matchesAll = false;
  readonly weight = 1;
  /** Names by key; the one that was served longest ago is the first. */
  readonly #names = new Map<number, Buffer>();
  /** What it and the others have asked for. */
  readonly audience: ChannelAudience;
  #version = 0;

  constructor(audience: ChannelAudience) {
    this.audience = audience;
  }

  get size(): number {
    return this.#names.size;
  }

  /** Another one when it asks for more. */
  get version(): number {
    return this.#version;
  }

  *names(): Generator<string> {
    for (const name of this.#names.values()) yield name.toString();
  }

  hasName(name: string): boolean {
    const bytes = Buffer.from(name);
    return this.#names.get(channelKey(bytes))?.equals(bytes) === true;
  }

  /** Answers the key of the channel. */
  add(name: string): number {
    const bytes = Buffer.from(name);
    const key = channelKey(bytes);
    this.#names.set(key, bytes);
    this.#version++;
    return key;
  }

  /** The same. */
  remove(name: string): number {
    const key = channelKey(Buffer.from(name));
    this.#names.delete(key);
    return key;
  }

  has(key: number): boolean {
    return this.#names.has(key);
  }

  /** Two names may have one key: the name decides. */
  matches(section: Buffer, record: RecordView): boolean {
    const name = this.#names.get(keyOf(section, record));
    if (name === undefined) return false;
    const { keyStart, keyLength } = record;
    return name.compare(section, keyStart, keyStart + keyLength) === 0;
  }

  overlaps(keys: ReadonlySet<number>): boolean {
    const isFewer = keys.size <= this.#names.size;
    for (const key of isFewer ? keys : this.#names.keys()) {
      if (isFewer ? this.#names.has(key) : keys.has(key)) return true;
    }
    return false;
  }

  /** The offsets of the messages in a window that it is to get, as they are when each is asked for. */
  *heads(window: Window): Generator<number, undefined> {
    if (window.ready.size <= this.#names.size) {
      for (const [key, offset] of window.ready) if (this.#names.has(key)) yield offset;
      return;
    }
    for (const [key, name] of this.#names) {
      const offset = window.ready.get(key);
      if (offset === undefined) continue;
      yield offset;
      if (window.ready.has(key)) continue;
      // It was served: others have their turn before it.
      this.#names.delete(key);
      this.#names.set(key, name);
    }
  }
}

const NOBODY: RecordMatcher = { matchesAll: false, weight: 0, matches: () => false };

/** For what is met: it is put into its line and left there. What has no key is in no channel, and nobody's. */
export function meetingRules(rules: SelectRules): SelectRules {
  const { filter } = rules;
  const isInChannel: RecordMatcher = {
    matchesAll: false,
    weight: filter?.weight ?? 0,
    matches: (section, record, timestampMs) =>
      record.keyLength >= 0 && (filter === null || filter.matches(section, record, timestampMs)),
  };
  return { ...rules, filter: isInChannel, wanted: NOBODY };
}

/** The oldest messages, up to `count`, that nobody asks for. */
export function unwanted(window: Window, count: number, audience: ChannelAudience): Range[] {
  const ranges: Range[] = [];
  for (const stretch of window.stretches()) {
    if (ranges.length === count) break;
    const { first, last, key } = stretch;
    if (!isMet(stretch) || key === NO_KEY || audience.isWanted(key)) continue;
    ranges.push({ first, last });
  }
  return ranges;
}

/** Messages of a window that were met and that nobody has asked for. Costs as much as there are keys here, or there: the fewer. */
export function unaskedIn(window: Window, { keys }: Pick<ChannelAudience, 'keys'>): number {
  const { lineKeys } = window;
  if (lineKeys.size <= keys.size) {
    let unasked = 0;
    for (const key of lineKeys.keys()) if (!keys.has(key)) unasked += window.lengthOf(key);
    return unasked;
  }
  let unasked = window.inLines;
  for (const key of keys.keys()) unasked -= window.lengthOf(key);
  return unasked;
}

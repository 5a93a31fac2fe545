/**
 * What is known of each message of a queue world, over all lives of its broker, and what must be true of it: what was acknowledged never
 * comes again; of a key one comes after the other; nobody gets what another has; in the end each is acknowledged, a dead letter, put back
 * or elsewhere, or dropped because the subscription asks for that, and each of these once.
 */
import { assert } from '../src/base/assert.ts';
import type { Overflow } from '../src/queue/settings.ts';
import type { Letter } from './queue-host.ts';

export interface FateRules {
  readonly byKey: boolean;
  readonly deliveriesMax: number;
  readonly lockMs: number;
  /** Null: no limit. */
  readonly overflow: Overflow | null;
  /** Of all; 0: none. */
  readonly ttlMs: number;
}

export interface NewFate {
  readonly key: string;
  /** Its own; 0: none. */
  readonly ttlMs: number;
  /** 0: at once. */
  readonly deliverAtMs: number;
  /** What its sender wants of a half message; null: it is none. */
  readonly half: 'commit' | 'rollback' | null;
}

interface Place {
  readonly partition: number;
  readonly offset: number;
  deliveries: number;
}

interface Fate extends NewFate {
  readonly id: string;
  /** What its sender was told. */
  told: 'nothing' | 'stored' | 'refused';
  /** Where it was seen last. */
  place: Place | null;
  /** At that place, it was asked for, or answered, that it is not delivered again. */
  over: 'no' | 'asked' | 'acked' | 'rejected';
  rejectAsked: boolean;
  /** Who has it, and until when, in simulated time. */
  holder: string;
  heldUntilMs: number;
}

/** What is found in the logs in the end. */
export interface Found {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
}

export interface FoundLetter extends Letter {
  /** Somebody has put it back. */
  readonly isMoved: boolean;
}

export class Fates {
  deliveries = 0;
  /** Whether letters were put back, ever. */
  redriven = false;
  /** The wall clock was set: times say nothing any more. */
  jumped = false;
  readonly #rules: FateRules;
  readonly #fates = new Map<string, Fate>();
  /** Where the other subscription got each message. */
  readonly #met = new Map<string, Place>();
  /** By place, how often what stands there came. */
  readonly #places = new Map<string, Place>();

  constructor(rules: FateRules) {
    this.#rules = rules;
  }

  sending(fate: NewFate): string {
    const id = `m${this.#fates.size}`;
    const fresh = { told: 'nothing', place: null, over: 'no', rejectAsked: false } as const;
    this.#fates.set(id, { ...fate, id, ...fresh, holder: '', heldUntilMs: 0 });
    return id;
  }

  /** Its sender was answered. `at`: where it stands; null: that wasn't said. */
  told(id: string, answer: 'stored' | 'refused', at: Omit<Found, 'id'> | null = null): void {
    const fate = this.#fates.get(id)!;
    fate.told = answer;
    if (at !== null && fate.place === null) fate.place = this.#placeOf(at);
  }

  /** What the sender of a half message wants. */
  wanted(id: string): 'commit' | 'rollback' {
    return this.#fates.get(id)!.half!;
  }

  /** Nobody has anything any more, or a consumer hasn't. */
  letGo(consumer: string | null): void {
    for (const fate of this.#fates.values())
      if (consumer === null || fate.holder === consumer) fate.heldUntilMs = 0;
  }

  /** `since`: when the consumer has asked. */
  delivered(
    id: string,
    at: Omit<Found, 'id'> & { readonly deliveries: number; readonly consumer: string },
    { nowMs, sinceMs, wallMs }: { readonly nowMs: number; readonly sinceMs: number; readonly wallMs: number },
  ): void {
    this.deliveries++;
    const fate = this.#fates.get(id);
    assert(fate !== undefined && fate.told !== 'refused', `${id} was published`);
    assert(fate.half !== 'rollback', `${id} was rolled back, and is there`);
    assert(fate.over !== 'acked', `${id} was acknowledged, and came again`);
    const place = this.#placeOf(at);
    if (fate.place !== place) {
      assert(fate.place === null || this.redriven, `${id} stands at one offset`);
      assert(fate.heldUntilMs <= nowMs, `${id} is put back while somebody has it`);
      Object.assign(fate, { place, over: 'no' });
    }
    assert(fate.over !== 'rejected', `${id} was rejected, and came again`);
    assert(at.deliveries <= this.#rules.deliveriesMax, `${id} comes for the ${at.deliveries}th time`);
    assert(fate.heldUntilMs <= nowMs, `${id} comes to ${at.consumer} while ${fate.holder} has it`);
    assert(this.jumped || wallMs >= fate.deliverAtMs, `${id} comes before its time`);
    place.deliveries++;
    fate.holder = at.consumer;
    // Leases count in whole ms.
    fate.heldUntilMs = Math.max(nowMs, sinceMs + this.#rules.lockMs - 1);
    if (this.#rules.byKey) this.#checkOrder(fate, place, nowMs);
  }

  /** The other subscription of the topic, which acknowledges all, got a message: letters that are put back are not its. */
  met(id: string, at: Omit<Found, 'id'>): void {
    const place = this.#placeOf(at);
    const before = this.#met.get(id);
    assert(before === undefined || before === place, `${id} was put back for another subscription`);
    this.#met.set(id, place);
  }

  /** A consumer says something; gives what undoes that where it is refused. */
  settling(id: string, action: string): () => void {
    const fate = this.#fates.get(id)!;
    const { over } = fate;
    fate.heldUntilMs = 0;
    if (action === 'reject') fate.rejectAsked = true;
    if (action === 'ack' || action === 'reject') fate.over = 'asked';
    return () => {
      fate.over = over;
    };
  }

  /** What it said is answered. Acknowledgements that weren't answered may count, too: which word counts isn't known. */
  settled(id: string, action: string): void {
    const fate = this.#fates.get(id)!;
    if (action === 'ack') fate.over = 'acked';
    if (action === 'reject') fate.over = 'rejected';
  }

  /** Whether the last word was an acknowledgement that nobody has answered. */
  isAsked(id: string): boolean {
    return this.#fates.get(id)!.over === 'asked';
  }

  #placeOf({ partition, offset }: Omit<Found, 'id'>): Place {
    const name = `${partition}@${offset}`;
    let place = this.#places.get(name);
    if (place === undefined) this.#places.set(name, (place = { partition, offset, deliveries: 0 }));
    return place;
  }

  #checkOrder(fate: Fate, place: Place, nowMs: number): void {
    for (const before of this.#fates.values()) {
      if (before.key !== fate.key || before.place?.partition !== place.partition) continue;
      if (before.place.offset >= place.offset) continue;
      const what = `${fate.id} came while ${before.id} of its key, which stands before it`;
      assert(before.heldUntilMs <= nowMs, `${what}, is at ${before.holder}`);
      const { deliveriesMax, overflow, ttlMs } = this.#rules;
      const isOver = before.over !== 'no' || before.place.deliveries >= deliveriesMax;
      const mayBeGone = ttlMs + before.ttlMs > 0 || (overflow !== null && overflow !== 'refuse');
      assert(isOver || mayBeGone, `${what}, was not done`);
    }
  }

  /** When all is over: what is in the topic, in the dead letters, and elsewhere. */
  check({
    there,
    letters,
    elsewhere,
  }: {
    readonly there: readonly Found[];
    readonly letters: readonly FoundLetter[];
    readonly elsewhere: readonly string[];
  }): void {
    const dead = new Map<Place, FoundLetter>();
    for (const letter of letters) {
      const place = this.#placeOf(letter);
      assert(!dead.has(place), `${letter.id} is a dead letter of one place once`);
      dead.set(place, letter);
      this.#checkReason(letter, place);
    }
    for (const fate of this.#fates.values()) {
      const found = there.filter(({ id }) => id === fate.id).map((one) => this.#placeOf(one));
      const moved = elsewhere.filter((id) => id === fate.id).length;
      const back = letters.filter(({ id, isMoved }) => id === fate.id && isMoved).length;
      this.#checkPresence(fate, found.length);
      this.#checkMet(fate, found);
      const count = found.length + moved;
      const published = found.length > 0 ? 1 : 0;
      assert(
        count === published + back,
        `${fate.id} is ${count} times there, and was put back ${back} times`,
      );
      this.#checkEnds(
        fate,
        found.filter((place) => !dead.has(place)),
        dead,
      );
    }
  }

  #checkReason({ id, reason }: FoundLetter, { deliveries }: Place): void {
    const { deliveriesMax, overflow, ttlMs } = this.#rules;
    const fate = this.#fates.get(id)!;
    const what = `${id} is a dead letter (${reason})`;
    if (reason === 'rejected') assert(fate.rejectAsked, `${what}, and nobody rejected it`);
    else if (reason === 'delivery_limit')
      assert(deliveries >= deliveriesMax, `${what} after ${deliveries} deliveries`);
    else if (reason === 'expired') assert(ttlMs + fate.ttlMs > 0, `${what}, and lives for ever`);
    else assert(reason === 'maxlen' && overflow === 'dead-letter', `${what}, and nobody asked for that`);
  }

  #checkPresence({ id, told, half }: Fate, count: number): void {
    if (half === 'rollback') assert(count === 0, `${id} was rolled back, and is there`);
    else if (told === 'stored') assert(count > 0, `${id} was stored, and is not there`);
    else if (told === 'refused') assert(count === 0, `${id} was refused, and is there`);
  }

  /** It got each message where it was published. */
  #checkMet({ id, ttlMs }: Fate, found: readonly Place[]): void {
    const met = this.#met.get(id);
    const [published] = [...found].sort((a, b) => a.offset - b.offset);
    const isRight = met === published || (met === undefined && ttlMs > 0);
    assert(isRight, `${id} is another subscription's, too, where it was published`);
  }

  /** `open`: where no letter says what became of it. */
  #checkEnds({ id, place, over }: Fate, open: readonly Place[], dead: ReadonlyMap<Place, FoundLetter>): void {
    assert(open.length <= 1, `${id} was put back without a letter`);
    if (place !== null && over === 'acked') assert(!dead.has(place), `${id} was acknowledged, and is dead`);
    if (place !== null && over === 'rejected')
      assert(dead.has(place), `${id} was rejected, and is no letter`);
    const last = open[0];
    if (last === undefined || (last === place && over !== 'no')) return;
    assert(this.#rules.overflow === 'drop-head', `${id} was delivered ${last.deliveries} times, and is lost`);
  }
}

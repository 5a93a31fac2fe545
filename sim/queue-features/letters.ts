/**
 * Dead letters and their way back. Each must say truly what became of the message; a redrive moves those that it was asked for, to where
 * they belong, and no faster than it was asked.
 */
import { assert } from '../../src/base/assert.ts';
import { BrokerError } from '../../src/base/errors.ts';
import type { Redrive, RedriveResult } from '../../src/broker/redrive.ts';
import type { StoredMessage } from '../../src/broker/stored-messages.ts';
import { headerOf, isPutBack, type Letter, type LetterPlace, letterOf } from '../queue-host.ts';
import type { Standing } from './model.ts';
import { DEAD, ELSEWHERE, type FeatureWorld, TAGS, tagFilter } from './world.ts';

/** Dead letters on their way. */
interface RedriveRun {
  readonly redrive: Redrive;
  readonly to: string | null;
  readonly messagesMax: number;
  readonly perSecond: number;
  /** Those that it may take. */
  readonly candidates: ReadonlySet<Letter>;
  readonly startedSlot: number;
  moved: number;
  cancelled: boolean;
  result: RedriveResult | BrokerError | null;
}

export class FeatureLetters {
  readonly #world: FeatureWorld;
  /** Those that are there, in order, and where. */
  readonly #letters = new Map<Letter, LetterPlace>();
  readonly #readTo = new Map<string, number>();
  #run: RedriveRun | null = null;
  /** Became letters because they were too many, in this slot. */
  #tooMany: Standing[] = [];

  constructor(world: FeatureWorld) {
    this.#world = world;
  }

  get isMoving(): boolean {
    return this.#run !== null;
  }

  /** Starts a redrive, or cancels the one that runs. */
  redrive(): void {
    const { prng, broker, slot: startedSlot } = this.#world;
    if (this.#run !== null) {
      this.#run.redrive.cancel();
      this.#run.cancelled = true;
      return;
    }
    const tag = prng.chance(0.4) ? prng.pick(TAGS) : null;
    const asked = {
      to: prng.chance(0.3) ? ELSEWHERE : null,
      messagesMax: prng.pick([0, 0, 2]),
      perSecond: prng.pick([0, 0, 1, 3]),
    };
    const candidates = [...this.#letters.keys()].filter(({ id }) => tag === null || this.#tagOf(id) === tag);
    const run: Omit<RedriveRun, 'redrive'> = {
      ...asked,
      candidates: new Set(candidates),
      startedSlot,
      moved: 0,
      cancelled: false,
      result: null,
    };
    const topicId = broker.topics.byName(DEAD)!.id;
    const wanted = tag === null ? null : tagFilter(tag);
    const redrive = broker.queueAdmin.redrive({ ...asked, topicId, wanted }, (result) => {
      run.result = result;
    });
    this.#run = Object.assign(run, { redrive });
  }

  #tagOf(id: string): string {
    return this.#world.model.partitions.flat().find((one) => one.id === id)!.tag;
  }

  /** The process has ended, and the redrive with it. */
  forgetRun(): void {
    this.#run = null;
  }

  /** What is new among the dead letters, and where they are moved to. */
  async read(): Promise<void> {
    const { broker } = this.#world;
    for (const name of [DEAD, ELSEWHERE]) {
      const { partitionCount } = broker.topics.byName(name)!;
      for (let index = 0; index < partitionCount; index++) await this.#readAside(name, index);
    }
  }

  async #readAside(name: string, index: number): Promise<void> {
    const { host, broker } = this.#world;
    const { stream } = this.#world.partition(name, index);
    const place = `${name} ${index}`;
    const from = this.#readTo.get(place) ?? 0;
    const messages = await this.#world.settled(host.read(broker, stream, from));
    this.#readTo.set(place, stream.highWatermark);
    for (const message of messages) {
      if (name === DEAD) this.#add(message, index);
      // Whose letter it was isn't said there.
      else this.#moved(message.value!.toString(), ELSEWHERE, (_, at) => isPutBack(broker, DEAD, at));
    }
  }

  #add(message: StoredMessage, partition: number): void {
    const { readers, counts } = this.#world;
    const letter = letterOf(message);
    this.#letters.set(letter, { partition, offset: message.offset });
    this.#world.reader = readers.find(({ model: { name } }) => name === letter.subscription)!;
    const { model } = this.#world;
    const { id } = letter;
    const one = model.partitions[letter.partition]![letter.offset]!;
    const what = `${id} is a dead letter (${letter.reason})`;
    assert(one.id === id && model.settings.deadLetterTopic === DEAD, `${what}, and stands there`);
    assert(one.deliveries === letter.deliveries, `${what} with ${one.deliveries} deliveries`);
    counts.buried++;
    if (one.state === 'dead') assert(one.reason === letter.reason, `${what} for ${one.reason}`);
    else this.#wasFree(one, letter, what);
    one.state = 'done';
  }

  #wasFree(one: Standing, { reason }: Letter, what: string): void {
    const { model, counts, nowMs } = this.#world;
    assert(one.state === 'free', `${what} while nobody has it: it is ${one.state}`);
    assert(model.isWanted(one), `${what}, and is nobody's`);
    if (reason === 'expired') {
      assert(model.expiresAtMs(one) < nowMs, `${what} after its time`);
      counts.expired++;
      return;
    }
    assert(reason === 'maxlen' && model.settings.overflow === 'dead-letter', what);
    this.#tooMany.push(one);
    counts.tooMany++;
  }

  /** Those that became letters because they were too many, since this was asked last. */
  takeTooMany(): Standing[] {
    return this.#tooMany.splice(0);
  }

  /** It is in the topic again. Gives the subscription that had buried it. */
  cameBack(message: StoredMessage, partition: number): string {
    const id = message.value!.toString();
    const owner = headerOf(message, 'dlq-subscription');
    const letter = this.#moved(id, null, ({ subscription }) => subscription === owner);
    assert(letter.partition === partition, `${id} goes back to where it came from`);
    return letter.subscription;
  }

  /** A letter has gone. `isIt`: where both subscriptions have given the message up. */
  #moved(id: string, to: string | null, isIt: (letter: Letter, at: LetterPlace) => boolean): Letter {
    const run = this.#run;
    assert(run !== null && run.to === to, `${id} is moved while somebody asks for it`);
    const found = [...this.#letters].find(
      ([one, at]) => one.id === id && run.candidates.has(one) && isIt(one, at),
    );
    assert(found !== undefined, `${id} is a letter that is to be moved`);
    const [letter] = found;
    this.#letters.delete(letter);
    run.moved++;
    this.#world.counts.redriven++;
    return letter;
  }

  check(): void {
    const run = this.#run;
    if (run === null) return;
    const seconds = this.#world.slot - run.startedSlot;
    if (run.perSecond > 0) assert(run.moved <= run.perSecond * (seconds + 1), 'no faster than it was asked');
    if (run.messagesMax > 0) assert(run.moved <= run.messagesMax, 'no more than were asked');
    if (run.result === null) return;
    this.#run = null;
    if (run.result instanceof BrokerError) throw run.result;
    const { moved, stayed } = run.result;
    assert(moved === run.moved && stayed === 0, `${moved} were moved, and ${run.moved} seen`);
    if (run.cancelled) return;
    const wanted = Math.min(run.messagesMax || Number.POSITIVE_INFINITY, run.candidates.size);
    assert(moved === wanted, `${wanted} were to be moved, and ${moved} were`);
  }
}

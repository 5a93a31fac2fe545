/**
 * Subscriptions of a whole broker against a naive model, from a seed: limits with each overflow, time to live (the subscription's and the
 * messages' own; met by a consumer, at the head, by the clock), priorities, filters, transactions, pauses, purge, seek, dead letters and
 * their way back. After each operation the broker comes to rest, and all that can be seen must be what the model says.
 *
 * Time goes in slots of a second. Spans end in the middle of one, so that it is clear what comes first.
 */
import { assert } from '../src/base/assert.ts';
import { BrokerError } from '../src/base/errors.ts';
import type { Broker } from '../src/broker/broker.ts';
import type { Acquired, QueueSubscription, SettleEntry } from '../src/broker/queues.ts';
import { compileFilter } from '../src/broker/queues.ts';
import type { Redrive, RedriveResult } from '../src/broker/redrive.ts';
import type { StoredMessage } from '../src/broker/stored-messages.ts';
import type { Partition } from '../src/broker/topics.ts';
import type { Compression } from '../src/platform/ports.ts';
import { OVERFLOWS, SUBSCRIPTION_DEFAULTS, type SubscriptionSettings } from '../src/queue/settings.ts';
import { buildBatch, type RecordInput } from '../src/record/build.ts';
import { Prng } from './prng.ts';
import { FeaturesModel, type Standing } from './queue-features-model.ts';
import { called, headerOf, type Letter, type Life, letterOf, publish, QueueHost } from './queue-host.ts';

/** What was done, over all seeds. */
export interface FeatureCounts {
  operations: number;
  acquired: number;
  acked: number;
  expired: number;
  dropped: number;
  tooMany: number;
  buried: number;
  refused: number;
  redriven: number;
  restarts: number;
}

export const newFeatureCounts = (): FeatureCounts => ({
  operations: 0,
  acquired: 0,
  acked: 0,
  expired: 0,
  dropped: 0,
  tooMany: 0,
  buried: 0,
  refused: 0,
  redriven: 0,
  restarts: 0,
});

const TOPIC = 'orders';
const DEAD = 'dead';
const ELSEWHERE = 'elsewhere';
const SLOT_MS = 1000;
const CONSUMERS = ['a', 'b', 'c'];
const TAGS = ['red', 'green'];
const KEYS = 4;
/** A longer log would make the model slow. */
const OFFSETS_MAX = 150;
const LEVELS = 2;

/** Does so many random operations, in worlds of some hundred each. Rejects where broker and model differ. */
export async function exerciseFeatures(
  seed: number,
  operations: number,
  { compression, counts }: { readonly compression: Compression; readonly counts: FeatureCounts },
): Promise<void> {
  const exercise = new FeatureExercise(seed, compression, counts);
  for (let step = 1; step <= operations; step++) {
    try {
      if (step === 1) await exercise.start();
      if (await exercise.step()) return;
    } catch (error) {
      const cause = error instanceof Error ? error.stack : String(error);
      throw new Error(`seed ${seed}, operation ${step} (${exercise.doing.slice(-6).join(', ')}): ${cause}`);
    }
    counts.operations++;
  }
}

/** Dead letters on their way. */
interface RedriveRun {
  readonly redrive: Redrive;
  readonly tag: string | null;
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

class FeatureExercise {
  /** The last operations. */
  readonly doing: string[] = [];
  readonly #prng: Prng;
  readonly #host: QueueHost;
  readonly #counts: FeatureCounts;
  readonly #levels: number;
  readonly #hasHeaders: boolean;
  readonly #model: FeaturesModel;
  #life!: Life;
  #broker!: Broker;
  #subscription!: QueueSubscription;
  #slot = 0;
  #names = 0;
  /** Published in this slot: where each must come to stand. */
  readonly #expected = new Map<string, { readonly partition: number; readonly isOpen: boolean }>();
  /** Open transactions: producer ids by partition. */
  readonly #open = new Map<number, number>();
  /** Letters that are there, in order. */
  readonly #letters = new Set<Letter>();
  readonly #readTo = new Map<string, number>();
  #run: RedriveRun | null = null;

  constructor(seed: number, compression: Compression, counts: FeatureCounts) {
    const prng = new Prng(seed);
    this.#prng = prng;
    this.#host = new QueueHost(prng.fork(), compression);
    this.#host.volume.faults.slowness = 0;
    this.#counts = counts;
    this.#levels = prng.pick([1, LEVELS]);
    this.#hasHeaders = prng.chance(0.6);
    const settings = { ...SUBSCRIPTION_DEFAULTS, order: prng.pick(['none', 'none', 'by-key', 'exclusive']) };
    this.#model = new FeaturesModel(
      { ...settings, ...this.#drawSettings() } as SubscriptionSettings,
      this.#levels === 1 ? prng.between(1, 3) : LEVELS * prng.between(1, 2),
    );
  }

  async start(): Promise<void> {
    await this.#boot();
    const plain = { replicationFactor: -1, configs: [] };
    const configs = [
      ['polylog.priority.levels', String(this.#levels)],
      ['polylog.headers', String(this.#hasHeaders)],
    ] as const;
    const refusals = await this.#settled(
      this.#broker.createTopics([
        { ...plain, name: TOPIC, partitionCount: this.#model.partitions.length, configs },
        { ...plain, name: DEAD, partitionCount: this.#prng.between(1, 4) },
        { ...plain, name: ELSEWHERE, partitionCount: 2 },
      ]),
    );
    assert(refusals.size === 0, 'the topics are made');
    await this.#find();
  }

  /** Whether the world has come to its end. */
  async step(): Promise<boolean> {
    const [, name, run] = this.#draw();
    this.doing.push(name);
    await run();
    // What follows at once.
    await this.#host.scheduler.runFor(100);
    await this.#readTopic();
    const { excess } = this.#model;
    // What stands behind another of its key isn't dropped.
    const free = this.#model.partitions.map((all, index) =>
      all.filter((one) => one.state === 'free' && !this.#model.mayBeBehind(index, one)),
    );
    await this.#host.scheduler.runFor(this.#slotEndMs - this.#host.scheduler.nowUs / 1000);
    this.#slot++;
    await this.#readTopic();
    const excessMax = Math.max(excess, this.#model.excess);
    this.#model.due(this.#nowMs);
    await this.#observe({ excessMax, free });
    // What was looked at took no time that matters.
    this.#host.scheduler.nowUs = 1000 * SLOT_MS * this.#slot;
    return this.#model.partitions.some(({ length }) => length > OFFSETS_MAX);
  }

  #draw(): readonly [weight: number, name: string, run: () => void | Promise<void>] {
    return this.#prng.weighted([
      [24, 'publish', () => this.#publish()],
      [36, 'acquire', () => this.#acquire()],
      [36, 'settle', () => this.#settle()],
      [10, 'time', () => undefined],
      [3, 'disconnect', () => this.#disconnect()],
      [4, 'transaction', () => this.#transaction()],
      [5, 'alter', () => this.#alter()],
      [5, 'redrive', () => this.#redrive()],
      [1, 'purge', () => this.#purge()],
      [1, 'seek', () => this.#seek()],
      [2, 'restart', () => this.#restart()],
    ]);
  }

  get #nowMs(): number {
    return this.#life.clock.nowMs();
  }

  get #slotEndMs(): number {
    return SLOT_MS * (this.#slot + 1);
  }

  #settled<T>(promise: Promise<T>): Promise<T> {
    return this.#host.scheduler.settle(promise, this.#life.process, SLOT_MS);
  }

  /** What a callback is given. */
  #called<T>(start: (done: (answer: T | BrokerError) => void) => void): Promise<T> {
    return this.#settled(called(start));
  }

  #drawSettings(): Partial<SubscriptionSettings> {
    const prng = this.#prng;
    return {
      deliveriesMax: prng.pick([0, 0, 1, 3]),
      deadLetterTopic: prng.pick([null, DEAD, DEAD]),
      retry: { kind: 'list', delaysMs: [500, 1500] },
      lockMs: prng.pick([500, 2500, 20_500]),
      filter: prng.pick([null, null, { type: 'tag', expression: 'red' }]),
      ttlMs: prng.pick([0, 0, 0, 2500, 15_500]),
      lengthMax: prng.pick([0, 0, 8, 20]),
      overflow: prng.pick(OVERFLOWS),
      inFlightMax: prng.pick([4, 1000]),
      paused: prng.chance(0.1),
    };
  }

  async #boot(): Promise<void> {
    this.#life = this.#host.boot();
    this.#broker = await this.#settled(this.#host.open(this.#life));
  }

  async #find(): Promise<void> {
    const topicId = this.#broker.topics.byName(TOPIC)!.id;
    const { settings } = this.#model;
    this.#subscription = await this.#called((done) =>
      this.#broker.queues.subscribe({ topicId, name: 's', settings, startFrom: 'earliest' }, done),
    );
  }

  #partition(name: string, index: number): Partition {
    return this.#broker.topics.partition(this.#broker.topics.byName(name)!, index)!;
  }

  // What producers do.

  #drawRecords(partition: number): RecordInput[] {
    const prng = this.#prng;
    return Array.from({ length: prng.between(1, 5) }, () => {
      const id = `m${this.#names++}`;
      const header = (key: string, value: string | number) => ({ key, value: Buffer.from(String(value)) });
      const headers = [header('tag', prng.pick(TAGS))];
      const ttlMs = prng.pick([0, 0, 0, 2500, 15_500]);
      if (this.#hasHeaders && ttlMs > 0) headers.push(header('ttl-ms', ttlMs));
      let target = partition;
      if (this.#hasHeaders && this.#levels > 1 && prng.chance(0.5)) {
        const level = prng.int(LEVELS + 1);
        headers.push(header('priority', level));
        target = partition - (partition % LEVELS) + Math.min(level, LEVELS - 1);
      }
      this.#expected.set(id, { partition: target, isOpen: false });
      const key = prng.chance(0.2) ? null : Buffer.from(`k${prng.int(KEYS)}`);
      const timestampMs = this.#nowMs - SLOT_MS * prng.int(3);
      return { key, value: Buffer.from(id), timestampMs, headers };
    });
  }

  async #publish(): Promise<void> {
    const prng = this.#prng;
    const index = prng.int(this.#model.partitions.length);
    const partition = this.#partition(TOPIC, index);
    const codec = prng.chance(0.1) ? { codec: 1 as const, compression: this.#host.compression } : {};
    const batch = buildBatch(this.#drawRecords(index), { timestampMs: this.#nowMs, ...codec });
    const isRefused = this.#model.isFull;
    const { error } = await this.#settled(publish(this.#broker, { partition, batch, timeoutMs: 10_000 }));
    assert((error?.code ?? null) === (isRefused ? 'queue-full' : null), 'a full queue refuses');
    if (!isRefused) return;
    this.#expected.clear();
    this.#counts.refused++;
  }

  /** Begins one, or ends the one that is open. */
  async #transaction(): Promise<void> {
    const index = this.#prng.int(this.#model.partitions.length);
    const partition = this.#partition(TOPIC, index);
    const producerId = this.#open.get(index);
    if (producerId !== undefined) {
      this.#open.delete(index);
      const commit = this.#prng.chance(0.5);
      const marker = { producerId, producerEpoch: 0, coordinatorEpoch: 0, commit };
      await this.#called<null>((done) =>
        this.#broker.writeEndMarker(partition, marker, (error) => done(error ?? null)),
      );
      for (const one of this.#model.partitions[index]!)
        if (one.kind === 'open') one.kind = commit ? 'message' : 'nothing';
      return;
    }
    const records = this.#drawRecords(index).map(({ headers, ...record }) => ({
      ...record,
      headers: headers!.filter(({ key }) => key !== 'priority'),
    }));
    for (const { value } of records)
      this.#expected.set(value!.toString(), { partition: index, isOpen: true });
    const id = 1000 + this.#names;
    const batch = buildBatch(records, {
      timestampMs: this.#nowMs,
      producerId: id,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    });
    this.#open.set(index, id);
    const { log } = this.#broker;
    await this.#called<null>((done) => {
      const entries = [{ stream: partition.stream, batch }];
      const outcome = log.append({ entries, durability: 'fsync', onCommitted: () => done(null) });
      if (outcome instanceof BrokerError) done(outcome);
      else partition.producers.note(batch, outcome.baseOffsets[0]!, this.#nowMs);
    });
  }

  // What consumers do.

  async #acquire(): Promise<void> {
    const prng = this.#prng;
    const model = this.#model;
    const tag = prng.chance(0.2) ? prng.pick(TAGS) : null;
    const count = model.partitions.length;
    const partitions = prng.chance(0.3) ? [prng.int(count)] : null;
    const messagesMax = prng.pick([1, 3, 100]);
    const consumer = prng.pick(CONSUMERS);
    const nowMs = this.#nowMs;
    const isOut = model.settings.paused || !this.#isActive(consumer);
    const may = model.partitions.map((_, index) =>
      isOut || partitions?.includes(index) === false ? [] : model.acquirable(index, nowMs, tag),
    );
    const lockMs = prng.chance(0.2) ? { lockMs: 3500 } : {};
    const acquired = await this.#called<Acquired[]>((done) =>
      this.#broker.queues.acquire({
        subscription: this.#subscription,
        consumer,
        partitions,
        messagesMax,
        bytesMax: 1e9,
        waitMs: 0,
        ...lockMs,
        wanted: tag === null ? null : filterOf(tag),
        done,
      }),
    );
    const got = model.partitions.map((): Standing[] => []);
    for (const one of acquired)
      this.#take(one, { consumer, lockMs: lockMs.lockMs ?? model.settings.lockMs, got });
    for (const { batches } of acquired) this.#broker.queues.releaseBlocks(batches);
    this.#checkAcquired({ may, got, messagesMax, partitions });
  }

  #isActive(consumer: string): boolean {
    const model = this.#model;
    if (model.settings.order !== 'exclusive' || model.settings.paused) return true;
    model.activeConsumer ??= consumer;
    return model.activeConsumer === consumer;
  }

  #take(
    { partition, lease, batches, ranges }: Acquired,
    {
      consumer,
      lockMs,
      got,
    }: { readonly consumer: string; readonly lockMs: number; readonly got: readonly Standing[][] },
  ): void {
    for (const { first, last, deliveries } of ranges) {
      const messages = this.#host.messages(batches, first, last);
      assert(messages.length === last - first + 1, 'each offset that is acquired has a message');
      for (const message of messages) {
        const one = this.#model.partitions[partition]![message.offset]!;
        assert(one.id === message.value!.toString(), `${one.id} stands at its offset`);
        got[partition]!.push(one);
        one.deliveries++;
        assert(one.deliveries === deliveries, `${one.id} comes for the ${one.deliveries}th time`);
        const untilMs = this.#nowMs + lockMs;
        Object.assign(one, { consumer, lease, untilMs });
        this.#counts.acquired++;
      }
    }
  }

  /** `may`: what was there to be had. */
  #checkAcquired({
    may,
    got,
    messagesMax,
    partitions,
  }: {
    readonly may: readonly Standing[][];
    readonly got: readonly Standing[][];
    readonly messagesMax: number;
    readonly partitions: readonly number[] | null;
  }): void {
    const { settings } = this.#model;
    // Behind what has expired, or isn't wanted, others of its key wait until that is done.
    const mayWait = settings.order === 'by-key';
    const had = may.map((all, index) => {
      const first = mayWait ? all.filter((one) => got[index]!.includes(one)) : all;
      return first.slice(0, this.#model.room(index));
    });
    let left = messagesMax;
    had.forEach((all, index) => {
      const ids = got[index]!.map(({ id }) => id).join();
      const expected = all.slice(0, got[index]!.length);
      const wanted = expected.map(({ id }) => id).join();
      assert(ids === wanted, `${ids} was acquired of ${index}, not ${wanted}`);
      left -= got[index]!.length;
    });
    const all = had.reduce((sum, { length }) => sum + length, 0);
    assert(left === Math.max(0, messagesMax - all), `${messagesMax - left} of ${all} were acquired`);
    if (partitions === null && this.#levels > 1) {
      got.forEach(({ length }, index) => {
        if (length === 0) return;
        had.forEach((higher, other) => {
          if (other % LEVELS <= index % LEVELS) return;
          assert(got[other]!.length === higher.length, `what has priority in ${other} comes before ${index}`);
        });
      });
    }
    for (const one of got.flat()) one.state = 'held';
  }

  async #settle(): Promise<void> {
    const prng = this.#prng;
    const model = this.#model;
    const held = model.partitions.flatMap((all, partition) =>
      all.filter(({ state }) => state === 'held').map((one) => ({ partition, one })),
    );
    if (held.length === 0) return;
    const consumer = prng.chance(0.7) ? null : prng.pick(CONSUMERS);
    const chosen = prng.shuffle(held).slice(0, prng.pick([1, 2, 8]));
    const entries = chosen.map(({ partition, one }): SettleEntry => {
      const action = prng.chance(0.6) ? 'ack' : prng.pick(['release', 'retry', 'delay', 'reject'] as const);
      const lease = prng.chance(0.9) ? one.lease : one.lease + 1;
      const ms = action === 'delay' ? { ms: prng.pick([500, 4500]) } : {};
      return { partition, first: one.offset, last: one.offset, lease, action, ...ms };
    });
    const nowMs = this.#nowMs;
    const results = await this.#called<readonly (number | BrokerError)[]>((done) =>
      this.#broker.queues.settle({ subscription: this.#subscription, consumer, entries }, done),
    );
    results.forEach((result, i) => {
      const { one } = chosen[i]!;
      const { lease, action, ms = 0 } = entries[i]!;
      const isRight = lease === one.lease && (consumer === null || consumer === one.consumer);
      assert(!(result instanceof BrokerError) === isRight, `${action} of ${one.id} is taken if it is right`);
      if (!isRight) return;
      model.settle(one, { action, ms, nowMs });
      if (action === 'ack') this.#counts.acked++;
    });
  }

  #disconnect(): void {
    const consumer = this.#prng.pick(CONSUMERS);
    this.#broker.queues.disconnect(consumer);
    this.#model.disconnect(consumer);
  }

  // What operators do.

  async #alter(): Promise<void> {
    const settings = this.#drawSettings();
    await this.#called<null>((done) =>
      this.#broker.queues.alter(this.#subscription, settings, done as never),
    );
    this.#model.settings = { ...this.#model.settings, ...settings } as SubscriptionSettings;
  }

  async #purge(): Promise<void> {
    const everywhere = { partitions: null, to: 'latest' } as const;
    const positions = await this.#settled(this.#broker.queueAdmin.positions(this.#subscription, everywhere));
    assert(!(positions instanceof BrokerError), 'where all ends is known');
    await this.#called<null>((done) =>
      this.#broker.queues.seek(this.#subscription, positions, done as never),
    );
    this.#model.partitions.forEach((all, index) => {
      this.#model.seek(index, all.length);
    });
  }

  async #seek(): Promise<void> {
    const partition = this.#prng.int(this.#model.partitions.length);
    const offset = this.#prng.int(this.#model.partitions[partition]!.length + 1);
    await this.#called<null>((done) =>
      this.#broker.queues.seek(this.#subscription, [{ partition, offset }], done as never),
    );
    this.#model.seek(partition, offset);
  }

  #redrive(): void {
    const prng = this.#prng;
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
    const run: Omit<RedriveRun, 'redrive'> = {
      ...asked,
      tag,
      candidates: new Set([...this.#letters].filter(({ id }) => tag === null || this.#tagOf(id) === tag)),
      startedSlot: this.#slot,
      moved: 0,
      cancelled: false,
      result: null,
    };
    const topicId = this.#broker.topics.byName(DEAD)!.id;
    const wanted = tag === null ? null : filterOf(tag);
    const redrive = this.#broker.queueAdmin.redrive({ ...asked, topicId, wanted }, (result) => {
      run.result = result;
    });
    this.#run = Object.assign(run, { redrive });
  }

  #tagOf(id: string): string {
    return this.#model.partitions.flat().find((one) => one.id === id)!.tag;
  }

  async #restart(): Promise<void> {
    await this.#settled(this.#broker.close());
    this.#life.process.kill();
    this.#host.volume.crash(this.#prng.fork(), 'all');
    this.#counts.restarts++;
    this.#run = null;
    await this.#boot();
    await this.#find();
    this.#model.restart();
  }

  // What must be true when all has come to rest.

  async #observe(before: {
    readonly excessMax: number;
    readonly free: readonly (readonly Standing[])[];
  }): Promise<void> {
    assert(this.#expected.size === 0, `${[...this.#expected.keys()].join()} was published, and is not there`);
    for (const name of [DEAD, ELSEWHERE]) {
      const { partitionCount } = this.#broker.topics.byName(name)!;
      for (let index = 0; index < partitionCount; index++) await this.#readAside(name, index);
    }
    this.#checkRun();
    const dropped: Standing[] = [];
    this.#model.partitions.forEach((standings, index) => {
      dropped.push(...this.#compare(standings, index));
    });
    this.#checkDropped(dropped, before);
    this.#model.checkOverdue(this.#nowMs, SLOT_MS);
  }

  /** What is new in the topic: published, or redriven. */
  async #readTopic(): Promise<void> {
    for (let index = 0; index < this.#model.partitions.length; index++) {
      const { stream } = this.#partition(TOPIC, index);
      const { length } = this.#model.partitions[index]!;
      if (stream.highWatermark === length) continue;
      const messages = await this.#settled(this.#host.read(this.#broker, stream, length));
      for (const message of messages) {
        this.#fill(index, message.offset);
        this.#add(index, message);
      }
      this.#fill(index, stream.highWatermark);
    }
  }

  #add(index: number, message: StoredMessage): void {
    const id = message.value!.toString();
    const expected = this.#expected.get(id);
    if (expected === undefined) this.#cameBack(id, index);
    else assert(expected.partition === index, `${id} is in ${index}, and belongs into ${expected.partition}`);
    this.#expected.delete(id);
    this.#model.add(index, {
      kind: expected?.isOpen === true ? 'open' : 'message',
      id,
      key: message.key?.toString() ?? null,
      tag: headerOf(message, 'tag')!,
      timestampMs: message.timestampMs,
      ttlMs: this.#hasHeaders ? Number(headerOf(message, 'ttl-ms') ?? 0) : 0,
    });
  }

  /** Offsets without a message. */
  #fill(index: number, to: number): void {
    const standings = this.#model.partitions[index]!;
    while (standings.length < to) {
      const nothing = { id: '', key: null, tag: '', timestampMs: 0, ttlMs: 0 };
      this.#model.add(index, { kind: 'nothing', ...nothing });
    }
  }

  #cameBack(id: string, partition: number): void {
    const letter = this.#moved(id, null);
    assert(letter.partition === partition, `${id} goes back to where it came from`);
  }

  /** A letter has gone. */
  #moved(id: string, to: string | null): Letter {
    const run = this.#run;
    assert(run !== null && run.to === to, `${id} is moved while somebody asks for it`);
    const letter = [...run.candidates].find((one) => one.id === id && this.#letters.has(one));
    assert(letter !== undefined, `${id} is a letter that is to be moved`);
    this.#letters.delete(letter);
    run.moved++;
    this.#counts.redriven++;
    return letter;
  }

  async #readAside(name: string, index: number): Promise<void> {
    const { stream } = this.#partition(name, index);
    const place = `${name} ${index}`;
    const messages = await this.#settled(this.#host.read(this.#broker, stream, this.#readTo.get(place) ?? 0));
    this.#readTo.set(place, stream.highWatermark);
    for (const message of messages) {
      if (name === DEAD) this.#letter(message);
      else this.#moved(message.value!.toString(), ELSEWHERE);
    }
  }

  #letter(message: StoredMessage): void {
    const letter = letterOf(message);
    const { id } = letter;
    const one = this.#model.partitions[letter.partition]![letter.offset]!;
    const what = `${id} is a dead letter (${letter.reason})`;
    assert(one.id === id && this.#model.settings.deadLetterTopic === DEAD, `${what}, and stands there`);
    assert(one.deliveries === letter.deliveries, `${what} with ${one.deliveries} deliveries`);
    this.#letters.add(letter);
    this.#counts.buried++;
    if (one.state === 'dead') assert(one.reason === letter.reason, `${what} for ${one.reason}`);
    else {
      assert(one.state === 'free', `${what} while nobody has it: it is ${one.state}`);
      assert(this.#model.isWanted(one), `${what}, and is nobody's`);
      if (letter.reason === 'expired') this.#expired(one, what);
      else {
        assert(letter.reason === 'maxlen' && this.#model.settings.overflow === 'dead-letter', what);
        this.#tooMany.push(one);
        this.#counts.tooMany++;
      }
    }
    one.state = 'done';
  }

  #expired(one: Standing, what: string): void {
    assert(this.#model.expiresAtMs(one) < this.#nowMs, `${what} after its time`);
    this.#counts.expired++;
  }

  /** Became letters because they were too many, in this slot. */
  #tooMany: Standing[] = [];

  #checkRun(): void {
    const run = this.#run;
    if (run === null) return;
    const seconds = this.#slot - run.startedSlot;
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

  /** What the broker says of each message; gives those that were dropped. */
  #compare(standings: readonly Standing[], index: number): Standing[] {
    const model = this.#model;
    const window = this.#subscription.state.windows.get(index);
    const dropped: Standing[] = [];
    for (const one of standings) {
      const stretch = window?.at(one.offset);
      const state = stretch?.state ?? (one.offset < (window?.next ?? 0) ? 'done' : 'new');
      const what = `${one.id} at ${index}@${one.offset} is ${one.state}, and ${state}`;
      if (one.state === 'free' && state === 'done') {
        one.state = 'done';
        if (model.isWanted(one) && this.#mayGo(one, what)) dropped.push(one);
        continue;
      }
      if (one.state === 'free') assert(['new', 'available', 'blocked'].includes(state), what);
      else assert(state === STATES[one.state], what);
      if (stretch === undefined) continue;
      assert(stretch.deliveries === one.deliveries, `${what} for the ${one.deliveries}th time`);
      if (one.state === 'held')
        assert(stretch.lease!.consumer === one.consumer, `${what} by ${one.consumer}`);
    }
    return dropped;
  }

  /** Whether what is gone without a letter was dropped because there were too many; else it has expired. */
  #mayGo(one: Standing, what: string): boolean {
    const { overflow, lengthMax, deadLetterTopic } = this.#model.settings;
    const isExpired = this.#model.expiresAtMs(one) < this.#nowMs;
    if (isExpired && deadLetterTopic === null) {
      this.#counts.expired++;
      return false;
    }
    const drops = overflow === 'drop-head' || (overflow === 'dead-letter' && deadLetterTopic === null);
    assert(lengthMax > 0 && drops, `${what}, and nobody asked for that`);
    this.#counts.dropped++;
    return true;
  }

  /** As many as were too many, the oldest of each partition. */
  #checkDropped(
    dropped: readonly Standing[],
    { excessMax, free }: { readonly excessMax: number; readonly free: readonly (readonly Standing[])[] },
  ): void {
    const gone = [...dropped, ...this.#tooMany.splice(0)];
    if (gone.length > 0) {
      assert(gone.length <= excessMax, `${gone.length} were dropped, and ${excessMax} too many`);
      for (const standings of free) {
        const last = standings.findLastIndex((one) => gone.includes(one));
        for (const one of standings.slice(0, Math.max(0, last)))
          assert(one.state === 'done', `${one.id} is older than what was dropped`);
      }
    }
    const model = this.#model;
    if (model.excess === 0) return;
    model.partitions.forEach((all, index) => {
      const left = all.slice(0, model.stableEnd(index)).filter((one) => one.state === 'free');
      assert(
        left.every((one) => model.mayBeBehind(index, one)),
        `${left.length} are free in ${index}, and too many`,
      );
    });
  }
}

const STATES = { held: 'acquired', waiting: 'waiting', dead: 'nothing that is dead', done: 'done' } as const;

function filterOf(tag: string) {
  const filter = compileFilter('tag', tag);
  if (filter instanceof BrokerError) throw filter;
  return filter;
}

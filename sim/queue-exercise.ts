/**
 * The queue machine against the model, from a seed: messages are published, acquired through `select` as the broker does it, settled in
 * all ways, rightly and wrongly; time passes; consumers and processes die. After each step both must say the same.
 */
import { assert } from '../src/base/assert.ts';
import { BrokerError } from '../src/base/errors.ts';
import { uuidFromBytes } from '../src/base/uuid.ts';
import type { StoredRecord } from '../src/machine/machine.ts';
import type { Compression } from '../src/platform/ports.ts';
import {
  type MoveCommand,
  type QueueAnswer,
  type QueueCommand,
  SETTLEMENTS,
  type SettleEntry,
} from '../src/queue/commands.ts';
import { Expiry } from '../src/queue/expiry.ts';
import { createQueueMachine, type QueueMachine } from '../src/queue/machine.ts';
import type { QueuesState, Subscription } from '../src/queue/model.ts';
import type { QueueRecord, Settled } from '../src/queue/records.ts';
import { type RecordMatcher, type Selection, select } from '../src/queue/select.ts';
import { type QueueOrder, SUBSCRIPTION_DEFAULTS, type SubscriptionSettings } from '../src/queue/settings.ts';
import { dueTimer } from '../src/queue/settle.ts';
import type { QueueDecision } from '../src/queue/settled.ts';
import { Window } from '../src/queue/window.ts';
import { batchLastOffset, batchProducerId, nextOffsetOf, patchBaseOffset } from '../src/record/batch.ts';
import { buildBatch, type RecordInput, sealBatch } from '../src/record/build.ts';
import { endMarkerBatch } from '../src/record/control.ts';
import { Prng } from './prng.ts';
import { type ModelMessage, ModelPartition, type ModelStanding, ModelSubscription } from './queue-model.ts';

/** What was done, over all seeds. */
export interface ExerciseCounts {
  operations: number;
  acquired: number;
  done: number;
  buried: number;
  refused: number;
  restarts: number;
}

export const newExerciseCounts = (): ExerciseCounts => {
  return { operations: 0, acquired: 0, done: 0, buried: 0, refused: 0, restarts: 0 };
};

/** Channels are handed out in another way: test/queue/channels.test.ts. */
const ORDERS: readonly QueueOrder[] = ['none', 'by-key', 'exclusive'];
const TOPIC = uuidFromBytes(Buffer.alloc(16, 7));
const NAME = 's';
const CONSUMERS = ['a', 'b', 'c'];
const COLORS = 3;
/** A transaction that was aborted. */
const ABORTED = 66;
const LAST_DELTA = 23;
const LEASES_OF_A_START = 2 ** 32;
/** All that matters is compared after so many steps. */
const COMPARE_EVERY = 16;

/** Does so many random operations. Throws where machine and model differ. */
export function exerciseQueues(
  seed: number,
  operations: number,
  { compression, counts }: { readonly compression: Compression; readonly counts: ExerciseCounts },
): void {
  const exercise = new Exercise(seed, compression, counts);
  for (let step = 1; step <= operations; step++) {
    try {
      exercise.step();
      if (step % COMPARE_EVERY === 0 || step === operations) exercise.compare();
    } catch (error) {
      const cause = error instanceof Error ? error.stack : String(error);
      throw new Error(`seed ${seed}, operation ${step} (${exercise.doing}): ${cause}`);
    }
    counts.operations++;
  }
}

class Exercise {
  doing = '';
  readonly #prng: Prng;
  readonly #compression: Compression;
  readonly #counts: ExerciseCounts;
  #machine: QueueMachine;
  #state: QueuesState;
  #epoch = 1;
  /** What a restart reads. */
  #log: StoredRecord[] = [];
  #nowMs = 1_000_000;
  readonly #timers = new Map<string, { atMs: number; command: QueueCommand }>();
  #id = 0;
  #highestId = 0;
  #model: ModelSubscription;
  /** Of each partition. */
  #batches: Buffer[][] = [];
  #startOffsets: number[] = [];
  /** Dead messages that were read, to be moved. */
  #moves: MoveCommand[] = [];
  /** Leases of some time ago. */
  readonly #oldLeases: number[] = [];
  #answer: QueueAnswer | BrokerError | null = null;

  constructor(seed: number, compression: Compression, counts: ExerciseCounts) {
    this.#prng = new Prng(seed);
    this.#compression = compression;
    this.#counts = counts;
    this.#machine = createQueueMachine({ firstLease: LEASES_OF_A_START });
    this.#state = this.#machine.initial();
    this.#model = this.#begin();
  }

  step(): void {
    const [, name, run] = this.#draw();
    this.doing = name;
    run();
    this.#checkTimer();
  }

  #draw(): readonly [weight: number, name: string, run: () => void] {
    return this.#prng.weighted([
      [24, 'publish', () => this.#publish()],
      [40, 'acquire', () => this.#acquire()],
      [40, 'settle', () => this.#settle()],
      [12, 'time', () => this.#passTime(this.#prng.pick([1, 10, 50, 500]))],
      [5, 'disconnect', () => this.#disconnect()],
      [6, 'read dead', () => this.#readDead()],
      [6, 'move dead', () => this.#moveDead()],
      [2, 'retention', () => this.#retain()],
      [2, 'seek', () => this.#seek()],
      [2, 'alter', () => this.#alter()],
      [2, 'snapshot', () => this.#snapshot()],
      [2, 'restart', () => this.#restart()],
      [1, 'remove', () => this.#remove()],
    ]);
  }

  get #subscription(): Subscription {
    return this.#state.byId.get(this.#id)!;
  }

  #begin(): ModelSubscription {
    const prng = this.#prng;
    const settings: SubscriptionSettings = {
      ...SUBSCRIPTION_DEFAULTS,
      order: prng.pick(ORDERS),
      ...this.#drawSettings(),
    };
    const partitions = Array.from({ length: prng.between(1, 2) }, () => new ModelPartition());
    this.#batches = partitions.map(() => []);
    this.#startOffsets = partitions.map(() => 0);
    this.#moves = [];
    const starts = partitions.map(() => 0);
    this.#submit({ kind: 'subscribe', topicId: TOPIC, name: NAME, settings, starts });
    const answer = this.#answer;
    assert(answer !== null && 'kind' in answer && answer.kind === 'subscribed', 'it is subscribed');
    assert(answer.created && answer.id > this.#highestId, 'its number is given once');
    this.#id = answer.id;
    this.#highestId = answer.id;
    return new ModelSubscription(settings, partitions);
  }

  #drawSettings(): Pick<
    SubscriptionSettings,
    'deliveriesMax' | 'deadLetterTopic' | 'retry' | 'lockMs' | 'ttlMs' | 'inFlightMax' | 'stretchesMax'
  > {
    const prng = this.#prng;
    return {
      deliveriesMax: prng.pick([0, 0, 1, 2, 5]),
      deadLetterTopic: prng.pick([null, 'dead', 'dead']),
      retry: prng.pick([
        { kind: 'list', delaysMs: [5, 20] },
        { kind: 'exponential', firstMs: 2, factor: 3, maxMs: 100, jitter: 0.5 },
      ]),
      lockMs: prng.pick([10, 100, 1000]),
      ttlMs: prng.pick([0, 0, 0, 200]),
      inFlightMax: prng.pick([3, 20, 1000]),
      stretchesMax: prng.pick([16, 10_000, 10_000]),
    };
  }

  // What happens outside.

  #publish(): void {
    const prng = this.#prng;
    const index = prng.int(this.#model.partitions.length);
    const partition = this.#model.partitions[index]!;
    if (partition.messages.length > 150) return this.#remove();
    const batches = this.#batches[index]!;
    const what = prng.int(12);
    if (what === 0) for (let i = prng.between(1, 4); i > 0; i--) this.#hole(partition);
    const baseOffset = partition.messages.length;
    if (what === 1) {
      const marker = { producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, commit: true };
      batches.push(placed(endMarkerBatch(marker, this.#nowMs), baseOffset));
      return this.#hole(partition);
    }
    const aborted = what === 2;
    // Letters that were put back, for this subscription and for another.
    const redriven = what === 3;
    const records: RecordInput[] = [];
    const messages: ModelMessage[] = [];
    for (let i = prng.between(1, 12); i > 0; i--) {
      const color = prng.int(COLORS);
      const key = prng.chance(0.2) ? null : `k${prng.int(5)}`;
      const timestampMs = this.#nowMs - prng.int(50);
      const offset = baseOffset + messages.length;
      const owner = redriven ? prng.pick([NAME, `${NAME}2`]) : NAME;
      const headers = redriven ? [{ key: 'dlq-subscription', value: Buffer.from(owner) }] : [];
      const keyBytes = key === null ? null : Buffer.from(key);
      records.push({ key: keyBytes, value: Buffer.from([color]), timestampMs, headers });
      messages.push({ offset, hole: aborted || owner !== NAME, key, timestampMs, color });
    }
    const transactional = aborted || prng.chance(0.1);
    const batch = buildBatch(records, {
      timestampMs: this.#nowMs,
      codec: prng.chance(0.1) ? 1 : 0,
      compression: this.#compression,
      redriven,
      ...(transactional && { transactional, producerId: aborted ? ABORTED : 1, producerEpoch: 0 }),
    });
    for (const message of messages) partition.add(message);
    // As a batch of which compaction has left the beginning.
    const gone = prng.chance(0.1) ? prng.between(1, 3) : 0;
    for (let i = 0; i < gone; i++) this.#hole(partition);
    batch.writeInt32BE(records.length - 1 + gone, LAST_DELTA);
    sealBatch(batch);
    batches.push(placed(batch, baseOffset));
  }

  #hole(partition: ModelPartition): void {
    const offset = partition.messages.length;
    partition.add({ offset, hole: true, key: null, timestampMs: this.#nowMs, color: 0 });
  }

  #retain(): void {
    const index = this.#prng.int(this.#startOffsets.length);
    const start = this.#startOffsets[index]!;
    const to = Math.min(start + this.#prng.int(20), this.#model.partitions[index]!.messages.length);
    this.#startOffsets[index] = to;
    const window = this.#subscription.windows.get(index) ?? new Window(index, 0);
    if (window.start >= to) return;
    const range = { first: window.start, last: to - 1, reason: null };
    this.#submit({ kind: 'pass', id: this.#id, partition: index, ranges: [range] });
    this.#modelPass(index, range.first, range.last, 'done');
  }

  #passTime(ms: number): void {
    this.#nowMs += ms;
    for (const [key, { atMs, command }] of [...this.#timers]) {
      if (atMs > this.#nowMs) continue;
      this.#timers.delete(key);
      this.#submit(command, 0);
    }
    this.#model.due(this.#nowMs);
  }

  #snapshot(): void {
    if (this.#prng.chance(0.5)) {
      this.#log = [...this.#machine.snapshot(this.#state)].map((record) => this.#machine.encode(record));
      for (const partition of this.#model.partitions) partition.remember();
    } else {
      // In the background: of a second state, made of what was logged.
      this.#log = [...this.#machine.snapshot(this.#replayed())].map((record) => this.#machine.encode(record));
    }
  }

  #replayed(): QueuesState {
    const state = this.#machine.initial();
    for (const stored of this.#log) this.#machine.apply(state, this.#machine.decode(stored));
    return state;
  }

  #restart(): void {
    this.compare();
    this.#boot();
    this.#model.restart();
    this.#moves = [];
    this.compare();
    this.#passTime(0);
  }

  #boot(): void {
    this.#counts.restarts++;
    this.#machine = createQueueMachine({ firstLease: ++this.#epoch * LEASES_OF_A_START });
    this.#state = this.#replayed();
    this.#timers.clear();
    this.#setTimers(this.#machine.resume(this.#state, this.#nowMs));
  }

  #remove(): void {
    if (this.#prng.chance(0.5)) this.#submit({ kind: 'remove', id: this.#id });
    else this.#submit({ kind: 'topics-deleted', topicIds: [TOPIC] });
    assert(this.#state.byId.size === 0 && this.#state.byTopic.size === 0, 'nothing is left of it');
    if (this.#prng.chance(0.3)) this.#boot();
    this.#model = this.#begin();
  }

  // What consumers do.

  #acquire(): void {
    const prng = this.#prng;
    const consumer = prng.pick(CONSUMERS);
    const { settings } = this.#model;
    if (settings.order === 'exclusive') {
      if (this.#model.activeConsumer === null) {
        this.#remember({ kind: 'activated', id: this.#id, consumer });
        this.#model.activeConsumer = consumer;
      }
      assert(this.#subscription.activeConsumer === this.#model.activeConsumer, 'the active consumer');
      if (this.#model.activeConsumer !== consumer) return;
    }
    const index = prng.int(this.#model.partitions.length);
    const window = this.#subscription.windows.get(index) ?? new Window(index, 0);
    const credit = {
      messages: prng.pick([1, 2, 5, 100]),
      bytes: 1e9,
      wholeBatches: prng.chance(0.1),
      inFlight: settings.inFlightMax - window.count('acquired'),
      stretches: Math.max(1, settings.stretchesMax - window.stretchCount),
    };
    if (credit.inFlight <= 0) return;
    const wanted = prng.chance(0.2) ? prng.int(COLORS) : null;
    // A read may begin behind something that became available meanwhile.
    const isLate = settings.order !== 'by-key' && prng.chance(0.1);
    const least = isLate ? prng.int(window.next + 1) : 0;
    const from = window.candidate(Math.max(this.#startOffsets[index]!, least));
    const { messages: creditMessages, stretches: creditStretches } = credit;
    const batches = this.#batchesFrom(index, from);
    if (batches.length === 0) return;
    const readTo = nextOffsetOf(batches);
    const expiredBeforeMs = settings.ttlMs === 0 ? Number.NEGATIVE_INFINITY : this.#nowMs - settings.ttlMs;
    const expected = this.#expected({ index, from, wanted, expiredBeforeMs }).filter((at) => at < readTo);
    const selection = select({
      window,
      batches,
      from,
      end: this.#model.partitions[index]!.messages.length,
      credit,
      look: { bytesLeft: Number.POSITIVE_INFINITY },
      rules: {
        name: NAME,
        byKey: settings.order === 'by-key',
        filter: null,
        wanted: wanted === null ? null : colored(wanted),
        expiry: settings.ttlMs === 0 ? null : new Expiry({ ttlMs: settings.ttlMs, hasHeaders: false }),
        nowMs: this.#nowMs,
        section: { compression: this.#compression, bytesMax: 1e6 },
      },
      isAborted: (batch) => batchProducerId(batch) === ABORTED,
    });
    const got = selection.steps.flatMap((step) => (step.what === 'acquired' ? offsetsOf(step) : []));
    const isBounded = credit.inFlight <= 0 || creditStretches < 10 || credit.stretches <= 0;
    // Behind a message that has expired others of its key stand until that is done.
    const mayStand = settings.order === 'by-key' && settings.ttlMs > 0;
    const may = mayStand ? expected.filter((offset) => got.includes(offset)) : expected;
    const what = `${got.join()} was acquired of ${may.join()} with a credit of ${creditMessages}`;
    assert(may.slice(0, got.length).join() === got.join(), what);
    if (!isBounded && !credit.wholeBatches) assert(got.length === Math.min(creditMessages, may.length), what);
    if (!isBounded) assert(got.length >= Math.min(creditMessages, may.length), what);
    this.#checkPasses(selection, { index, expiredBeforeMs });
    this.#take(selection, { index, consumer, got });
  }

  /** What is to be handed out of a partition, in order. */
  #expected({
    index,
    from,
    wanted,
    expiredBeforeMs,
  }: {
    readonly index: number;
    readonly from: number;
    readonly wanted: number | null;
    readonly expiredBeforeMs: number;
  }): number[] {
    const partition = this.#model.partitions[index]!;
    const byKey = this.#model.settings.order === 'by-key';
    const open = new Set<string>();
    const found: number[] = [];
    partition.messages.forEach(({ offset, hole, key, timestampMs, color }) => {
      if (hole || partition.isOver(offset)) return;
      const isAvailable = partition.isAvailable(offset);
      // What has expired is passed over where it is met.
      if (isAvailable && offset >= from && timestampMs < expiredBeforeMs) return;
      const isBehind = byKey && key !== null && open.has(key);
      if (key !== null) open.add(key);
      if (!isAvailable || offset < from || isBehind) return;
      if (wanted === null || color === wanted) found.push(offset);
    });
    return found;
  }

  #batchesFrom(index: number, from: number): Buffer[] {
    const batches = this.#batches[index]!;
    const at = batches.findIndex((batch) => batchLastOffset(batch) >= from);
    const rest = at < 0 ? [] : batches.slice(at, at + this.#prng.between(1, 100));
    // Neighbours share a buffer.
    return this.#prng.chance(0.5) || rest.length < 2 ? rest : [Buffer.concat(rest)];
  }

  #checkPasses(
    { passes, steps }: Selection,
    { index, expiredBeforeMs }: { readonly index: number; readonly expiredBeforeMs: number },
  ): void {
    const partition = this.#model.partitions[index]!;
    for (const pass of passes) {
      for (const offset of offsetsOf(pass)) {
        assert(partition.isAvailable(offset), `${offset} is passed over while nobody has it`);
        const { hole, timestampMs } = partition.messages[offset]!;
        const isExpired = !hole && timestampMs < expiredBeforeMs;
        assert(
          hole ? pass.reason === null : isExpired && pass.reason === 'expired',
          `why ${offset} is passed`,
        );
      }
    }
    for (const { what, first } of steps) {
      if (what === 'blocked') assert(partition.isBehind(first), `${first} is behind another of its key`);
    }
  }

  #take(
    { steps, passes }: Selection,
    { index, consumer, got }: { readonly index: number; readonly consumer: string; readonly got: number[] },
  ): void {
    const partition = this.#model.partitions[index]!;
    if (steps.length > 0) {
      const id = this.#state.lastLease + 1;
      const untilMs = this.#nowMs + this.#model.settings.lockMs;
      const [first, last] = [steps[0]!.first, steps.at(-1)!.last];
      const lease = { id, consumer, partition: index, sinceMs: this.#nowMs, untilMs, first, last };
      this.#setTimers([dueTimer(this.#subscription, untilMs)]);
      this.#remember({ kind: 'taken', id: this.#id, lease, steps });
      this.#model.leases.set(id, untilMs);
      this.#oldLeases.push(id);
      for (const offset of got) {
        const standing = partition.standings[offset]!;
        assert(partition.isAvailable(offset), `${offset} was available`);
        Object.assign(standing, { state: 'acquired', lease: id, consumer, untilMs: 0 });
        standing.deliveries++;
      }
      reach(partition, last);
      this.#counts.acquired += got.length;
      if (this.#prng.chance(0.05)) this.#untake(index, id, got);
    }
    if (passes.length === 0) return;
    this.#submit({ kind: 'pass', id: this.#id, partition: index, ranges: passes });
    for (const { first, last, reason } of passes) {
      const buries = reason !== null && this.#model.settings.deadLetterTopic !== null;
      this.#modelPass(index, first, last, buries ? 'dead' : 'done');
    }
  }

  /** The consumer has gone before it was told. */
  #untake(index: number, lease: number, got: readonly number[]): void {
    for (const offset of got) {
      const range = { partition: index, lease, first: offset, last: offset };
      this.#remember({ kind: 'untaken', id: this.#id, ...range });
      const standing = this.#model.partitions[index]!.standings[offset]!;
      standing.state = 'available';
      standing.deliveries--;
    }
  }

  #modelPass(index: number, first: number, last: number, state: 'done' | 'dead'): void {
    const partition = this.#model.partitions[index]!;
    for (let offset = first; offset <= last; offset++)
      Object.assign(partition.standings[offset]!, { state, untilMs: 0 });
    reach(partition, last);
  }

  #settle(): void {
    const prng = this.#prng;
    const isIdle = this.#model.partitions.every(({ standings }) =>
      standings.every(({ state }) => state !== 'acquired'),
    );
    if (isIdle && prng.chance(0.9)) return this.#acquire();
    const consumer = prng.chance(0.8) ? null : prng.pick(CONSUMERS);
    const entries = Array.from({ length: prng.pick([1, 1, 2, 6]) }, () => this.#drawEntry());
    const chance = prng.float();
    const model = this.#model;
    const named: SettleEntry[] = [];
    const expected = entries.map((entry) => {
      const again = named.some(
        ({ partition, first, last }) =>
          partition === entry.partition && first <= entry.last && entry.first <= last,
      );
      const accepted = model.accepts(entry, consumer) && !again;
      if (accepted) named.push(entry);
      return accepted;
    });
    this.#submit({ kind: 'settle', id: this.#id, consumer, entries, chance });
    const answer = this.#answer;
    assert(answer !== null && 'kind' in answer && answer.kind === 'settled', 'it is settled');
    answer.results.forEach((result, i) => {
      assert(
        !(result instanceof BrokerError) === expected[i],
        `entry ${i} is ${expected[i] ? '' : 'not '}accepted`,
      );
      if (result instanceof BrokerError) this.#counts.refused++;
      else this.#settled(entries[i]!, result, chance);
    });
  }

  #settled(entry: SettleEntry, lease: number, chance: number): void {
    const { partition, first, last, action, ms } = entry;
    const standings = this.#model.partitions[partition]!.standings.slice(first, last + 1);
    if (action === 'renew') {
      assert(
        this.#oldLeases.every((old) => old < lease),
        'a lease is given once',
      );
      this.#oldLeases.push(lease);
      this.#model.leases.set(lease, this.#nowMs + (ms ?? this.#model.settings.lockMs));
      for (const standing of standings) standing.lease = lease;
      return;
    }
    this.#model.settle(entry, { nowMs: this.#nowMs, chance });
    for (const { state, deliveries, untilMs, stored } of standings) {
      assert(stored.state === state && stored.untilMs === untilMs, 'what was answered is stored');
      assert(state === 'done' || stored.deliveries === deliveries, 'with the deliveries');
      if (state === 'done') this.#counts.done++;
    }
  }

  #drawEntry(): SettleEntry {
    const prng = this.#prng;
    const { partitions } = this.#model;
    const held = partitions.findIndex(({ standings }) => standings.some(({ state }) => state === 'acquired'));
    const partition = held >= 0 && prng.chance(0.6) ? held : prng.int(partitions.length);
    const { standings } = partitions[partition]!;
    const action = prng.pick([...SETTLEMENTS, 'ack', 'ack'] as const);
    const acquired = standings.flatMap(({ state }, offset) => (state === 'acquired' ? [offset] : []));
    const isGuess = acquired.length === 0 || prng.chance(0.1);
    const first = isGuess ? prng.int(standings.length + 2) : prng.pick(acquired);
    const last = first + (prng.chance(0.7) ? 0 : prng.between(-1, 6));
    const right = standings[first]?.lease ?? 0;
    const isWrong = prng.chance(0.1) && this.#oldLeases.length > 0;
    const lease = prng.chance(0.3) ? null : isWrong ? prng.pick(this.#oldLeases) : right;
    const ms = action === 'renew' ? prng.pick([undefined, 300]) : prng.pick([0, 7, 70]);
    return { partition, first, last, lease, action, ...(ms !== undefined && { ms }) };
  }

  #disconnect(): void {
    const consumer = this.#prng.pick(CONSUMERS);
    this.#submit({ kind: 'disconnect', id: this.#id, consumer });
    this.#model.disconnect(consumer);
  }

  #readDead(): void {
    for (const window of this.#subscription.windows.values()) {
      const dead = [...window.stretches()].filter(({ state }) => state === 'dead');
      if (dead.length === 0) continue;
      const ranges = dead.slice(0, this.#prng.between(1, 3)).map(({ first, last }) => ({ first, last }));
      const { partition } = window;
      const batch = Buffer.alloc(0);
      const companions = [{ kind: 'append' as const, topicId: TOPIC, partition: 0, batch }];
      this.#moves.push({ kind: 'move', id: this.#id, partition, ranges, companions, lease: null });
    }
  }

  /** They may have been moved, purged or sought back to meanwhile. */
  #moveDead(): void {
    const move = this.#moves.shift();
    if (move === undefined || move.id !== this.#id) return;
    const { standings } = this.#model.partitions[move.partition]!;
    const offsets = move.ranges.flatMap(offsetsOf);
    const areDead = offsets.every((offset) => standings[offset]?.state === 'dead');
    const decision = this.#submit(move);
    assert((decision.companions?.length ?? 0) === (areDead ? 1 : 0), 'a dead letter is appended once');
    assert(!(this.#answer instanceof BrokerError) === areDead, 'only what is dead is moved');
    if (!areDead) return;
    for (const offset of offsets) {
      standings[offset]!.state = 'done';
      assert(standings[offset]!.stored.state === 'done', 'in the frame that makes it done');
    }
    this.#counts.buried += offsets.length;
  }

  // What operators do.

  #seek(): void {
    const partition = this.#prng.int(this.#model.partitions.length);
    const model = this.#model.partitions[partition]!;
    const offset = this.#prng.between(this.#startOffsets[partition]!, model.messages.length);
    this.#submit({ kind: 'seek', id: this.#id, positions: [{ partition, offset }] });
    model.seek(offset);
  }

  #alter(): void {
    const settings = { ...this.#model.settings, ...this.#drawSettings() };
    this.#submit({ kind: 'alter', id: this.#id, settings });
    assert(!(this.#answer instanceof BrokerError), 'it is altered');
    this.#model.settings = settings;
  }

  // The machine.

  #submit(command: QueueCommand, token = 1): QueueDecision {
    this.#answer = null;
    const decision = this.#machine.decide(this.#state, command, token, this.#nowMs);
    for (const record of decision.records ?? []) {
      const stored = this.#machine.encode(record);
      this.#log.push(stored);
      const decoded = this.#machine.decode(stored);
      this.#machine.apply(this.#state, decoded);
      if (decoded.kind === 'settled') this.#stored(decoded.partition, decoded.stretches);
    }
    for (const record of decision.volatile ?? []) this.#machine.apply(this.#state, record);
    this.#setTimers(decision.timers ?? []);
    const replies = (decision.replies ?? []).filter(({ to }) => to !== 0);
    assert(replies.length === (token === 0 ? 0 : 1), 'a command is answered once');
    this.#answer = replies[0]?.answer ?? null;
    return decision;
  }

  #stored(partition: number, stretches: readonly Settled[]): void {
    for (const stretch of stretches) this.#model.partitions[partition]!.store(stretch);
  }

  #remember(record: QueueRecord): void {
    this.#machine.apply(this.#state, record);
  }

  #setTimers(timers: QueueDecision['timers'] & object): void {
    for (const { key, atMs, command } of timers) {
      if (command === null) this.#timers.delete(key);
      else this.#timers.set(key, { atMs, command });
    }
  }

  // What must be true.

  #checkTimer(): void {
    const { dueMs } = this.#model;
    const atMs = this.#timers.get(`due ${this.#id}`)?.atMs ?? Number.POSITIVE_INFINITY;
    assert(atMs <= dueMs, `a timer is set for ${dueMs}, and not for ${atMs}`);
  }

  compare(): void {
    const subscription = this.#subscription;
    let openLeases = 0;
    this.#model.partitions.forEach((partition, index) => {
      const window = subscription.windows.get(index) ?? new Window(index, 0);
      this.#compareWindow(window, partition);
      openLeases += new Set(
        partition.standings.filter(({ state }) => state === 'acquired').map(({ lease }) => lease),
      ).size;
    });
    assert(subscription.openLeases === openLeases, `${openLeases} leases are open`);
    const held = [...subscription.consumers.values()].reduce((sum, { size }) => sum + size, 0);
    assert(held === openLeases, 'each lease is its consumer’s');
  }

  #compareWindow(window: Window, partition: ModelPartition): void {
    const { standings } = partition;
    assert(window.next === partition.next, `next is ${partition.next}, not ${window.next}`);
    assert(window.start === partition.start, `start is ${partition.start}, not ${window.start}`);
    const counted = { available: 0, acquired: 0, waiting: 0, blocked: 0, dead: 0 };
    const stretches = new Set<object>();
    for (let offset = 0; offset < partition.next; offset++) {
      const standing = standings[offset];
      const stretch = window.at(offset);
      const state = stretch?.state ?? 'done';
      assert(standing !== undefined, `offset ${offset} is there`);
      const what = `offset ${offset} is ${standing.state}, not ${state}`;
      if (state === 'blocked') assert(partition.isAvailable(offset) && partition.isBehind(offset), what);
      else assert(standing.state === state, what);
      if (stretch === undefined) continue;
      stretches.add(stretch);
      counted[stretch.state]++;
      assert(stretch.deliveries === standing.deliveries, `deliveries of ${offset}: ${standing.deliveries}`);
      assert((stretch.lease?.id ?? 0) === leaseOf(standing), `the lease of ${offset}`);
      if (state === 'waiting') assert(stretch.untilMs === standing.untilMs, `until when ${offset} waits`);
      if (state === 'dead') assert(stretch.reason !== null, `why ${offset} is dead`);
    }
    assert(window.stretchCount === stretches.size, `${stretches.size} stretches are kept`);
    for (const [state, count] of Object.entries(counted)) {
      assert(window.count(state as keyof typeof counted) === count, `${count} are ${state}`);
    }
  }
}

const leaseOf = ({ state, lease }: ModelStanding): number => (state === 'acquired' ? lease : 0);

/** What was handed out or passed over makes what lies before it available. */
function reach(partition: ModelPartition, last: number): void {
  if (last >= partition.next) partition.next = last + 1;
  for (let offset = 0; offset < partition.next; offset++) {
    const standing = partition.standings[offset];
    if (standing?.state === 'new') standing.state = 'available';
  }
}

function offsetsOf({ first, last }: { readonly first: number; readonly last: number }): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function placed(batch: Buffer, baseOffset: number): Buffer {
  patchBaseOffset(batch, baseOffset);
  return batch;
}

const colored = (wanted: number): RecordMatcher => ({
  matchesAll: false,
  weight: 1,
  matches: (section, { valueStart }) => section[valueStart] === wanted,
});

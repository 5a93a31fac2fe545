/**
 * The coordinator against a naive model, under random commands, timeouts, refusals of the log and crashes: only the producer
 * with the latest epoch ends a transaction, each end writes one marker to each partition and settles each group once, and a
 * restart changes nothing.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { type Uuid, uuidFromBytes } from '../../src/base/uuid.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { batchProducerEpoch, batchProducerId } from '../../src/record/batch.ts';
import { CONTROL_COMMIT, controlType } from '../../src/record/control.ts';
import type { ProducerEpoch, TransactionAnswer, TransactionCommand } from '../../src/transaction/commands.ts';
import { createTransactionMachine } from '../../src/transaction/machine.ts';
import { PRODUCER_EPOCH_MAX, type TransactionsState } from '../../src/transaction/model.ts';
import { type TransactionRecord, TransactionRecordCodec } from '../../src/transaction/records.ts';
import { MemoryLog } from '../machine/support/memory-log.ts';
import { checkComesBack, checkRefusals } from '../machine/support/record-codec.ts';
import { TestClock } from '../machine/support/test-clock.ts';

const TOPICS = [7, 8].map((byte) => uuidFromBytes(Buffer.alloc(16, byte)));
const TIMEOUT_MS = 1000;
const EXPIRATION_MS = 50_000;
const SETTINGS = {
  timeoutMaxMs: 900_000,
  idExpirationMs: EXPIRATION_MS,
  idExpirationCheckMs: 10_000,
  idsMax: 3,
};
const FULL = new BrokerError('storage-full', 'the disk is full');

/** The coordinator on its own log. */
class Stage {
  readonly clock = new TestClock();
  log = new MemoryLog();
  #freshId = 100;
  runner = this.#newRunner();

  #newRunner() {
    const machine = createTransactionMachine({ settings: SETTINGS, coordinatorEpoch: 0 });
    return new MachineRunner({ machine, clock: this.clock, log: this.log, snapshotBytesMin: 300 });
  }

  static async open(): Promise<Stage> {
    const stage = new Stage();
    await stage.runner.start();
    return stage;
  }

  freshId(): number {
    return this.#freshId++;
  }

  ask(command: TransactionCommand): TransactionAnswer | BrokerError {
    let answer: TransactionAnswer | BrokerError | null = null;
    this.runner.submit(command, (one) => {
      answer = one;
    });
    this.log.commit();
    if (answer === null) throw new Error(`${command.kind} was not answered`);
    return answer;
  }

  init(transactionalId: string, expected: ProducerEpoch | null = null) {
    const freshProducerId = this.freshId();
    return this.ask({
      kind: 'init-producer',
      transactionalId,
      timeoutMs: TIMEOUT_MS,
      expected,
      freshProducerId,
    });
  }

  /** A producer of this id; the answer must not be an error. */
  producer(transactionalId: string): ProducerEpoch & { readonly transactionalId: string } {
    const answer = this.init(transactionalId);
    if (answer instanceof BrokerError || answer.kind !== 'producer') throw new Error('no producer');
    return { transactionalId, producerId: answer.producerId, epoch: answer.epoch };
  }

  /** What frames carried beside records, since the last call: markers and settled offsets, as text. */
  ends(): string[] {
    const found: string[] = [];
    for (const { append } of this.log.frames.slice(this.#seen)) {
      for (const companion of append.companions) {
        if (companion.kind === 'append') {
          const { batch, topicId, partition } = companion;
          const how = controlType(batch) === CONTROL_COMMIT ? 'commit' : 'abort';
          const place = `${TOPICS.indexOf(topicId)}-${partition}`;
          found.push(`${how} ${place} ${batchProducerId(batch)}:${batchProducerEpoch(batch)}`);
        } else if (companion.kind === 'end-offsets') {
          const { commit, groupIds, producerId } = companion;
          for (const groupId of groupIds)
            found.push(`${commit ? 'commit' : 'abort'} ${groupId} ${producerId}`);
        }
      }
    }
    this.#seen = this.log.frames.length;
    return found.sort();
  }
  #seen = 0;

  async restart(): Promise<void> {
    const before = shown(this.runner.state);
    this.log = this.log.crash(0);
    this.runner.close(new BrokerError('shutting-down', 'the broker stops'));
    this.runner = this.#newRunner();
    await this.runner.start();
    expect(shown(this.runner.state)).toEqual(before);
  }
}

function shown({ byId, byProducer }: TransactionsState) {
  return {
    ids: [...byId.values()]
      .map(({ metadata, partitions, groups }) => ({
        metadata,
        partitions: [...partitions].map(([topicId, indexes]) => [topicId, [...indexes].sort()]),
        groups: [...groups].sort(),
      }))
      .sort((a, b) => (a.metadata.transactionalId < b.metadata.transactionalId ? -1 : 1)),
    producers: [...byProducer].map(([id, { metadata }]) => `${id} ${metadata.transactionalId}`).sort(),
  };
}

const codeOf = (answer: TransactionAnswer | BrokerError): string =>
  answer instanceof BrokerError ? answer.code : answer.kind;

/** What a model knows of one transactional id. */
interface Known extends ProducerEpoch {
  /** `topic-partition` and groups of the open transaction; null: none is open. */
  open: Set<string> | null;
  openSinceMs: number;
  last: 'commit' | 'abort' | null;
  /** What a repeated end comes with, where the last one gave a new epoch. */
  before: ProducerEpoch | null;
}

/** Commands of random producers, some of which were fenced long ago. */
class Play {
  readonly stage: Stage;
  readonly known = new Map<string, Known>();
  /** All that producers were ever given. */
  readonly given: { transactionalId: string; producerId: number; epoch: number }[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
  }

  init(transactionalId: string): void {
    const known = this.known.get(transactionalId);
    const answer = this.stage.init(transactionalId);
    if (this.stage.log.refusal !== null) return expect(codeOf(answer)).toBe('storage-full') as never;
    if (answer instanceof BrokerError || answer.kind !== 'producer')
      throw new Error(`init: ${codeOf(answer)}`);
    const { producerId, epoch } = answer;
    const ended = known?.open ?? null;
    expect(this.stage.ends()).toEqual(
      known === undefined ? [] : this.#endsOf(known, ended, 'abort', known.epoch + 1),
    );
    if (known !== undefined) expect([producerId, epoch]).toEqual([known.producerId, known.epoch + 1]);
    this.known.set(transactionalId, {
      producerId,
      epoch,
      open: null,
      openSinceMs: 0,
      last: null,
      before: null,
    });
    this.given.push({ transactionalId, producerId, epoch });
  }

  add(which: number, topic: number, partition: number, group: string | null): void {
    const producer = this.given[which % Math.max(1, this.given.length)];
    if (producer === undefined) return;
    const known = this.known.get(producer.transactionalId)!;
    const topics = group === null ? [{ topicId: TOPICS[topic]!, partitions: [partition] }] : [];
    const answer = this.stage.ask({
      kind: 'add',
      ...producer,
      topics,
      groupIds: group === null ? [] : [group],
    });
    const place = group ?? `${topic}-${partition}`;
    if (!isCurrent(known, producer))
      return expect(codeOf(answer)).toMatch(/producer-fenced|mapping/) as never;
    const isNew = known.open?.has(place) !== true;
    if (this.stage.log.refusal !== null && isNew) return expect(codeOf(answer)).toBe('storage-full') as never;
    expect(codeOf(answer)).toBe('done');
    if (known.open === null) known.openSinceMs = this.stage.clock.nowMs();
    (known.open ??= new Set()).add(place);
  }

  end(which: number, commit: boolean, bumpEpoch: boolean): void {
    const producer = this.given[which % Math.max(1, this.given.length)];
    if (producer === undefined) return;
    const known = this.known.get(producer.transactionalId)!;
    const freshProducerId = this.stage.freshId();
    const answer = this.stage.ask({ kind: 'end', ...producer, commit, bumpEpoch, freshProducerId });
    const how = commit ? 'commit' : 'abort';
    const repeated =
      bumpEpoch && known.open === null && known.before !== null && isCurrent(known.before, producer);
    if (!repeated && !isCurrent(known, producer)) {
      return expect(codeOf(answer)).toMatch(/producer-fenced|mapping/) as never;
    }
    const { open } = known;
    if (open === null) {
      const again = known.last === how && (repeated || !bumpEpoch);
      const nothing = bumpEpoch && !commit && !repeated;
      if (!again && !nothing) return expect(codeOf(answer)).toBe('invalid-transaction-state') as never;
      if (nothing && this.stage.log.refusal !== null)
        return expect(codeOf(answer)).toBe('storage-full') as never;
      expect(codeOf(answer)).toBe('producer');
      expect(this.stage.ends()).toEqual([]);
      if (nothing) this.#ended(known, producer.transactionalId, how, true);
      return;
    }
    if (this.stage.log.refusal !== null) return expect(codeOf(answer)).toBe('storage-full') as never;
    expect(codeOf(answer)).toBe('producer');
    expect(this.stage.ends()).toEqual(this.#endsOf(known, open, how, known.epoch + (bumpEpoch ? 1 : 0)));
    this.#ended(known, producer.transactionalId, how, bumpEpoch);
    expect(answer).toEqual({ kind: 'producer', producerId: known.producerId, epoch: known.epoch });
  }

  wait(ms: number): void {
    const { clock, log } = this.stage;
    clock.advance(ms);
    log.commit();
    const expected: string[] = [];
    for (const [transactionalId, known] of this.known) {
      if (known.open === null || clock.nowMs() < known.openSinceMs + TIMEOUT_MS || log.refusal !== null)
        continue;
      expected.push(...this.#endsOf(known, known.open, 'abort', known.epoch + 1));
      // Its producer may abort what is aborted already, and is given the new epoch.
      this.#ended(known, transactionalId, 'abort', true);
    }
    expect(this.stage.ends()).toEqual(expected.sort());
  }

  #ended(known: Known, transactionalId: string, how: 'commit' | 'abort', bumped: boolean): void {
    const { producerId, epoch } = known;
    known.open = null;
    known.last = how;
    known.before = bumped ? { producerId, epoch } : null;
    if (!bumped) return;
    Object.assign(known, { epoch: epoch + 1 });
    this.given.push({ transactionalId, producerId, epoch: epoch + 1 });
  }

  #endsOf(known: Known, open: ReadonlySet<string> | null, how: string, epoch: number): string[] {
    return [...(open ?? [])]
      .map((place) =>
        place.startsWith('group')
          ? `${how} ${place} ${known.producerId}`
          : `${how} ${place} ${known.producerId}:${epoch}`,
      )
      .sort();
  }
}

const isCurrent = (known: ProducerEpoch, { producerId, epoch }: ProducerEpoch): boolean =>
  known.producerId === producerId && known.epoch === epoch;

const command = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('init' as const), id: fc.constantFrom('a', 'b') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      which: fc.nat(1000),
      topic: fc.nat(1),
      partition: fc.nat(2),
      group: fc.constantFrom(null, null, 'group1', 'group2'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(1000),
      commit: fc.boolean(),
      bumpEpoch: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full' as const), full: fc.boolean() }) },
);

describe('the transaction coordinator', () => {
  test('keeps its word under random commands, timeouts, a full disk and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const stage = await Stage.open();
        const play = new Play(stage);
        for (const one of commands) {
          if (one.kind === 'init') play.init(one.id);
          else if (one.kind === 'add') play.add(one.which, one.topic, one.partition, one.group);
          else if (one.kind === 'end') play.end(one.which, one.commit, one.bumpEpoch);
          else if (one.kind === 'full') stage.log.refusal = one.full ? FULL : null;
          else if (one.kind === 'restart') {
            stage.log.refusal = null;
            // What timers could not do on a full disk, they do now.
            play.wait(1000);
            await stage.restart();
          } else play.wait(one.ms);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  test('gives another producer id when the epochs of one are used up', async () => {
    const stage = await Stage.open();
    const producer = stage.producer('tx');
    const { metadata } = stage.runner.state.byId.get('tx')!;
    const last: TransactionRecord = {
      kind: 'transaction',
      metadata: { ...metadata, epoch: PRODUCER_EPOCH_MAX },
      topics: [{ topicId: TOPICS[0]!, partitions: [0] }],
      groupIds: [],
    };
    const machine = createTransactionMachine({ settings: SETTINGS, coordinatorEpoch: 0 });
    machine.apply(stage.runner.state, {
      ...last,
      metadata: { ...last.metadata, phase: 'Ongoing', startMs: 1 },
    });
    const asked = { ...producer, epoch: PRODUCER_EPOCH_MAX, commit: true, bumpEpoch: true };
    const first = stage.ask({ kind: 'end', ...asked, freshProducerId: 555 });
    expect(first).toEqual({ kind: 'producer', producerId: 555, epoch: 0 });
    expect(stage.ends()).toEqual([`commit 0-0 ${producer.producerId}:${PRODUCER_EPOCH_MAX + 1}`]);
    // The answer was lost: the same question has the same answer.
    expect(stage.ask({ kind: 'end', ...asked, freshProducerId: 556 })).toEqual(first);
    expect(stage.ends()).toEqual([]);
    await stage.restart();
  });

  test('only fences with the highest epoch when the time is up, and gives another producer id to who begins anew', async () => {
    const stage = await Stage.open();
    const producer = stage.producer('tx');
    const { metadata } = stage.runner.state.byId.get('tx')!;
    const machine = createTransactionMachine({ settings: SETTINGS, coordinatorEpoch: 0 });
    machine.apply(stage.runner.state, {
      kind: 'transaction',
      metadata: { ...metadata, epoch: PRODUCER_EPOCH_MAX },
      topics: [],
      groupIds: [],
    });
    const current = { ...producer, epoch: PRODUCER_EPOCH_MAX };
    const topics = [{ topicId: TOPICS[0]!, partitions: [0] }];
    stage.ask({ kind: 'add', ...current, topics, groupIds: [] });
    stage.clock.advance(TIMEOUT_MS);
    stage.log.commit();
    expect(stage.ends()).toEqual([`abort 0-0 ${producer.producerId}:${PRODUCER_EPOCH_MAX + 1}`]);
    const end = stage.ask({ kind: 'end', ...current, commit: false, bumpEpoch: true, freshProducerId: 555 });
    expect(codeOf(end)).toBe('producer-fenced');
    const anew = stage.init('tx');
    expect(anew).toMatchObject({ kind: 'producer', epoch: 0 });
    expect(anew).not.toMatchObject({ producerId: producer.producerId });
  });

  test('bounds the ids that it remembers, and forgets those that nobody uses', async () => {
    const stage = await Stage.open();
    for (const id of ['a', 'b', 'c']) stage.producer(id);
    expect(codeOf(stage.init('d'))).toBe('policy-violation');
    const open = stage.producer('c');
    stage.ask({ kind: 'add', ...open, topics: [], groupIds: ['group1'] });
    stage.clock.advance(EXPIRATION_MS + SETTINGS.idExpirationCheckMs);
    stage.log.commit();
    // c's transaction has timed out meanwhile, later than the others were used.
    expect([...stage.runner.state.byId.keys()]).toEqual([]);
    expect(codeOf(stage.init('d'))).toBe('producer');
  });

  test('forgets what was deleted', async () => {
    const stage = await Stage.open();
    const producer = stage.producer('a');
    const topics = TOPICS.map((topicId: Uuid) => ({ topicId, partitions: [0, 1] }));
    stage.ask({ kind: 'add', ...producer, topics, groupIds: [] });
    stage.ask({ kind: 'topics-deleted', topicIds: [TOPICS[0]!] });
    await stage.restart();
    stage.ask({ kind: 'end', ...producer, commit: true, bumpEpoch: false, freshProducerId: -1 });
    expect(stage.ends()).toEqual([
      `commit 1-0 ${producer.producerId}:0`,
      `commit 1-1 ${producer.producerId}:0`,
    ]);
  });
});

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const int53 = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER });
const epoch = fc.integer({ min: -1, max: 0x7fff });
const held = {
  topics: fc.array(
    fc.record({
      topicId: fc.constantFrom(...TOPICS),
      partitions: fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { maxLength: 4 }),
    }),
    { maxLength: 3 },
  ),
  groupIds: fc.array(text, { maxLength: 3 }),
};
const record: fc.Arbitrary<TransactionRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('transaction' as const),
    metadata: fc.record({
      transactionalId: text,
      producerId: int53,
      epoch,
      lastProducerId: int53,
      lastEpoch: epoch,
      timeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      phase: fc.constantFrom(
        'Empty' as const,
        'Ongoing' as const,
        'CompleteCommit' as const,
        'CompleteAbort' as const,
      ),
      epochBumped: fc.boolean(),
      startMs: int53,
      updatedMs: int53,
    }),
    ...held,
  }),
  fc.record({ kind: fc.constant('forgotten' as const), transactionalId: text }),
  fc.record({ kind: fc.constant('added' as const), transactionalId: text, nowMs: int53, ...held }),
  fc.record({ kind: fc.constant('topic-removed' as const), topicId: fc.constantFrom(...TOPICS) }),
);

describe('records of the transaction coordinator', () => {
  test('come back as they were, and are refused when they are cut, longer, or of another type or version', () => {
    const codec = new TransactionRecordCodec();
    fc.assert(
      fc.property(record, fc.nat(), (r, cut) => {
        checkComesBack(codec, r);
        checkRefusals(codec, r, cut);
      }),
    );
  });
});

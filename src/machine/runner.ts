/**
 * Runs a machine over a log.
 *
 * - A command is decided at once. What the log refuses has not happened: the caller gets the refusal.
 * - What the log accepts is applied at once, and seen by the next command.
 * - No reply leaves before everything that had been applied when it was decided is committed, and replies leave in
 *   the order in which they were decided. So nobody is told of a state that a crash could take back (but for decisions that
 *   say that they may: `unflushed`).
 * - A restart replays the stream from its start offset, which is moved to the last snapshot in the snapshot's last frame.
 * - A snapshot of a small state is one frame, in the turn in which it is due. A larger one is written in the background.
 * - A timer whose command the log refuses is tried again later.
 *
 * Everything runs in the caller's turn; there is no promise for each command.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { Clock } from '../platform/ports.ts';
import { BackgroundSnapshot, type SnapshotOutcome, storedRecords } from './background-snapshot.ts';
import { Callers } from './callers.ts';
import { packRecords, packSnapshot, takeUpTo, totalBytes } from './frames.ts';
import type { MachineLog } from './log.ts';
import type { Decision, Machine, Reply, StoredRecord } from './machine.ts';
import { Replay } from './replay.ts';
import { MachineTimers } from './timers.ts';

/** A snapshot isn't taken before this many bytes were logged since the last. */
export const SNAPSHOT_BYTES_MIN = 1024 * 1024;
/** Nor before this many times the size of the last snapshot. */
const SNAPSHOT_GROWTH = 2;
/** Most bytes of records that a snapshot in one frame has: some ms of work. */
const ONE_FRAME_BYTES_MAX = 256 * 1024;
/** Bytes of records that a snapshot in the background reads or writes in one turn of the event loop: about 1 ms of work. */
const SLICE_BYTES_MAX = 32 * 1024;
/** How long a timer's command waits that the log refused. */
const REFUSED_TIMER_RETRY_MS = 1000;

/** What a machine adds to a frame that another one appends. */
export interface Enlisted {
  /** For the machine's own stream, in order. */
  readonly batches: readonly Buffer[];
  /** To be called as soon as the log has accepted the frame; gives what is to be called when that is committed. */
  accepted(): () => void;
}

export type OnAnswer<Answer> = (answer: Answer | BrokerError) => void;

export interface RunnerOptions<State, Command, Record, Answer> {
  readonly machine: Machine<State, Command, Record, Answer>;
  readonly log: MachineLog;
  /** A steady clock (steady-clock.ts) where the machine measures spans. */
  readonly clock: Clock;
  /** Told when the last record was logged, before the timers of a machine that was replayed start. */
  readonly onReplayed?: (lastMs: number) => void;
  /** Whether records are committed only when flushed. Default: true. */
  readonly durable?: boolean;
  /** Overrides SNAPSHOT_BYTES_MIN, for tests. */
  readonly snapshotBytesMin?: number;
  /** Overrides ONE_FRAME_BYTES_MAX, for tests. */
  readonly oneFrameBytesMax?: number;
  /** Overrides SLICE_BYTES_MAX, for tests. */
  readonly sliceBytesMax?: number;
}

/** Replies that wait until all appends up to `append` are committed. */
interface Held<Answer> {
  readonly append: number;
  readonly replies: readonly Reply<Answer>[];
}

export class MachineRunner<State, Command, Record, Answer> {
  readonly #machine: Machine<State, Command, Record, Answer>;
  readonly #log: MachineLog;
  readonly #clock: Clock;
  readonly #onReplayed: (lastMs: number) => void;
  readonly #durable: boolean;
  readonly #snapshotBytesMin: number;
  readonly #oneFrameBytesMax: number;
  readonly #sliceBytesMax: number;
  readonly #timers: MachineTimers<Command>;
  #state: State;
  #phase: 'loading' | 'running' | 'closed' = 'loading';
  #closedWith: BrokerError | null = null;

  #watcher: ((record: Record) => void) | null = null;
  readonly #waiting = new Callers<OnAnswer<Answer>>();

  /** Appends are numbered from 1; all up to `#committed` are committed, and some beyond may be. */
  #appended = 0;
  #committed = 0;
  readonly #committedAhead = new Set<number>();
  #held: Held<Answer>[] = [];
  /** Those before it have left: taking them from the front one by one would move the rest each time. */
  #heldFrom = 0;
  #delivering = false;

  #bytesSinceSnapshot = 0;
  #snapshotBytes = 0;
  #background: BackgroundSnapshot<State, Record> | null = null;

  constructor(options: RunnerOptions<State, Command, Record, Answer>) {
    this.#machine = options.machine;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#onReplayed = options.onReplayed ?? (() => {});
    this.#durable = options.durable ?? true;
    this.#snapshotBytesMin = options.snapshotBytesMin ?? SNAPSHOT_BYTES_MIN;
    this.#oneFrameBytesMax = options.oneFrameBytesMax ?? ONE_FRAME_BYTES_MAX;
    this.#sliceBytesMax = options.sliceBytesMax ?? SLICE_BYTES_MAX;
    this.#state = options.machine.initial();
    this.#timers = new MachineTimers(options.clock, (key, command) => this.#timerDue(key, command));
  }

  /** For gauges and tests. It may be ahead of what is committed, and must not be changed. */
  get state(): State {
    return this.#state;
  }

  /** Callers that have no answer yet. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  get phase(): 'loading' | 'running' | 'closed' {
    return this.#phase;
  }

  /**
   * Replays the stream and starts the timers. Until it resolves every command is refused with coordinator-loading.
   * Rejects with BrokerError unsupported-format on records that this version doesn't know.
   */
  start(): Promise<void> {
    assert(this.#phase === 'loading', 'a machine is started once');
    const replay = new Replay(this.#machine);
    return this.#log
      .replay((batch) => void replay.add(batch).next())
      .then(() => {
        replay.end();
        this.#state = replay.state;
        this.#snapshotBytes = replay.snapshotBytes;
        this.#bytesSinceSnapshot = replay.loggedBytes;
        this.#onReplayed(replay.lastMs);
        this.#run();
      });
  }

  /** Has each record told from now on, as it is applied, in the turn of its decision: nothing is submitted in that call. */
  watch(watcher: (record: Record) => void): void {
    this.#watcher = watcher;
  }

  /** Decides a command. `onAnswer` is called exactly once: in this call, or later. */
  submit(command: Command, onAnswer: OnAnswer<Answer>): void {
    if (this.#phase !== 'running') {
      onAnswer(this.#notRunning());
      return;
    }
    const token = this.#waiting.add(onAnswer);
    const refusal = this.#execute(command, token);
    if (refusal !== null) {
      this.#waiting.take(token);
      onAnswer(refusal);
    }
    this.#deliver();
  }

  /**
   * Decides a command whose records go into the frame of another machine of the same log: both are there after a crash, or
   * neither. Nobody waits for an answer to it, and it may bring no companions.
   */
  enlist(command: Command): Enlisted {
    assert(this.#phase === 'running', 'only a running machine takes part in a frame');
    const nowMs = this.#clock.nowMs();
    const decision = this.#machine.decide(this.#state, command, 0, nowMs);
    assert(decision.companions === undefined, 'a decision that is enlisted has no companions');
    const batches = this.#pack(decision, nowMs);
    return {
      batches,
      accepted: () => {
        const append = this.#noteAppend(batches);
        this.#take(decision);
        return () => this.#onCommitted(append);
      },
    };
  }

  /**
   * Applies what was decided outside and isn't logged, where nobody waits for what was logged before: what a crash takes back nobody
   * relies on.
   */
  remember({ volatile, timers }: Pick<Decision<Record, Command, Answer>, 'volatile' | 'timers'>): void {
    assert(this.#phase === 'running', 'only a running machine remembers');
    this.#take({
      ...(volatile !== undefined && { volatile }),
      ...(timers !== undefined && { timers }),
    });
  }

  /** Ends the machine: whoever waits is answered with `reason`, timers stop, and commands are refused with it. */
  close(reason: BrokerError): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#closedWith = reason;
    this.#timers.cancelAll();
    this.#background?.cancel();
    this.#background = null;
    this.#held = [];
    this.#heldFrom = 0;
    for (const onAnswer of this.#waiting.takeAll()) onAnswer(reason);
  }

  /**
   * Takes a snapshot of the whole state now, in one frame, in the place of one that is being written. Returns the log's
   * refusal, if any.
   */
  takeSnapshot(): BrokerError | null {
    return this.#snapshotInOneFrame(storedRecords(this.#machine, this.#state));
  }

  #snapshotInOneFrame(records: Iterable<StoredRecord>): BrokerError | null {
    this.#background?.cancel();
    this.#background = null;
    const batches = packSnapshot(records, this.#clock.nowMs());
    const refusal = this.#log.append({
      batches,
      companions: [],
      advanceStartTo: this.#log.endOffset,
      durable: this.#durable,
      // Nobody waits for a snapshot: the state in it was logged before.
      onCommitted: () => {},
    });
    if (refusal === null) this.#snapshotBytes = totalBytes(batches);
    // After a refusal (a full disk) the next one is tried only when as much again was logged.
    this.#bytesSinceSnapshot = 0;
    return refusal;
  }

  #snapshotIfDue(): void {
    const dueBytes = Math.max(this.#snapshotBytesMin, SNAPSHOT_GROWTH * this.#snapshotBytes);
    if (this.#bytesSinceSnapshot < dueBytes || this.#background !== null) return;
    const small = takeUpTo(storedRecords(this.#machine, this.#state), this.#oneFrameBytesMax);
    if (small !== null) this.#snapshotInOneFrame(small);
    else this.#snapshotInBackground();
  }

  #snapshotInBackground(): void {
    // What is logged from here on is not in it. As above, when it comes to nothing.
    this.#bytesSinceSnapshot = 0;
    this.#background = new BackgroundSnapshot({
      format: this.#machine,
      log: this.#log,
      clock: this.#clock,
      durable: this.#durable,
      sliceBytesMax: this.#sliceBytesMax,
      onEnd: (outcome) => this.#onBackgroundEnd(outcome),
    });
    this.#background.begin();
  }

  #onBackgroundEnd(outcome: SnapshotOutcome): void {
    this.#background = null;
    if (outcome.kind === 'whole') this.#snapshotBytes = outcome.bytes;
    // The stream is damaged, or can't be read now: the state in memory is whole.
    if (outcome.kind === 'unreadable') this.takeSnapshot();
  }

  #notRunning(): BrokerError {
    if (this.#closedWith !== null) return this.#closedWith;
    return new BrokerError(
      'coordinator-loading',
      `The ${this.#machine.name} machine is still reading its log: try again in a moment.`,
    );
  }

  #execute(command: Command, token: number): BrokerError | null {
    const nowMs = this.#clock.nowMs();
    const decision = this.#machine.decide(this.#state, command, token, nowMs);
    const refusal = this.#append(decision, nowMs);
    if (refusal !== null) return refusal;
    this.#take(decision);
    return null;
  }

  /** What the log has accepted becomes true. */
  #take({ records, volatile, timers, replies }: Decision<Record, Command, Answer>): void {
    if (records !== undefined) for (const record of records) this.#apply(record);
    if (volatile !== undefined) for (const record of volatile) this.#apply(record);
    if (timers !== undefined) for (const timer of timers) this.#timers.request(timer);
    if (replies !== undefined && replies.length > 0) this.#held.push({ append: this.#appended, replies });
    this.#snapshotIfDue();
  }

  #apply(record: Record): void {
    this.#machine.apply(this.#state, record);
    this.#watcher?.(record);
  }

  #append(decision: Decision<Record, Command, Answer>, nowMs: number): BrokerError | null {
    const companions = decision.companions ?? [];
    const batches = this.#pack(decision, nowMs);
    if (batches.length === 0 && companions.length === 0) return null;
    const append = this.#appended + 1;
    const refusal = this.#log.append({
      batches,
      companions,
      advanceStartTo: null,
      durable: this.#durable && decision.unflushed !== true,
      onCommitted: () => this.#onCommitted(append),
    });
    if (refusal === null) this.#noteAppend(batches);
    return refusal;
  }

  #pack({ records = [] }: Decision<Record, Command, Answer>, nowMs: number): Buffer[] {
    return packRecords(
      records.map((record) => this.#machine.encode(record)),
      nowMs,
    );
  }

  /** Gives the append its number. */
  #noteAppend(batches: readonly Buffer[]): number {
    this.#bytesSinceSnapshot += totalBytes(batches);
    return ++this.#appended;
  }

  #onCommitted(append: number): void {
    assert(append > this.#committed && append <= this.#appended, 'an append is committed once');
    this.#committedAhead.add(append);
    while (this.#committedAhead.delete(this.#committed + 1)) this.#committed++;
    this.#deliver();
  }

  /** Lets out the replies that wait for nothing any more. Callers may submit from within. */
  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#heldFrom < this.#held.length && this.#held[this.#heldFrom]!.append <= this.#committed) {
        const { replies } = this.#held[this.#heldFrom++]!;
        for (const reply of replies) this.#answer(reply);
      }
      if (this.#heldFrom * 2 >= this.#held.length) {
        this.#held.splice(0, this.#heldFrom);
        this.#heldFrom = 0;
      }
    } finally {
      this.#delivering = false;
    }
  }

  #answer(reply: Reply<Answer>): void {
    if (reply.to === 0) return;
    const onAnswer = this.#waiting.take(reply.to);
    // A caller that was there when the machine closed has had its answer.
    if (onAnswer === undefined && this.#phase === 'closed') return;
    assert(
      onAnswer !== undefined,
      `${this.#machine.name} answers a command twice or one that was never given`,
    );
    onAnswer(reply.answer);
  }

  #timerDue(key: string, command: Command): void {
    if (this.#phase !== 'running') return;
    const refusal = this.#execute(command, 0);
    if (refusal !== null) {
      this.#timers.request({ key, atMs: this.#clock.nowMs() + REFUSED_TIMER_RETRY_MS, command });
    }
    this.#deliver();
  }

  #run(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'running';
    for (const timer of this.#machine.resume(this.#state, this.#clock.nowMs())) this.#timers.request(timer);
  }
}

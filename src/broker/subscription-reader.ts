/**
 * Hands out the messages of one subscription: consumers wait here, first come first served, and are looked at when a stream or the
 * subscription has moved. What is read from disk is chosen from when it has come, so that nothing is promised meanwhile.
 */
import { BrokerError } from '../base/errors.ts';
import type { Timer } from '../platform/ports.ts';
import type { Range } from '../queue/range-list.ts';
import { type Credit, isMalformed, isUsedUp, type Selection, select } from '../queue/select.ts';
import { dueTimer } from '../queue/settle.ts';
import { Window } from '../queue/window.ts';
import { nextOffsetOf } from '../record/batch.ts';
import type { ReadResult, Stream, StreamWatcher } from '../store/contract.ts';
import type { Acquired, AcquireRequest, QueueRuntime, QueueSubscription } from './queues.ts';
import type { Partition } from './topics.ts';

/** A read looks at this much at least, so that single messages are found in few reads. */
const READ_BYTES_MIN = 64 * 1024;
const READ_BYTES_MAX = 1024 * 1024;
/** Bytes that one look passes over for one consumer before others have their turn. */
const LOOK_BYTES_MAX = 8 * 1024 * 1024;

/** What a look for one consumer came to. */
type Outcome = 'served' | 'nothing' | 'reading';

interface Read {
  readonly stream: Stream;
  readonly offset: number;
  readonly bytesMax: number;
  readonly endOffset: number;
}

interface Waiter {
  readonly request: AcquireRequest;
  timer: Timer | null;
  /** It waits for no more than the look that is under way. */
  expired: boolean;
  settled: boolean;
  /** A look that has seen enough for one turn, to go on from. */
  unfinished: Gathering | null;
}

/** What is gathered for one consumer. */
interface Gathering {
  readonly waiter: Waiter;
  readonly partitions: readonly Partition[];
  at: number;
  /** Where the look at the present partition goes on. */
  position: number;
  lookedBytes: number;
  readonly credit: { messages: number; bytes: number };
  readonly acquired: Acquired[];
}

export class SubscriptionReader implements StreamWatcher {
  readonly #subscription: QueueSubscription;
  readonly #runtime: QueueRuntime;
  #waiters: Waiter[] = [];
  #watched: Stream[] = [];
  /** A read is under way; its end looks again. */
  #reading = false;
  #lookScheduled = false;
  /** What was looked at may have changed while a read was under way. */
  #movedMeanwhile = false;
  #turn = 0;

  constructor(subscription: QueueSubscription, runtime: QueueRuntime) {
    this.#subscription = subscription;
    this.#runtime = runtime;
  }

  get waitingCount(): number {
    return this.#waiters.length;
  }

  /** Returns what ends the wait without an answer. */
  acquire(request: AcquireRequest): { cancel(): void } {
    const waiter: Waiter = {
      request,
      timer: null,
      expired: request.waitMs <= 0,
      settled: false,
      unfinished: null,
    };
    this.#waiters.push(waiter);
    if (this.#reading) this.#movedMeanwhile = true;
    else this.#look([waiter]);
    if (!waiter.settled && !waiter.expired) {
      waiter.timer = this.#runtime.clock.setTimer(request.waitMs, () => this.#expire(waiter));
    }
    return { cancel: () => this.#forget(waiter) };
  }

  streamMoved(): void {
    this.moved();
  }

  /** Something may have become available. */
  moved(): void {
    if (this.#reading) this.#movedMeanwhile = true;
    if (this.#lookScheduled || this.#reading || this.#waiters.length === 0) return;
    this.#lookScheduled = true;
    this.#runtime.clock.afterTurn(() => {
      this.#lookScheduled = false;
      if (!this.#reading) this.#look([...this.#waiters]);
    });
  }

  /** Answers all that wait. */
  close(reason: BrokerError): void {
    for (const waiter of [...this.#waiters]) this.#answer(waiter, reason);
    this.#unwatch();
  }

  #expire(waiter: Waiter): void {
    waiter.expired = true;
    if (!this.#reading) this.#answer(waiter, []);
  }

  /** Serves these, one after another; one that reads from disk goes on when that has come. */
  #look(waiters: readonly Waiter[]): void {
    for (const [i, waiter] of waiters.entries()) {
      if (waiter.settled) continue;
      const outcome = this.#serve(waiter, () => this.#look(waiters.slice(i + 1)));
      if (outcome === 'reading') return;
      // Where one that takes anything finds nothing, others don't either.
      if (outcome === 'nothing' && waiter.request.partitions === null && waiter.request.wanted === null)
        break;
    }
    for (const waiter of [...this.#waiters])
      if (waiter.expired && waiter.unfinished === null) this.#answer(waiter, []);
    if (this.#waiters.length > 0) this.#watch();
    if (this.#movedMeanwhile) {
      this.#movedMeanwhile = false;
      this.moved();
    }
  }

  #serve(waiter: Waiter, next: () => void): Outcome {
    const { request } = waiter;
    const { settings } = this.#subscription.state;
    if (settings.paused || !this.#mayAcquire(request.consumer)) return 'nothing';
    const { unfinished } = waiter;
    if (unfinished !== null) {
      waiter.unfinished = null;
      return this.#gather({ ...unfinished, lookedBytes: 0 }, next);
    }
    const partitions = this.#runtime.partitionsOf(this.#subscription, request.partitions);
    if (partitions instanceof BrokerError) {
      this.#answer(waiter, partitions);
      return 'served';
    }
    // Each look begins with another partition.
    const start = partitions.length === 0 ? 0 : this.#turn++ % partitions.length;
    const gathering: Gathering = {
      waiter,
      partitions: [...partitions.slice(start), ...partitions.slice(0, start)],
      at: 0,
      position: 0,
      lookedBytes: 0,
      credit: { messages: request.messagesMax, bytes: request.bytesMax },
      acquired: [],
    };
    return this.#gather(gathering, next);
  }

  /** Of an exclusive subscription the first that comes gets all, until it leaves. */
  #mayAcquire(consumer: string): boolean {
    const { state } = this.#subscription;
    if (state.settings.order !== 'exclusive') return true;
    if (state.activeConsumer === null) {
      this.#runtime.remember({ volatile: [{ kind: 'activated', id: state.id, consumer }] });
    }
    return state.activeConsumer === consumer;
  }

  #gather(gathering: Gathering, next: () => void): Outcome {
    const { partitions, credit } = gathering;
    while (gathering.at < partitions.length && credit.messages > 0 && credit.bytes > 0) {
      if (gathering.lookedBytes >= LOOK_BYTES_MAX && gathering.acquired.length === 0)
        return this.#pause(gathering);
      const partition = partitions[gathering.at]!;
      const request = this.#nextRead(partition, gathering);
      if (request === null) {
        gathering.at++;
        gathering.position = 0;
        continue;
      }
      const read = this.#runtime.log.readCached(request);
      if (read === null) {
        this.#readCold(partition, gathering, { request, next });
        return 'reading';
      }
      this.#take(partition, gathering, read, request.endOffset);
    }
    return this.#settle(gathering);
  }

  /** Others have their turn. */
  #pause(gathering: Gathering): Outcome {
    gathering.waiter.unfinished = gathering;
    this.moved();
    return 'nothing';
  }

  #settle({ waiter, acquired }: Gathering): Outcome {
    if (acquired.length === 0) return 'nothing';
    if (waiter.settled) this.#giveBack(acquired);
    else this.#answer(waiter, acquired);
    return 'served';
  }

  /** Where to read on in a partition; null: nothing of it is available now. */
  #nextRead({ stream, producers }: Partition, { position, credit }: Gathering): Read | null {
    const { settings, windows } = this.#subscription.state;
    const window = windows.get(stream.partition) ?? new Window(stream.partition, 0);
    if (window.count('acquired') >= settings.inFlightMax) return null;
    const start = Math.max(position, stream.startOffset);
    this.#passDeleted(window, stream);
    const offset = window.candidate(start);
    const isFull = window.stretchCount >= settings.stretchesMax;
    const endOffset = settings.readCommitted
      ? producers.lastStableOffset(stream.highWatermark)
      : stream.highWatermark;
    if (offset >= endOffset || (isFull && offset >= window.next)) return null;
    const bytesMax = Math.min(READ_BYTES_MAX, Math.max(READ_BYTES_MIN, credit.bytes));
    return { stream, offset, bytesMax, endOffset };
  }

  /** What retention has removed is done. */
  #passDeleted(window: Window, { partition, startOffset }: Stream): void {
    if (window.start >= startOffset || window.start >= window.next) return;
    this.#runtime.pass(this.#subscription, partition, [
      { first: window.start, last: startOffset - 1, reason: null },
    ]);
  }

  #readCold(
    partition: Partition,
    gathering: Gathering,
    { request, next }: { readonly request: Read; readonly next: () => void },
  ): void {
    this.#reading = true;
    this.#runtime.log.read(request, (error, result) => {
      this.#reading = false;
      const { waiter } = gathering;
      if (error !== null || waiter.settled || this.#subscription.isGone) {
        if (error === null) this.#runtime.log.blocks.releaseAll(result!.batches);
        this.#giveBack(gathering.acquired);
        if (error !== null) this.#answer(waiter, error);
        return next();
      }
      this.#take(partition, gathering, result!, request.endOffset);
      if (this.#gather(gathering, next) !== 'reading') next();
    });
  }

  /** Chooses from what was read, and makes it the consumer's. */
  #take(partition: Partition, gathering: Gathering, read: ReadResult, end: number): void {
    const { blocks } = this.#runtime.log;
    const { request } = gathering.waiter;
    const { state } = this.#subscription;
    const { index, stream } = partition;
    const window = state.windows.get(index) ?? new Window(index, 0);
    const from = window.candidate(Math.max(gathering.position, stream.startOffset));
    gathering.lookedBytes += read.bytes;
    const credit: Credit = {
      ...gathering.credit,
      wholeBatches: request.wholeBatches ?? false,
      inFlight: state.settings.inFlightMax - window.count('acquired'),
      stretches: Math.max(1, state.settings.stretchesMax - window.stretchCount),
    };
    let selection: Selection;
    try {
      selection = select({
        window,
        batches: read.batches,
        from,
        end,
        credit,
        rules: this.#runtime.rulesOf(this.#subscription, request.wanted),
        isAborted: abortedIn(partition, read, from),
      });
    } catch (error) {
      blocks.releaseAll(read.batches);
      if (!isMalformed(error)) throw error;
      // What can't be opened can't be chosen from: it is handed to nobody, and stays.
      this.#runtime.unreadable(this.#subscription, partition, error);
      gathering.at++;
      gathering.position = 0;
      return;
    }
    gathering.position = Math.max(selection.nextOffset, from + 1);
    gathering.credit.messages = credit.messages;
    gathering.credit.bytes = credit.bytes;
    this.#commit(partition, gathering, selection);
    if (isUsedUp(credit) && credit.messages > 0) gathering.at++;
    for (const batch of selection.batches) blocks.hold(batch);
    blocks.releaseAll(read.batches);
  }

  #commit({ index }: Partition, gathering: Gathering, { steps, passes, batches }: Selection): void {
    const { state } = this.#subscription;
    const { request } = gathering.waiter;
    if (steps.length > 0) {
      const sinceMs = this.#runtime.steadyMs();
      const untilMs = sinceMs + (request.lockMs ?? state.settings.lockMs);
      const [first, last] = [steps[0]!.first, steps[steps.length - 1]!.last];
      const id = this.#runtime.nextLease();
      const lease = { id, consumer: request.consumer, partition: index, sinceMs, untilMs, first, last };
      this.#runtime.remember({
        volatile: [{ kind: 'taken', id: state.id, lease, steps }],
        timers: [dueTimer(state, untilMs)],
      });
      if (batches.length > 0)
        gathering.acquired.push({
          partition: index,
          lease: id,
          batches,
          ranges: this.#rangesOf(index, lease),
        });
    }
    if (passes.length > 0) this.#runtime.pass(this.#subscription, index, passes);
  }

  #rangesOf(partition: number, { id, first, last }: Range & { readonly id: number }): Acquired['ranges'] {
    const ranges: { first: number; last: number; deliveries: number }[] = [];
    for (const stretch of this.#subscription.state.windows.get(partition)!.held(first, last)) {
      if (stretch.lease?.id !== id) continue;
      const before = ranges.at(-1);
      if (
        before !== undefined &&
        before.last + 1 === stretch.first &&
        before.deliveries === stretch.deliveries
      )
        before.last = stretch.last;
      else ranges.push({ first: stretch.first, last: stretch.last, deliveries: stretch.deliveries });
    }
    return ranges;
  }

  /** Of a consumer that has gone before it was answered. */
  #giveBack(acquired: readonly Acquired[]): void {
    for (const { batches } of acquired) this.#runtime.log.blocks.releaseAll(batches);
    this.#runtime.release(this.#subscription, acquired);
  }

  #answer(waiter: Waiter, answer: Acquired[] | BrokerError): void {
    if (waiter.settled) return;
    this.#forget(waiter);
    waiter.request.done(answer);
  }

  #forget(waiter: Waiter): void {
    if (waiter.settled) return;
    waiter.settled = true;
    waiter.timer?.cancel();
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    if (this.#waiters.length === 0) this.#unwatch();
  }

  #watch(): void {
    if (this.#watched.length > 0) return;
    const partitions = this.#runtime.partitionsOf(this.#subscription, null);
    if (partitions instanceof BrokerError) return;
    this.#watched = partitions.map(({ stream }) => stream);
    for (const stream of this.#watched) this.#runtime.log.watch(stream, this);
  }

  #unwatch(): void {
    for (const stream of this.#watched) this.#runtime.log.unwatch(stream, this);
    this.#watched = [];
  }
}

/** Whether a batch that was read is of an aborted transaction. */
function abortedIn(
  { producers }: Partition,
  { batches, compactedTo }: ReadResult,
  offset: number,
): (producerId: number, baseOffset: number) => boolean {
  const { transactions } = producers;
  if (batches.length === 0 || transactions === null || !transactions.hasAborted) return () => false;
  const aborted = transactions.abortedIn(Math.max(offset, compactedTo), nextOffsetOf(batches));
  return (producerId, baseOffset) =>
    aborted.some(
      (one) => one.producerId === producerId && one.firstOffset <= baseOffset && baseOffset <= one.lastOffset,
    );
}

/**
 * Hands out the messages of one subscription: consumers wait here, first come first served, and are looked at when a stream or the
 * subscription has moved. What is read from disk is chosen from when it has come, so that nothing is promised meanwhile.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import { Line } from '../base/line.ts';
import type { Timer } from '../platform/ports.ts';
import { type ChannelInterest, meetingRules, unwanted } from '../queue/channels.ts';
import { knownWindow } from '../queue/model.ts';
import type { Range } from '../queue/range-list.ts';
import { type Credit, isUsedUp, type Look, type Selection, select } from '../queue/select.ts';
import { dueTimer } from '../queue/settle.ts';
import { Sparing } from '../queue/sparing.ts';
import type { Window } from '../queue/window.ts';
import type { ReadResult, Stream, StreamWatcher } from '../store/contract.ts';
import { abortedIn, isOfAborted, NONE_ABORTED } from './aborted.ts';
import { ChannelLook } from './channel-look.ts';
import type { Acquired, AcquireRequest, QueueRuntime, QueueSubscription } from './queues.ts';
import type { Partition } from './topics.ts';

/** A read looks at this much at least, so that single messages are found in few reads. */
const READ_BYTES_MIN = 64 * 1024;
const READ_BYTES_MAX = 1024 * 1024;
/** What is looked through for one consumer before others have their turn (`Look` of select.ts). */
const LOOK_BYTES_MAX = 2 * 1024 * 1024;
/** Messages that nobody asks for and that are given up at one time where a window is full. */
const EVICTED_MAX = 256;

/** What a look for one consumer came to. standby: another has all that there is. */
type Outcome = 'served' | 'nothing' | 'standby' | 'reading';

/** What goes on with the other consumers when one was looked at. */
type Resume = (outcome: Outcome) => void;

interface Read {
  readonly stream: Stream;
  readonly offset: number;
  readonly bytesMax: number;
  readonly endOffset: number;
  /** By channels: a message that was met is read again, for the one who gets it. */
  readonly isHead: boolean;
  /** Those of the window when this began. */
  readonly rewinds: number;
}

interface Waiter {
  readonly request: AcquireRequest;
  /** Rises from one to the next. */
  readonly number: number;
  timer: Timer | null;
  settled: boolean;
  /** By channels: what it has asked for when a look found nothing of that; −1: none did. */
  seenVersion: number;
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
  /** By channels: the messages of the present partition that are to be handed out; null: not asked yet. */
  heads: Iterator<number, undefined> | null;
  /** Where messages are spared, in the present partition or overall; null: not looked at yet, or they aren't. */
  sparing: Sparing | null;
  /** Those of the window when the look at the present partition began. */
  rewinds: number;
  readonly look: Look;
  /** By channels: what it had asked for when this began. */
  readonly version: number;
  /** By channels: something that is there was left out. */
  isPartial: boolean;
  readonly credit: { messages: number; bytes: number };
  readonly acquired: Acquired[];
}

export class SubscriptionReader implements StreamWatcher {
  readonly #subscription: QueueSubscription;
  readonly #runtime: QueueRuntime;
  /** First come, first served. */
  readonly #waiters = new Line<Waiter>();
  /** Those that wait for no more than the look that is under way. */
  #expired: Waiter[] = [];
  #watched: Stream[] = [];
  /** Partitions in which the look that is under way found nothing more that anybody may have. */
  readonly #exhausted = new Set<number>();
  readonly #channels = new ChannelLook();
  /** A consumer is being served, who may ask for more in his answer. */
  #looking = false;
  /** Those that came later are not looked at by the look that is under way. */
  #lookUpTo = 0;
  #lastNumber = 0;
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

  /** Consumers that wait; `partition`: those that take messages of it, null: all. */
  waitingCount(partition: number | null): number {
    if (partition === null) return this.#waiters.size;
    let count = 0;
    for (const { request } of this.#waiters) if (request.partitions?.includes(partition) ?? true) count++;
    return count;
  }

  /** Returns what ends the wait without an answer. */
  acquire(request: AcquireRequest): { cancel(): void } {
    const number = ++this.#lastNumber;
    const waiter: Waiter = {
      request,
      number,
      timer: null,
      settled: false,
      seenVersion: -1,
      unfinished: null,
    };
    this.#waiters.add(waiter);
    if (request.waitMs <= 0) this.#expired.push(waiter);
    if (this.#reading || this.#looking) this.#movedMeanwhile = true;
    else if (!this.#lookScheduled) this.#beginLook([waiter]);
    if (!waiter.settled && request.waitMs > 0) {
      waiter.timer = this.#runtime.clock.setTimer(request.waitMs, () => this.#expire(waiter));
    }
    return { cancel: () => this.#forget(waiter) };
  }

  streamMoved(): void {
    this.moved();
  }

  /** Something may have become available. */
  moved(): void {
    if (this.#reading || this.#looking) this.#movedMeanwhile = true;
    if (this.#lookScheduled || this.#reading || this.#waiters.size === 0) return;
    this.#lookScheduled = true;
    this.#runtime.clock.afterTurn(() => {
      this.#lookScheduled = false;
      if (this.#reading) this.#movedMeanwhile = true;
      else this.#beginLook(this.#waiters);
    });
  }

  /** The topic has more partitions. */
  grown(): void {
    this.#unwatch();
    this.moved();
  }

  /** Ends the waits of a consumer that has gone, without an answer. */
  leave(consumer: string): void {
    for (const waiter of this.#waiters) if (waiter.request.consumer === consumer) this.#forget(waiter);
  }

  /** Answers all that wait. */
  close(reason: BrokerError): void {
    for (const waiter of [...this.#waiters]) this.#answer(waiter, reason);
    this.#unwatch();
  }

  #expire(waiter: Waiter): void {
    if (!this.#reading) return this.#answer(waiter, []);
    this.#expired.push(waiter);
    this.#movedMeanwhile = true;
  }

  #beginLook(waiters: Iterable<Waiter>): void {
    this.#exhausted.clear();
    this.#movedMeanwhile = false;
    this.#lookUpTo = this.#lastNumber;
    this.#channels.begin(this.#subscription.state, waiters === this.#waiters);
    this.#look(waiters[Symbol.iterator]());
  }

  /** Serves these, one after another; one that reads from disk goes on when that has come. */
  #look(waiters: Iterator<Waiter>): void {
    this.#looking = true;
    for (let next = waiters.next(); next.done !== true; next = waiters.next()) {
      const waiter = next.value;
      if (waiter.number > this.#lookUpTo) break;
      if (waiter.settled || this.#channels.hasNothingFor(waiter)) continue;
      const outcome = this.#serve(waiter, (later) => {
        if (isNothingForAll(waiter, later)) this.#endLook();
        else this.#look(waiters);
      });
      if (outcome === 'reading') {
        this.#looking = false;
        return;
      }
      if (isNothingForAll(waiter, outcome)) break;
    }
    this.#endLook();
  }

  #endLook(): void {
    for (const waiter of [...this.#expired]) {
      if (waiter.unfinished === null && waiter.number <= this.#lookUpTo) this.#answer(waiter, []);
    }
    this.#expired = this.#expired.filter(({ settled }) => !settled);
    this.#looking = false;
    if (this.#waiters.size > 0) this.#watch();
    if (this.#movedMeanwhile) this.moved();
  }

  #serve(waiter: Waiter, resume: Resume): Outcome {
    const { request } = waiter;
    if (this.#subscription.state.settings.paused) return 'nothing';
    if (!this.#mayAcquire(request.consumer)) return 'standby';
    if (request.channels?.size === 0) return 'nothing';
    const { unfinished } = waiter;
    waiter.seenVersion = -1;
    if (unfinished !== null) {
      waiter.unfinished = null;
      unfinished.look.bytesLeft = LOOK_BYTES_MAX;
      return this.#gather(unfinished, resume);
    }
    const partitions = this.#runtime.partitionsOf(this.#subscription, request.partitions);
    if (partitions instanceof BrokerError) {
      this.#answer(waiter, partitions);
      return 'served';
    }
    const gathering: Gathering = {
      waiter,
      partitions: inTurn(partitions, this.#turn++),
      at: 0,
      position: 0,
      heads: null,
      sparing: null,
      rewinds: 0,
      look: { bytesLeft: LOOK_BYTES_MAX },
      version: request.channels?.version ?? 0,
      isPartial: false,
      credit: { messages: request.messagesMax, bytes: request.bytesMax },
      acquired: [],
    };
    return this.#gather(gathering, resume);
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

  #gather(gathering: Gathering, resume: Resume): Outcome {
    const { partitions, credit } = gathering;
    const takesAll = isWithoutWishes(gathering.waiter.request);
    const mayTake = (): boolean =>
      credit.messages > 0 && credit.bytes > 0 && gathering.sparing?.isUsedUp !== true;
    while (gathering.at < partitions.length && mayTake()) {
      if (gathering.look.bytesLeft <= 0) {
        return gathering.acquired.length === 0 ? this.#pause(gathering) : this.#settle(gathering);
      }
      const partition = partitions[gathering.at]!;
      const request =
        takesAll && this.#exhausted.has(partition.index) ? null : this.#nextRead(partition, gathering);
      if (request === null) {
        if (takesAll) this.#exhausted.add(partition.index);
        goOn(gathering);
        continue;
      }
      const read = this.#runtime.log.readCached(request);
      if (read === null) {
        this.#readCold(partition, gathering, { request, resume });
        return 'reading';
      }
      this.#take(partition, gathering, { request, read });
    }
    if (gathering.at >= partitions.length) this.#channels.ended(gathering);
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
  #nextRead(partition: Partition, gathering: Gathering): Read | null {
    const { stream } = partition;
    const { credit, waiter } = gathering;
    const { settings } = this.#subscription.state;
    const window = knownWindow(this.#subscription.state, stream.partition);
    const { rewinds } = window;
    if (rewinds !== gathering.rewinds) beginAnew(gathering, rewinds);
    const { channels } = waiter.request;
    const hasAll = window.count('acquired') >= settings.inFlightMax;
    if (hasAll && channels === undefined) return null;
    const start = Math.max(gathering.position, stream.startOffset);
    this.#passDeleted(window, stream);
    const offset = window.candidate(start);
    const isFull =
      channels === undefined
        ? window.stretchCount >= settings.stretchesMax && offset >= window.next
        : window.metCount >= settings.stretchesMax;
    const endOffset = endOf(this.#subscription, partition);
    if (offset < endOffset && !isFull) {
      const bytesMax = Math.min(READ_BYTES_MAX, Math.max(READ_BYTES_MIN, credit.bytes));
      return { stream, offset, bytesMax, endOffset, isHead: false, rewinds };
    }
    if (channels === undefined) return null;
    if (offset < endOffset) this.#evict(window, channels);
    if (offset < endOffset || hasAll) gathering.isPartial = true;
    if (hasAll) return null;
    gathering.heads ??= channels.heads(window);
    const head = gathering.heads.next();
    if (head.done === true) return null;
    return { stream, offset: head.value, bytesMax: 1, endOffset, isHead: true, rewinds };
  }

  /** A window is full: the oldest that nobody asks for make room for what somebody may ask for. */
  #evict(window: Window, channels: ChannelInterest): void {
    const ranges = unwanted(window, EVICTED_MAX, channels.audience).map((range) => ({
      ...range,
      reason: 'maxlen' as const,
    }));
    if (ranges.length > 0) this.#runtime.pass(this.#subscription, window.partition, ranges);
  }

  /** What retention has removed is done. */
  #passDeleted(window: Window, { partition, startOffset }: Stream): void {
    if (window.start >= startOffset) return;
    this.#runtime.pass(this.#subscription, partition, [
      { first: window.start, last: startOffset - 1, reason: null },
    ]);
  }

  #readCold(
    partition: Partition,
    gathering: Gathering,
    { request, resume }: { readonly request: Read; readonly resume: Resume },
  ): void {
    this.#reading = true;
    this.#runtime.log.read(request, (error, read) => {
      this.#reading = false;
      this.#looking = true;
      const { waiter } = gathering;
      if (error === null && this.#mayGoOn(waiter)) {
        this.#take(partition, gathering, { request, read: read! });
        const outcome = this.#gather(gathering, resume);
        if (outcome === 'reading') this.#looking = false;
        else resume(outcome);
        return;
      }
      if (error === null) this.#runtime.log.blocks.releaseAll(read!.batches);
      else if (gathering.acquired.length === 0) this.#answer(waiter, error);
      this.#settle(gathering);
      resume('served');
    });
  }

  /** Whether what was true when a read began is true when it has ended. */
  #mayGoOn({ settled, request }: Waiter): boolean {
    const { state, isGone } = this.#subscription;
    if (settled || isGone || state.settings.paused) return false;
    return state.settings.order !== 'exclusive' || state.activeConsumer === request.consumer;
  }

  /** Chooses from what was read, and makes it the consumer's. */
  #take(
    partition: Partition,
    gathering: Gathering,
    {
      request: { offset, endOffset: end, isHead, rewinds },
      read,
    }: { readonly request: Read; readonly read: ReadResult },
  ): void {
    const { blocks } = this.#runtime.log;
    const { request } = gathering.waiter;
    const { state } = this.#subscription;
    const { index, stream } = partition;
    const window = knownWindow(this.#subscription.state, index);
    // What became available before it meanwhile was not read.
    const from = isHead ? offset : window.candidate(Math.max(offset, stream.startOffset));
    const isMeeting = request.channels !== undefined && !isHead;
    if (window.rewinds !== rewinds) {
      gathering.look.bytesLeft -= read.bytes;
      return blocks.releaseAll(read.batches);
    }
    if (read.batches.length === 0) {
      if (!isHead) gathering.position = end;
      return;
    }
    if (request.spares !== undefined) gathering.sparing ??= new Sparing(state.settings.deliveriesMax);
    const credit: Credit = {
      ...gathering.credit,
      wholeBatches: request.wholeBatches ?? false,
      inFlight: isMeeting ? 1 : state.settings.inFlightMax - window.count('acquired'),
      sparing: gathering.sparing,
      stretches: Math.max(
        1,
        state.settings.stretchesMax - (isMeeting ? window.metCount : window.stretchCount),
      ),
    };
    const rules = this.#runtime.rulesOf(this.#subscription, request.channels ?? request.wanted);
    const aborted = state.settings.readCommitted ? abortedIn(partition, read, from) : NONE_ABORTED;
    let selection: Selection;
    try {
      selection = select({
        window,
        batches: read.batches,
        from,
        end,
        credit,
        look: gathering.look,
        heads: isHead,
        rules: isMeeting ? meetingRules(rules) : rules,
        isAborted: (batch) => isOfAborted(aborted, batch),
      });
    } catch (error) {
      blocks.releaseAll(read.batches);
      if (!(error instanceof MalformedError)) throw error;
      // What can't be opened can't be chosen from: it is handed to nobody, and stays.
      this.#runtime.unreadable(this.#subscription, partition, error);
      gathering.isPartial = true;
      goOn(gathering);
      return;
    }
    if (!isHead) gathering.position = Math.max(selection.nextOffset, from + 1);
    gathering.credit.messages = credit.messages;
    gathering.credit.bytes = credit.bytes;
    this.#commit(partition, gathering, selection);
    if (isUsedUp(credit) && credit.messages > 0 && request.channels === undefined) goOn(gathering);
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
    this.#waiters.noteSettled();
    if (this.#waiters.size === 0) this.#unwatch();
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

const isWithoutWishes = ({ wanted, channels }: AcquireRequest): boolean =>
  wanted === null && channels === undefined;

/** Whether one that takes anything found nothing: others don't find anything either. */
function isNothingForAll({ request }: Waiter, outcome: Outcome): boolean {
  const { partitions, messagesMax, bytesMax } = request;
  const takesAnything = isWithoutWishes(request) && partitions === null && messagesMax > 0 && bytesMax > 0;
  return outcome === 'nothing' && takesAnything;
}

/** To the next partition. */
function goOn(gathering: Gathering): void {
  gathering.at++;
  gathering.position = 0;
  gathering.heads = null;
  if (gathering.waiter.request.spares !== 'overall') gathering.sparing = null;
}

/** What lies before has come to be new. */
function beginAnew(gathering: Gathering, rewinds: number): void {
  gathering.position = 0;
  gathering.heads = null;
  gathering.sparing = null;
  gathering.rewinds = rewinds;
}

/** The highest priority first; among those that have the same each turn begins with another. */
function inTurn(partitions: readonly Partition[], turn: number): readonly Partition[] {
  if (partitions.length < 2) return partitions;
  const start = turn % partitions.length;
  const turned = [...partitions.slice(start), ...partitions.slice(0, start)];
  const levels = partitions[0]!.topic.config.priorityLevels;
  return levels === 1 ? turned : turned.sort((a, b) => (b.index % levels) - (a.index % levels));
}

/** Behind all that a subscription may see of a partition. */
export function endOf({ state }: QueueSubscription, { stream, producers }: Partition): number {
  const { highWatermark } = stream;
  return state.settings.readCommitted ? producers.lastStableOffset(highWatermark) : highWatermark;
}

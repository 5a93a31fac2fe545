/**
 * One simulated world, from one seed: a broker on its disk, clients that produce, consume, administer and misbehave,
 * faults for a while, then calm, in which everything must come to its end, and an audit.
 *
 * The same seed gives the same run, event by event (`traceHash`).
 */
import type { Compression } from '../src/platform/ports.ts';
import { audit, auditDelays, auditTable, auditTransactions } from './audit.ts';
import { BrokerHost, CLOCK_OFF_MS_MAX, type StartBroker } from './broker-host.ts';
import { type AuditedLog, checkGroup, checkLogs, unsettled } from './checkers.ts';
import { Admin, createTopic } from './clients/admin.ts';
import { ChaosClient } from './clients/chaos.ts';
import { ClassicMember } from './clients/classic-member.ts';
import { type ClientWorld, run, SimClient } from './clients/client.ts';
import { Consumer, type FetchOptions, type OnRecord, type Position } from './clients/consumer.ts';
import { ConsumerMember } from './clients/consumer-member.ts';
import { DelayingProducer } from './clients/delaying-producer.ts';
import { KeyedProducer } from './clients/keyed-producer.ts';
import type { Member } from './clients/member.ts';
import { learnTopics } from './clients/metadata.ts';
import { Producer } from './clients/producer.ts';
import { RocketmqConsumer } from './clients/rocketmq-consumer.ts';
import { RocketmqProducer } from './clients/rocketmq-producer.ts';
import { configureShares, ShareMember } from './clients/share-member.ts';
import { Transactor } from './clients/transactor.ts';
import { DelayHistory } from './delays.ts';
import type { CrashPoint } from './disk.ts';
import { FaultMaker } from './faults.ts';
import { History } from './history.ts';
import { KeyedHistory } from './keyed.ts';
import { SimNetwork } from './net.ts';
import {
  DELAYS,
  drawFetch,
  drawPlan,
  drawWishes,
  LEDGER,
  type Plan,
  type PlannedGroup,
  ROCKETS,
  TABLE,
} from './plan.ts';
import { Prng } from './prng.ts';
import { SimulatedCrash } from './process.ts';
import { RocketmqHistory } from './rocketmq-history.ts';
import { Scheduler } from './scheduler.ts';
import { ShareHistory } from './shares.ts';
import { TransactionHistory } from './transactions.ts';
import { SimVolume } from './volume.ts';

export interface WorldOptions {
  readonly start: StartBroker;
  readonly compression: Compression;
  /** Gets a line for each thing that happens. */
  readonly note?: (line: string) => void;
  /** Changes the plan that was drawn. */
  readonly adjust?: (plan: Plan) => Plan;
  /** The disk says that it has flushed these files and has not. */
  readonly flushesLie?: RegExp;
  /** Where the first boot of the broker dies. */
  readonly crashAt?: CrashPoint;
}

export interface WorldResult {
  readonly seed: number;
  readonly failures: readonly string[];
  readonly traceHash: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly crashes: number;
  /** Disk operations of the first boot. */
  readonly operations: number;
  readonly counts: History['counts'];
}

/** Simulated time in which everything must come to its end once nothing fails any more. */
const CALM_MS_MAX = 120_000;

/** Runs the world of a seed. Never throws: what goes wrong is a failure of the seed. */
export async function runWorld(seed: number, options: WorldOptions): Promise<WorldResult> {
  const world = new World(seed, options);
  const restore = catchRejections(world.history);
  try {
    await world.run();
  } catch (error) {
    world.history.fail(`the world ended: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    restore();
  }
  return world.result();
}

class World implements ClientWorld {
  readonly history = new History();
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly compression: Compression;
  readonly address = { host: 'broker', port: 9092 };
  calm = false;
  readonly #seed: number;
  readonly #options: WorldOptions;
  readonly #prng: Prng;
  readonly #plan: Plan;
  readonly #volume: SimVolume;
  readonly #host: BrokerHost;
  readonly #producers: Producer[] = [];
  readonly #transactions: TransactionHistory;
  readonly #keyed: KeyedHistory;
  readonly #delays: DelayHistory;
  readonly #delayingProducers: DelayingProducer[] = [];
  readonly #keyedProducers: KeyedProducer[] = [];
  readonly #followers: Consumer[] = [];
  readonly #shares: ShareHistory;
  readonly #rockets: RocketmqHistory;
  readonly #rocketProducers: RocketmqProducer[] = [];
  readonly #transactors: Transactor[] = [];
  readonly #members: { member: Member; group: PlannedGroup; instance: string | null }[] = [];
  readonly #others: SimClient[] = [];
  #names = 0;

  constructor(seed: number, options: WorldOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#prng = new Prng(seed);
    this.#transactions = new TransactionHistory(this.history);
    this.#keyed = new KeyedHistory(this.history);
    this.#shares = new ShareHistory(this.history);
    this.#delays = new DelayHistory(this.history);
    this.#rockets = new RocketmqHistory(this.history);
    this.compression = options.compression;
    this.scheduler = new Scheduler(this.#prng.fork());
    this.network = new SimNetwork(this.scheduler, this.#prng.fork());
    this.#volume = new SimVolume(this.#prng.fork());
    this.#volume.faults.flushesLie = options.flushesLie ?? null;
    const drawn = drawPlan(this.#prng.fork());
    this.#plan = options.adjust?.(drawn) ?? drawn;
    this.#host = new BrokerHost({
      scheduler: this.scheduler,
      volume: this.#volume,
      network: this.network,
      history: this.history,
      prng: this.#prng.fork(),
      compression: options.compression,
      address: this.address,
      settings: this.#plan.settings,
      rocketmq: this.#plan.rocketmq !== null,
      start: options.start,
      note: (line) => this.note(line),
    });
  }

  note(line: string): void {
    this.#options.note?.(`${(this.scheduler.nowUs / 1000).toFixed(3).padStart(10)} ${line}`);
  }

  result(): WorldResult {
    return {
      seed: this.#seed,
      failures: this.history.failures,
      traceHash: this.scheduler.traceHash,
      events: this.scheduler.events,
      simulatedMs: Math.round(this.scheduler.nowUs / 1000),
      crashes: this.#host.crashes,
      operations: this.#host.firstBootOperations,
      counts: this.history.counts,
    };
  }

  async run(): Promise<void> {
    this.note(JSON.stringify(this.#plan));
    this.#host.boot(this.#options.crashAt ?? null);
    await this.#makeTopics();
    if (this.#failed) return;
    await this.#startClients();
    const faults = this.#startFaults();
    await this.scheduler.runFor(this.#plan.loadMs);
    this.note('calm');
    faults.stop();
    this.#calmClients();
    await this.#finishProducers();
    if (this.#failed) return;
    const logs = await this.#audit();
    await this.#finishGroups(logs);
    await this.#finishShares(logs);
    await this.#finishRockets();
    if (this.#failed) return;
    await this.#restart();
    await this.#audit();
    this.#endClients();
    await this.#host.stop();
  }

  get #failed(): boolean {
    return this.history.failures.length > 0;
  }

  async #makeTopics(): Promise<void> {
    const client = new SimClient(this, 'setup', this.#prng.fork());
    const make = async (): Promise<void> => {
      for (const topic of this.#plan.topics) await createTopic(client, topic);
      const { transactions, table, delays, shares, rocketmq } = this.#plan;
      if (transactions !== null) await createTopic(client, { name: LEDGER, ...transactions });
      if (table !== null) await createTopic(client, { name: TABLE, ...table });
      if (shares !== null) await configureShares(client, shares.group, shares.configs);
      if (delays !== null) await createTopic(client, { name: DELAYS, ...delays });
      if (rocketmq !== null) await createTopic(client, { name: ROCKETS, ...rocketmq });
    };
    for (const { name, partitions, durable, trimmed } of this.#plan.topics) {
      this.history.topics.set(name, { name, partitions, durable, trimmed });
    }
    await this.#within(make(), 'the topics were not made');
    client.kill();
  }

  async #startClients(): Promise<void> {
    const { producers, consumers, groups, chaosClients, admin } = this.#plan;
    for (const options of producers) {
      const producer = new Producer(this, `producer${this.#producers.length}`, this.#prng.fork());
      producer.options = options;
      this.#producers.push(producer);
      void run(producer, () => producer.run());
    }
    for (let i = 0; i < consumers; i++) this.#startConsumer(i);
    this.#startTransactions();
    this.#startTable();
    this.#startDelays();
    for (const group of groups) {
      for (let i = 0; i < group.members; i++) this.#startMember(group);
      if (group.protocol === 'rolling') this.#roll(group);
    }
    if (admin) {
      const one = new Admin(this, 'admin', this.#prng.fork());
      this.#others.push(one);
      void run(one, () => one.run(1000));
    }
    for (let i = 0; i < chaosClients; i++) {
      const one = new ChaosClient(this, `chaos${i}`, this.#prng.fork());
      this.#others.push(one);
      void run(one, () => one.run(500));
    }
    this.#startShares();
    this.#startRockets();
  }

  #startShares(): void {
    const { shares } = this.#plan;
    for (const [index, { diesAfterMs, ...options }] of (shares?.members ?? []).entries()) {
      const member = new ShareMember(this, `sharer${index}`, this.#prng.fork());
      member.options = { ...options, group: shares!.group, topics: shares!.topics };
      member.history = this.#shares;
      this.#others.push(member);
      void run(member, () => member.run());
      if (diesAfterMs < Number.POSITIVE_INFINITY) member.clock.setTimer(diesAfterMs, () => member.kill());
    }
  }

  #startRockets(): void {
    const { rocketmq, faults } = this.#plan;
    this.#rockets.isOnTime = !faults.includes('clock');
    for (const [index, options] of (rocketmq?.producers ?? []).entries()) {
      const producer = new RocketmqProducer(this, `rocketeer${index}`, this.#prng.fork());
      producer.options = { ...options, topic: ROCKETS };
      producer.history = this.#rockets;
      this.#rocketProducers.push(producer);
      void run(producer, () => producer.run());
    }
    for (const [index, { diesAfterMs, ...options }] of (rocketmq?.consumers ?? []).entries()) {
      const consumer = new RocketmqConsumer(this, `launcher${index}`, this.#prng.fork());
      consumer.options = { ...options, topic: ROCKETS, group: 'launchers' };
      consumer.history = this.#rockets;
      this.#others.push(consumer);
      void run(consumer, () => consumer.run());
      if (diesAfterMs < Number.POSITIVE_INFINITY) consumer.clock.setTimer(diesAfterMs, () => consumer.kill());
    }
  }

  #startTransactions(): void {
    const { producers, readers } = this.#plan.transactions ?? { producers: [], readers: 0 };
    for (const [index, { diesAfterMs, ...options }] of producers.entries()) {
      const transactor = new Transactor(this, `transactor${index}`, this.#prng.fork());
      transactor.options = { ...options, topic: LEDGER };
      transactor.history = this.#transactions;
      this.#transactors.push(transactor);
      void run(transactor, () => transactor.run());
      if (diesAfterMs < Number.POSITIVE_INFINITY)
        transactor.clock.setTimer(diesAfterMs, () => transactor.kill());
    }
    for (let i = 0; i < readers; i++) {
      const reader = new Consumer(this, `ledger-reader${i}`, this.#prng.fork());
      reader.fetch = { ...drawFetch(reader.prng), committed: true };
      this.#follow(reader, [LEDGER], ({ partition }, { offset, id }) =>
        this.#transactions.read(reader.name, partition, offset, id),
      );
    }
  }

  #startTable(): void {
    const { producers, readers } = this.#plan.table ?? { producers: [], readers: 0 };
    for (const [index, options] of producers.entries()) {
      const producer = new KeyedProducer(this, `keyed${index}`, this.#prng.fork());
      producer.options = { ...options, topic: TABLE };
      producer.history = this.#keyed;
      this.#keyedProducers.push(producer);
      void run(producer, () => producer.run());
    }
    for (let i = 0; i < readers; i++) {
      const reader = new Consumer(this, `table-reader${i}`, this.#prng.fork());
      const onKeyed: FetchOptions['onKeyed'] = ({ partition }, record) =>
        this.#keyed.read(reader.name, partition, record);
      reader.fetch = { ...drawFetch(reader.prng), onKeyed };
      this.#followers.push(reader);
      this.#follow(reader, [TABLE]);
    }
  }

  #startDelays(): void {
    for (const [index, options] of (this.#plan.delays?.producers ?? []).entries()) {
      const producer = new DelayingProducer(this, `delaying${index}`, this.#prng.fork());
      producer.options = { ...options, topic: DELAYS };
      producer.history = this.#delays;
      this.#delayingProducers.push(producer);
      void run(producer, () => producer.run());
    }
  }

  /** Has a consumer read all partitions of topics from their beginning, for ever. */
  #follow(consumer: Consumer, names: readonly string[], onRecord?: OnRecord): void {
    this.#others.push(consumer);
    void run(consumer, async () => {
      const topics = await learnTopics(consumer, names);
      const positions = [...topics.values()].flatMap((topic) =>
        Array.from({ length: topic.partitions }, (_, partition) => ({
          topic,
          partition,
          offset: 0,
          highWatermark: -1,
        })),
      );
      await consumer.run(positions, onRecord);
    });
  }

  #startConsumer(index: number): void {
    const consumer = new Consumer(this, `consumer${index}`, this.#prng.fork());
    consumer.fetch = drawFetch(consumer.prng);
    this.#follow(
      consumer,
      this.#plan.topics.map((topic) => topic.name),
    );
  }

  #startMember(group: PlannedGroup, instance: string | null = null): void {
    const number = this.#names++;
    const name = `member${number}`;
    const prng = this.#prng.fork();
    const { protocol } = group;
    // A group that rolls begins with its planned members.
    const begins = this.#members.filter((one) => one.group === group).length < group.members;
    const classic =
      protocol === 'mixed' ? prng.chance(0.5) : protocol === 'rolling' ? begins : protocol === 'classic';
    const member = classic ? new ClassicMember(this, name, prng) : new ConsumerMember(this, name, prng);
    const instanceId = instance ?? (group.staticMembers ? `${group.name}-instance${number}` : null);
    const setting = (key: string): number => Number(this.#plan.settings[`group.consumer.${key}.ms`]);
    member.options = {
      group: group.name,
      topics: group.topics,
      instanceId,
      sessionTimeoutMs: classic ? group.sessionTimeoutMs : setting('session.timeout'),
      rebalanceTimeoutMs: 5000,
      heartbeatMs: classic ? 1000 : setting('heartbeat.interval'),
      fetch: drawFetch(prng),
      commitEveryMs: prng.pick([20, 200, 1000]),
      pauseMsMax: prng.pick([5, 50]),
      oneProtocol: protocol === 'classic' || protocol === 'consumer',
    };
    if (member instanceof ConsumerMember) member.wishes = drawWishes(prng);
    this.#members.push({ member, group, instance: instanceId });
    void run(member, () => member.run());
  }

  /** Members leave one after the other, and others take their place. */
  #roll(group: PlannedGroup): void {
    const { loadMs } = this.#plan;
    for (const { member } of this.#members.filter((one) => one.group === group)) {
      this.scheduler.schedule(1000 * this.#prng.between(loadMs * 0.2, loadMs), null, () => {
        if (this.calm || !member.staying) return;
        member.leave();
        this.#startMember(group);
      });
    }
  }

  #startFaults(): FaultMaker {
    const world = this;
    const faults = new FaultMaker(this.#plan, {
      scheduler: this.scheduler,
      volume: this.#volume,
      network: this.network,
      host: this.#host,
      prng: this.#prng.fork(),
      get clients() {
        return [...world.#writers, ...world.#others, ...world.#aliveMembers()];
      },
      get members() {
        return world.#aliveMembers();
      },
      addMember: () => this.#replaceMember(),
      note: (line) => this.note(line),
    });
    faults.start();
    return faults;
  }

  /** Who comes to an end by itself. */
  get #writers(): (SimClient & { readonly done: boolean })[] {
    return [
      ...this.#producers,
      ...this.#transactors,
      ...this.#keyedProducers,
      ...this.#delayingProducers,
      ...this.#rocketProducers,
    ];
  }

  #aliveMembers(): Member[] {
    return this.#members.map((one) => one.member).filter((member) => member.staying);
  }

  /** A new member, or one that was killed or has left comes back under its instance id. */
  #replaceMember(): void {
    const { groups } = this.#plan;
    if (groups.length === 0 || this.#aliveMembers().length > 6) return;
    const group = this.#prng.pick(groups);
    const dead = this.#members.find(
      (one) => one.group === group && (!one.member.process.alive || one.member.left) && one.instance !== null,
    );
    this.#startMember(group, dead?.instance ?? null);
    if (dead !== undefined) dead.instance = null;
  }

  #calmClients(): void {
    this.calm = true;
    for (const one of this.#others) {
      if (one instanceof Admin || one instanceof ChaosClient) one.stopped = true;
    }
    for (const group of this.#plan.groups) {
      const staying = this.#members.some((one) => one.group === group && one.member.staying);
      if (!staying) this.#startMember(group);
    }
  }

  async #finishProducers(): Promise<void> {
    const late = (): string[] =>
      this.#writers
        .filter((producer) => !producer.done && producer.process.alive)
        .map((producer) => producer.name);
    const done = await this.scheduler.runUntil(
      () => this.#failed || (this.#host.serving && late().length === 0),
      CALM_MS_MAX,
    );
    if (done) return;
    this.history.fail(
      `(14) in ${CALM_MS_MAX} ms of calm these did not finish: ${late().join(', ') || 'the broker'}`,
    );
  }

  async #finishGroups(logs: readonly AuditedLog[]): Promise<void> {
    const behind = (): string[] =>
      this.#plan.groups.flatMap((group) =>
        logs
          .filter((log) => group.topics.includes(log.topic))
          .filter((log) => {
            const processed = this.history.group(group.name).processed.get(`${log.topic}-${log.partition}`);
            return (processed?.size ?? 0) < log.records.length;
          })
          .map((log) => `${group.name} ${log.topic}-${log.partition}`),
      );
    const restless = (): string[] =>
      this.#plan.groups.flatMap((group) => {
        const members = this.#members.filter((one) => one.group === group && one.member.staying);
        const owned = members.map((one) => one.member.owned);
        return unsettled(owned, this.#readBy(group, logs)).map((partition) => `${group.name} ${partition}`);
      });
    const done = await this.scheduler.runUntil(
      () => this.#failed || (behind().length === 0 && restless().length === 0),
      CALM_MS_MAX,
    );
    if (!done) {
      this.history.fail(
        `(14) in ${CALM_MS_MAX} ms of calm these groups did not catch up: ${behind().join(', ')}; ` +
          `or nobody reads, or more than one: ${restless().join(', ')}`,
      );
    }
    for (const group of this.#plan.groups) {
      checkGroup(
        this.history,
        group.name,
        logs.filter((log) => group.topics.includes(log.topic)),
      );
    }
  }

  async #finishShares(logs: readonly AuditedLog[]): Promise<void> {
    const { shares } = this.#plan;
    if (shares === null || this.#failed) return;
    const ofGroup = logs.filter(({ topic }) => shares.topics.includes(topic));
    const missing = (): string[] => this.#shares.missing(shares.group, ofGroup);
    const done = await this.scheduler.runUntil(() => this.#failed || missing().length === 0, CALM_MS_MAX);
    if (!done)
      this.history.fail(
        `(14) in ${CALM_MS_MAX} ms of calm the share group did not get ${missing().join(', ')}`,
      );
  }

  /** All that was stored is received and settled; what is delayed is due by now. */
  async #finishRockets(): Promise<void> {
    if (this.#plan.rocketmq === null || this.#failed) return;
    this.#makeDue();
    // What waits for a retry or a check goes by a clock that runs on without jumps until the next start.
    if (this.#plan.faults.includes('clock')) this.#host.crash('all');
    const missing = (): string[] => this.#rockets.missing();
    const done = await this.scheduler.runUntil(() => this.#failed || missing().length === 0, CALM_MS_MAX);
    if (!done)
      this.history.fail(
        `(14) in ${CALM_MS_MAX} ms of calm RocketMQ's group did not get ${missing().join(', ')}`,
      );
  }

  /** The logs that a group divides. Classic members don't look for partitions that were added. */
  #readBy(group: PlannedGroup, logs: readonly AuditedLog[]): AuditedLog[] {
    return logs.filter(({ topic, partition }) => {
      const planned = this.#plan.topics.find((one) => one.name === topic)!.partitions;
      return group.topics.includes(topic) && (group.protocol === 'consumer' || partition < planned);
    });
  }

  /** Down and up once more: in good order, or not. */
  async #restart(): Promise<void> {
    for (const { member } of this.#members) member.kill();
    this.#host.keepRunning = true;
    if (this.#prng.chance(0.5)) {
      await this.#host.stop();
      this.#host.keepRunning = true;
    } else this.#host.crash();
    await this.scheduler.runUntil(() => this.#failed || this.#host.serving, CALM_MS_MAX);
  }

  async #audit(): Promise<AuditedLog[]> {
    if (this.#failed) return [];
    const auditor = new SimClient(this, `auditor${this.#names++}`, this.#prng.fork());
    const names = this.#plan.topics.map((topic) => topic.name);
    const logs = (await this.#within(audit(auditor, names), 'the audit did not end')) ?? [];
    checkLogs(this.history, logs);
    if (this.#plan.table !== null) await this.#auditTable(auditor);
    if (this.#plan.delays !== null) await this.#auditDelays(auditor);
    if (this.#plan.transactions !== null) {
      const { transactionalIds } = this.#transactions;
      const found = await this.#within(
        auditTransactions(auditor, LEDGER, transactionalIds),
        'the audit of transactions did not end',
      );
      if (found !== null) this.#transactions.check(found.logs, found.offsets);
    }
    for (const one of this.#others) {
      if (one instanceof Admin) await this.#within(one.check(), 'the administrator got no answer');
    }
    auditor.kill();
    return logs;
  }

  /** Whatever the clock has been through: from now on all that is delayed is due. */
  #makeDue(): void {
    this.#rockets.isOnTime = false;
    this.#host.jumpClock(2 * CLOCK_OFF_MS_MAX);
  }

  async #auditDelays(auditor: SimClient): Promise<void> {
    this.#makeDue();
    const { partitions } = this.#plan.delays!;
    const read = auditDelays(auditor, { topic: DELAYS, partitions }, this.#delays);
    const ids = await this.#within(read, 'the audit of delayed records did not end');
    if (ids !== null) this.#delays.check(ids);
  }

  async #auditTable(auditor: SimClient): Promise<void> {
    const reader = `table-audit${this.#names++}`;
    const read = auditTable(auditor, TABLE, (partition, record) =>
      this.#keyed.read(reader, partition, record),
    );
    const ends = await this.#within(read, 'the audit of the table did not end');
    if (ends === null) return;
    this.#keyed.check(reader);
    const behind = (): boolean =>
      this.#followers.some((one) => one.process.alive && !isThrough(one.fetcher?.positions ?? [], ends));
    await this.scheduler.runUntil(() => this.#failed || !behind(), CALM_MS_MAX);
    if (behind()) this.history.fail('(14) the readers of the table did not come to its end');
    for (const follower of this.#followers) this.#keyed.checkFollower(follower.name);
  }

  async #within<T>(promise: Promise<T>, message: string): Promise<T | null> {
    try {
      return await this.scheduler.settle(promise, null, CALM_MS_MAX);
    } catch (error) {
      this.history.fail(`(14) ${message}: ${String((error as Error).stack)}`);
      return null;
    }
  }

  #endClients(): void {
    for (const one of [...this.#writers, ...this.#others]) one.kill();
  }
}

/** Whether all partitions have been read up to these ends, by partition. */
function isThrough(positions: readonly Position[], ends: readonly number[]): boolean {
  return (
    positions.length === ends.length && positions.every(({ partition, offset }) => offset >= ends[partition]!)
  );
}

/** While a world runs, a rejection that nobody handles is a failure of its seed, unless it is a simulated crash. */
export function catchRejections(history: History): () => void {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const note = (reason: unknown): void => {
    if (reason instanceof SimulatedCrash) return;
    history.fail(
      `a rejection that nobody handled: ${reason instanceof Error ? reason.stack : String(reason)}`,
    );
  };
  process.on('unhandledRejection', note);
  return () => {
    process.removeListener('unhandledRejection', note);
    for (const one of others) process.on('unhandledRejection', one);
  };
}

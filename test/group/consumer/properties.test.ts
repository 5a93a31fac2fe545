/**
 * Random consumers of the consumer protocol against the coordinator: they join, change their wishes, are slow, crash, leave
 * and come back, while topics grow, the log lags and refuses, and the coordinator crashes and comes back from its log.
 * Checked at each step: no partition is used by two at once, and what is derived agrees with what is logged. In the end,
 * when all is calm: everybody is reconciled, and every partition is used by exactly one.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import type { ConsumerHeartbeatAnswer, GroupAnswer, JoinedAnswer } from '../../../src/group/commands.ts';
import { type ConsumerGroup, consumerPhase } from '../../../src/group/consumer/model.ts';
import { GROUP_SETTINGS_DEFAULT } from '../../../src/group/settings.ts';
import {
  readAssignment,
  readSubscription,
  type TopicPartitions,
  writeAssignment,
} from '../../../src/group/subscription.ts';
import { joinCommand } from '../support/commands.ts';
import { advances, commitsOfLog, faults, RandomWorld, type WorldStep } from '../support/random-world.ts';
import { topicIdOf } from '../support/stage.ts';

const SESSION_MS = 45_000;
const REBALANCE_MS = 60_000;
const ASSIGNORS = [null, 'uniform', 'range', 'consistent-hash', 'random', 'hash', 'round-robin'];
const WISHES: readonly { topics: string[]; regex: string }[] = [
  { topics: ['t'], regex: '' },
  { topics: ['t', 'u'], regex: '' },
  { topics: ['u'], regex: '' },
  { topics: [], regex: '[tu]' },
  { topics: ['t'], regex: 'v.*' },
];

type Step =
  | { readonly kind: 'beat' | 'idle' | 'leave' | 'die'; readonly client: number }
  | { readonly kind: 'beats'; readonly clients: readonly number[] }
  | { readonly kind: 'wish'; readonly client: number; readonly wish: number }
  /** Its process is replaced by one of another protocol. */
  | { readonly kind: 'roll'; readonly client: number; readonly protocol: Client['protocol'] }
  | { readonly kind: 'grow'; readonly topic: string; readonly count: number }
  /** Everybody has time to get its work. */
  | { readonly kind: 'settle' }
  | WorldStep;

const client = fc.nat(4);
const steps: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 20,
    arbitrary: fc.record({ kind: fc.constantFrom('beat' as const, 'idle' as const), client }),
  },
  {
    weight: 20,
    arbitrary: fc.record({ kind: fc.constant('beats' as const), clients: fc.uniqueArray(client) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'die' as const), client }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('wish' as const), client, wish: fc.nat(WISHES.length - 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('grow' as const),
      topic: fc.constantFrom('t', 'u', 'v', 'v2'),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  commitsOfLog(12),
  advances(6, 1, 900, 5000, 20_000),
];
const rolling: fc.WeightedArbitrary<Step>[] = [
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'settle' }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('roll' as const),
      client,
      protocol: fc.constantFrom('consumer' as const, 'eager' as const, 'cooperative' as const),
    }),
  },
];

/** A consumer as a client library is one. */
class Client {
  readonly index: number;
  readonly instanceId: string | null;
  /** Which protocol it speaks; with the classic one, whether it goes on with what it has while it rebalances. */
  protocol: 'consumer' | 'eager' | 'cooperative' = 'consumer';
  classicId = '';
  mustJoin = true;
  life = 0;
  epoch = 0;
  /** What it uses: what it was told, from its next full heartbeat on. */
  owned = new Set<string>();
  told: { readonly partitions: Set<string>; readonly sinceMs: number } | null = null;
  wish = WISHES[0]!;
  isWaiting = false;
  mustSayAll = true;
  /** When it sent the last heartbeat that was answered. */
  heardMs = 0;

  constructor(index: number, isStatic: boolean) {
    this.index = index;
    this.instanceId = isStatic ? `instance-${index}` : null;
  }

  get memberId(): string {
    return `member-${this.index}-${this.life}`;
  }

  /** Gives up all that it has, and joins again. */
  rejoin(): void {
    this.owned.clear();
    this.told = null;
    this.epoch = 0;
    this.mustJoin = true;
    this.mustSayAll = true;
  }

  /** Another process in its place. */
  renew(): void {
    this.rejoin();
    this.classicId = '';
    this.life++;
    this.isWaiting = false;
  }

  take({ epoch, assignment }: ConsumerHeartbeatAnswer, sinceMs: number): void {
    this.epoch = epoch;
    if (assignment === null) return;
    const partitions = new Set(
      assignment.flatMap((topic) => topic.partitions.map((p) => `${topic.topicId}${p}`)),
    );
    this.told = { partitions, sinceMs: this.told?.sinceMs ?? sinceMs };
  }

  /** Gives up and takes over; says so in the heartbeat that follows. */
  adopt(): void {
    if (this.told === null) return;
    this.owned = this.told.partitions;
    this.told = null;
    this.mustSayAll = true;
  }

  ownedTopics() {
    const byTopic = new Map<string, number[]>();
    for (const key of this.owned) {
      const topicId = key.slice(0, 16);
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(key.slice(16))]);
    }
    return [...byTopic].map(([topicId, partitions]) => ({
      topicId: topicId as ReturnType<typeof topicIdOf>,
      partitions,
    }));
  }
}

class World extends RandomWorld<Step> {
  readonly clients: Client[];
  suffix = 0;

  constructor(statics: boolean, intervalMs: number) {
    super({
      ...GROUP_SETTINGS_DEFAULT,
      consumerAssignors: ASSIGNORS.filter((name) => name !== null),
    });
    this.clients = Array.from({ length: 5 }, (_, i) => new Client(i, statics && i < 2));
    this.topics.config.assignmentIntervalMs = intervalMs;
    for (const name of ['t', 'u']) this.topics.put({ id: topicIdOf(name), name, partitionCount: 4 });
  }

  run(step: Step): void | Promise<void> {
    switch (step.kind) {
      case 'beat':
        return this.beat(this.clients[step.client]!);
      case 'idle':
        return this.heartbeat(this.clients[step.client]!);
      case 'beats':
        return this.round(step.clients);
      case 'settle':
        return this.settle();
      case 'leave':
        return this.leave(this.clients[step.client]!);
      case 'die':
        return this.clients[step.client]!.renew();
      case 'roll':
        return this.roll(this.clients[step.client]!, step.protocol);
      case 'wish':
        return this.wish(this.clients[step.client]!, WISHES[step.wish]!);
      case 'grow':
        return this.grow(step.topic, step.count);
      default:
        return this.happen(step);
    }
  }

  round(clients: readonly number[]): void {
    for (const index of clients) this.beat(this.clients[index]!);
    this.log.commit();
  }

  settle(): void {
    for (let i = 0; i < 8; i++) {
      this.round([0, 1, 2, 3, 4]);
      this.check();
      this.advance(1500);
      this.log.commit();
    }
  }

  beat(c: Client): void {
    if (c.protocol !== 'consumer') return this.classicBeat(c);
    if (!c.isWaiting) c.adopt();
    this.heartbeat(c);
  }

  /** Without having looked at the last answer. */
  heartbeat(c: Client): void {
    if (c.protocol !== 'consumer') return this.classicBeat(c);
    if (c.isWaiting) return;
    c.isWaiting = true;
    const { memberId, epoch } = c;
    const sentMs = this.clock.nowMs();
    const all = c.mustSayAll || epoch === 0;
    this.submit(
      {
        kind: 'consumer-heartbeat',
        groupId: 'g',
        memberId,
        epoch,
        instanceId: c.instanceId,
        rackId: null,
        clientId: `c${c.index}`,
        clientHost: 'h',
        rebalanceTimeoutMs: all ? REBALANCE_MS : -1,
        topics: all ? c.wish.topics : null,
        regex: all ? c.wish.regex : null,
        serverAssignor: ASSIGNORS[c.index]!,
        owned: all ? c.ownedTopics() : null,
        newMemberId: '',
        mayDescribe: () => true,
      },
      (answer) => {
        if (c.memberId !== memberId) return;
        c.isWaiting = false;
        if (answer instanceof BrokerError) return this.refused(c, answer);
        c.heardMs = sentMs;
        c.mustSayAll = false;
        c.take(answer as ConsumerHeartbeatAnswer, sentMs);
      },
    );
  }

  roll(c: Client, protocol: Client['protocol']): void {
    if (c.instanceId === null) this.leave(c);
    c.renew();
    c.protocol = protocol;
  }

  classicBeat(c: Client): void {
    if (c.isWaiting) return;
    c.isWaiting = true;
    if (c.mustJoin) return this.join(c);
    const sentMs = this.clock.nowMs();
    this.submit(
      {
        kind: 'heartbeat',
        groupId: 'g',
        memberId: c.classicId,
        instanceId: c.instanceId,
        generation: c.epoch,
      },
      this.answerTo(c, () => {
        c.heardMs = sentMs;
      }),
    );
  }

  /** Deals with what every request may be answered. */
  answerTo(c: Client, onAnswer: (answer: GroupAnswer) => void): (answer: GroupAnswer | BrokerError) => void {
    const { life } = c;
    return (answer) => {
      if (c.life !== life) return;
      c.isWaiting = false;
      if (!(answer instanceof BrokerError)) return onAnswer(answer);
      if (answer.code === 'rebalance-in-progress') c.mustJoin = true;
      else if (answer.code === 'illegal-generation') c.rejoin();
      else if (answer.code !== 'storage-full') {
        expect(['unknown-member', 'fenced-instance-id']).toContain(answer.code);
        c.rejoin();
        c.classicId = '';
      }
    };
  }

  join(c: Client): void {
    if (c.protocol === 'eager') c.owned.clear();
    const owned = c.ownedTopics().map(({ topicId, partitions }) => ({
      topic: this.topics.topicById(topicId)!.name,
      partitions,
    }));
    const topics = c.wish.topics.length > 0 ? c.wish.topics : ['t'];
    const sentMs = this.clock.nowMs();
    this.submit(
      joinCommand({
        memberId: c.classicId,
        instanceId: c.instanceId,
        clientId: `c${c.index}`,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: REBALANCE_MS,
        protocols: [{ name: 'range', metadata: subscriptionOf(topics, owned) }],
        newMemberIdSuffix: String(++this.suffix),
      }),
      this.answerTo(c, (answer) => {
        if (answer.kind === 'member-id-required') c.classicId = answer.memberId;
        if (answer.kind === 'joined') this.sync(c, answer, sentMs);
      }),
    );
  }

  sync(c: Client, joined: JoinedAnswer, sentMs: number): void {
    c.classicId = joined.memberId;
    c.epoch = joined.generation;
    c.isWaiting = true;
    this.submit(
      {
        kind: 'sync',
        groupId: 'g',
        memberId: c.classicId,
        instanceId: c.instanceId,
        generation: c.epoch,
        protocolType: null,
        protocolName: null,
        assignments: this.assignAsLeader(joined),
      },
      this.answerTo(c, (answer) => {
        if (answer.kind !== 'synced') return;
        c.heardMs = sentMs;
        const told = (readAssignment(answer.assignment) ?? []).flatMap(({ topic, partitions }) =>
          partitions.map((p) => `${topicIdOf(topic)}${p}`),
        );
        // A cooperative consumer that has given something up joins again, so that others get it.
        c.mustJoin = c.protocol === 'cooperative' && [...c.owned].some((key) => !told.includes(key));
        c.owned = new Set(told);
      }),
    );
  }

  /** As cooperative assignors do: what is in use elsewhere isn't given away in the same round. */
  assignAsLeader({ members }: JoinedAnswer): { memberId: string; assignment: Buffer }[] {
    const wanted = members.map(({ memberId, metadata }) => ({ memberId, ...readSubscription(metadata)! }));
    const users = new Map<string, string>();
    for (const { memberId, owned } of wanted) {
      for (const { topic, partitions } of owned)
        for (const p of partitions) users.set(`${topic} ${p}`, memberId);
    }
    const given = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
    for (const topic of this.topics.topicNames()) {
      const takers = wanted.filter(({ topics }) => topics.includes(topic)).map(({ memberId }) => memberId);
      if (takers.length === 0) continue;
      for (let p = 0; p < this.topics.topic(topic)!.partitionCount; p++) {
        const taker = takers.sort()[p % takers.length]!;
        const user = users.get(`${topic} ${p}`);
        if (user !== undefined && user !== taker) continue;
        const own = given.get(taker)!;
        own.set(topic, [...(own.get(topic) ?? []), p]);
      }
    }
    return [...given].map(([memberId, topics]) => ({
      memberId,
      assignment: writeAssignment(
        3,
        Array.from(topics, ([topic, partitions]) => ({ topic, partitions })),
      ),
    }));
  }

  refused(c: Client, { code }: BrokerError): void {
    if (code === 'storage-full') {
      c.mustSayAll = true;
      return;
    }
    expect(['fenced-member-epoch', 'unknown-member', 'unreleased-instance-id', 'group-not-found']).toContain(
      code,
    );
    c.rejoin();
  }

  wish(c: Client, wish: Client['wish']): void {
    c.wish = wish;
    c.mustSayAll = true;
    c.mustJoin = true;
  }

  leave(c: Client): void {
    if (c.isWaiting || c.epoch <= 0) return;
    if (c.protocol !== 'consumer') {
      const members = [{ memberId: c.classicId, instanceId: c.instanceId }];
      c.renew();
      return this.submit({ kind: 'leave', groupId: 'g', members });
    }
    const epoch = c.instanceId === null || c.life % 2 === 0 ? -1 : -2;
    const { memberId, instanceId } = c;
    c.renew();
    this.submit({
      kind: 'consumer-heartbeat',
      groupId: 'g',
      memberId,
      epoch,
      instanceId,
      rackId: null,
      clientId: 'c',
      clientHost: 'h',
      rebalanceTimeoutMs: -1,
      topics: null,
      regex: null,
      serverAssignor: null,
      owned: null,
      newMemberId: '',
      mayDescribe: () => true,
    });
  }

  grow(name: string, count: number): void {
    const before = this.topics.topic(name)?.partitionCount ?? 0;
    this.topics.put({ id: topicIdOf(name), name, partitionCount: before + count });
    this.submit({ kind: 'topics-changed', names: [name] });
  }

  override advance(ms: number): void {
    super.advance(ms);
    // Who hasn't got through for the time of a session, or hasn't looked at its answer for that of a rebalance, stops by
    // itself, before the coordinator gives its work away.
    for (const c of this.clients) {
      const nowMs = this.clock.nowMs();
      const isSlow = c.told !== null && nowMs >= c.told.sinceMs + REBALANCE_MS;
      if ((c.owned.size > 0 && nowMs >= c.heardMs + SESSION_MS) || isSlow) c.renew();
    }
  }

  override async crash(keep: number): Promise<void> {
    await super.crash(keep);
    for (const c of this.clients) {
      if (c.isWaiting) c.mustSayAll = true;
      c.isWaiting = false;
    }
  }

  get group(): ConsumerGroup | undefined {
    return this.live?.type === 'consumer' ? this.live : undefined;
  }

  check(): void {
    const users = new Map<string, number>();
    for (const c of this.clients) {
      for (const partition of c.owned) {
        expect(users.has(partition), `partition used by ${users.get(partition)} and ${c.index}`).toBe(false);
        users.set(partition, c.index);
      }
    }
    if (this.group !== undefined) checkConsistent(this.group);
  }

  async finish(): Promise<void> {
    this.log.refusal = null;
    for (let i = 0; i < 80; i++) {
      this.log.commit();
      this.round([0, 1, 2, 3, 4]);
      this.log.commit();
      this.check();
      this.advance(1500);
    }
    this.log.commit();
    const group = this.group;
    if (group === undefined) return this.finishClassic();
    expect(consumerPhase(group)).toBe('Stable');
    expect(group.members.size).toBe(5);
    const wanted = new Set<string>();
    for (const c of this.clients) {
      for (const name of this.topics.topicNames()) {
        const isMatched = c.wish.regex !== '' && new RegExp(`^(${c.wish.regex})$`).test(name);
        const classicTopics = c.wish.topics.length > 0 ? c.wish.topics : ['t'];
        const isWanted =
          c.protocol === 'consumer'
            ? c.wish.topics.includes(name) || isMatched
            : classicTopics.includes(name);
        if (isWanted) wanted.add(name);
      }
      const member = group.members.get(c.protocol === 'consumer' ? c.memberId : c.classicId)!;
      const assigned = [...member.assigned].flatMap(([id, ps]) => [...ps.keys()].map((p) => `${id}${p}`));
      expect([...c.owned].sort()).toEqual(assigned.sort());
    }
    let count = 0;
    for (const name of wanted) count += this.topics.topic(name)!.partitionCount;
    expect(this.clients.reduce((sum, c) => sum + c.owned.size, 0)).toBe(count);
    await this.checkRestart();
  }

  finishClassic(): Promise<void> {
    expect(this.clients.some(({ protocol }) => protocol === 'consumer')).toBe(false);
    expect(this.live?.type === 'classic' && this.live.phase).toBe('Stable');
    return this.checkRestart();
  }
}

function checkConsistent(group: ConsumerGroup): void {
  const holders = new Map<string, string>();
  const topicCounts = new Map<string, number>();
  for (const { memberId, instanceId, assigned, revoking, state, topics, epoch } of group.members.values()) {
    for (const held of [assigned, revoking]) {
      for (const [topicId, partitions] of held) {
        expect(partitions.size).toBeGreaterThan(0);
        for (const p of partitions.keys()) {
          expect(holders.has(`${topicId}${p}`)).toBe(false);
          holders.set(`${topicId}${p}`, memberId);
        }
      }
    }
    if (state !== 'unrevoked') expect(revoking.size).toBe(0);
    if (instanceId !== null) expect(group.staticMembers.get(instanceId)).toBe(memberId);
    expect(epoch).toBeLessThanOrEqual(group.assignmentEpoch);
    for (const topic of topics) topicCounts.set(topic, (topicCounts.get(topic) ?? 0) + 1);
  }
  const derived = [...group.holders].flatMap(([id, ps]) =>
    [...ps].map(([p, m]) => [`${id}${p}`, m] as const),
  );
  expect(new Map(derived)).toEqual(holders);
  expect(group.topicCounts).toEqual(topicCounts);
  expect(group.assignmentEpoch).toBeLessThanOrEqual(group.epoch);
  for (const memberId of group.target.keys()) expect(group.members.has(memberId)).toBe(true);
}

function subscriptionOf(topics: readonly string[], owned: readonly TopicPartitions[]): Buffer {
  const writer = new ByteWriter(64);
  writer.int16(1);
  writer.arrayLength(topics.length);
  for (const topic of topics) writer.string(topic);
  writer.nullableBytes(null);
  writer.arrayLength(owned.length);
  for (const { topic, partitions } of owned) {
    writer.string(topic);
    writer.arrayLength(partitions.length);
    for (const p of partitions) writer.int32(p);
  }
  return writer.finishContiguous();
}

describe('random consumers', () => {
  const kinds = [
    { name: 'without faults', arbitraries: steps },
    { name: 'with a log that refuses and crashes', arbitraries: [...steps, ...faults] },
    { name: 'rolling between the protocols', arbitraries: [...steps, ...rolling] },
    { name: 'rolling, with faults', arbitraries: [...steps, ...rolling, ...faults] },
  ];
  for (const { name, arbitraries } of kinds) {
    for (const statics of [false, true]) {
      test(`${statics ? 'some static' : 'dynamic'}, ${name}`, async () => {
        const arrays = fc.array(fc.oneof(...arbitraries), { minLength: 10, maxLength: 100 });
        await fc.assert(
          fc.asyncProperty(arrays, fc.constantFrom(0, 1000), (list, intervalMs) =>
            new World(statics, intervalMs).runAll(list),
          ),
          { numRuns: 40 },
        );
      });
    }
  }
});

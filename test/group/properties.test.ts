/**
 * Random clients against the group coordinator, with a clock that moves, a log that lags, refuses and crashes. Checked:
 * every request is answered once and at last; one leader a generation; generations rise; everybody gets what the leader
 * handed out; commits that were acknowledged are there; a restart gives the logged state; the state is consistent.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { GroupAnswer, GroupCommand } from '../../src/group/commands.ts';
import type { ClassicGroup } from '../../src/group/model.ts';
import { GROUP_SETTINGS_DEFAULT } from '../../src/group/settings.ts';
import { joinCommand } from './support/commands.ts';
import { advances, commitsOfLog, faults, RandomWorld, type WorldStep } from './support/random-world.ts';
import { subscription, topicIdOf } from './support/stage.ts';

type Step =
  | { readonly kind: 'join'; readonly client: number; readonly forget: boolean; readonly protocols: number }
  | { readonly kind: 'sync' | 'heartbeat' | 'leave'; readonly client: number; readonly stale: boolean }
  | { readonly kind: 'commit'; readonly client: number; readonly alone: boolean }
  | { readonly kind: 'fetch' | 'describe' | 'delete' }
  /** Some clients do what clients do: join, wait, and ask for their work. */
  | { readonly kind: 'round'; readonly clients: readonly number[] }
  | WorldStep;

const client = fc.nat(4);
const plainSteps: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('round' as const),
      clients: fc.uniqueArray(client, { minLength: 2, maxLength: 5 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('join' as const),
      client,
      forget: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      protocols: fc.integer({ min: 0, max: 7 }).map((n) => Math.max(0, n - 5)),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constantFrom(...(['sync', 'sync', 'sync', 'heartbeat', 'heartbeat', 'leave'] as const)),
      client,
      stale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      client,
      alone: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>({ kind: 'fetch' }, { kind: 'describe' }, { kind: 'delete' }),
  },
  commitsOfLog(10),
  advances(8, 1, 500, 500, 3000, 3000, 11_000, 31_000, 61_000),
];

const PROTOCOLS = [['range', 'sticky'], ['sticky'], ['other']];

interface Client {
  memberId: string;
  generation: number;
  /** Members it was told of as the leader. */
  toldOf: readonly string[];
}

class World extends RandomWorld<Step> {
  readonly statics: boolean;
  readonly clients: Client[] = Array.from({ length: 5 }, () => ({
    memberId: '',
    generation: -1,
    toldOf: [],
  }));
  open = 0;
  suffix = 0;
  committed = 0;
  acknowledged = 0;
  lastGeneration = 0;
  /** By generation: leader, and what it handed out by member id. */
  leaders = new Map<number, string>();
  handedOut = new Map<number, Map<string, string>>();

  constructor(statics: boolean) {
    super({ ...GROUP_SETTINGS_DEFAULT, groupMembersMax: 4 });
    this.statics = statics;
  }

  /** Each request is answered once; what is answered to requests before a crash doesn't count. */
  ask(command: GroupCommand, onAnswer: (answer: GroupAnswer) => void = () => {}): void {
    let calls = 0;
    this.open++;
    const { runner } = this;
    this.runner.submit(command, (answer) => {
      expect(++calls).toBe(1);
      if (runner !== this.runner) return;
      this.open--;
      if (!(answer instanceof BrokerError)) onAnswer(answer);
      else if (answer.code === 'unknown-member' && 'memberId' in command) this.forget(command.memberId);
    });
  }

  forget(memberId: string): void {
    for (const c of this.clients) if (c.memberId === memberId) c.memberId = '';
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'join':
        this.join(step.client, step.forget, PROTOCOLS[step.protocols]!);
        return;
      case 'round':
        this.round(step.clients);
        return;
      case 'sync':
        this.sync(step.client, step.stale);
        return;
      case 'heartbeat':
        this.ask({ kind: 'heartbeat', ...this.identity(step.client, step.stale) });
        return;
      case 'leave':
        this.ask({ kind: 'leave', groupId: 'g', members: [this.identity(step.client, step.stale)] });
        return;
      case 'commit':
        this.commit(step.client, step.alone);
        return;
      case 'fetch':
        this.fetch(this.acknowledged);
        return;
      case 'describe':
        this.ask({ kind: 'describe', groupIds: ['g'] });
        return;
      case 'delete':
        this.ask({ kind: 'delete-groups', groupIds: ['none'] });
        return;
      default:
        await this.happen(step);
    }
  }

  round(clients: readonly number[]): void {
    for (const index of clients) {
      this.join(index, false, PROTOCOLS[0]!);
      this.log.commit();
      if (!this.runner.state.groups.get('g')?.live.members.has(this.clients[index]!.memberId)) {
        this.join(index, false, PROTOCOLS[0]!);
      }
    }
    for (const index of clients) {
      this.clock.advance(3000);
      this.log.commit();
      this.sync(index, false);
    }
    this.log.commit();
  }

  override async crash(keep: number): Promise<void> {
    this.open = 0;
    // A generation that wasn't handed out may be given out again, with another leader.
    this.lastGeneration = 0;
    this.leaders = new Map();
    await super.crash(keep);
    this.fetch(this.acknowledged);
    this.log.commit();
  }

  identity(index: number, stale: boolean) {
    const { memberId, generation } = this.clients[index]!;
    return {
      groupId: 'g',
      memberId: memberId === '' ? 'nobody' : memberId,
      instanceId: this.instanceId(index),
      generation: stale ? generation - 1 : generation,
    };
  }

  instanceId(index: number): string | null {
    return this.statics && index < 2 ? `static-${index}` : null;
  }

  join(index: number, forget: boolean, protocols: readonly string[]): void {
    const c = this.clients[index]!;
    if (forget) c.memberId = '';
    this.ask(
      joinCommand({
        memberId: c.memberId,
        instanceId: this.instanceId(index),
        clientId: `c${index}`,
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 60_000,
        protocols: protocols.map((name) => ({ name, metadata: subscription(['t']) })),
        memberIdRequired: index % 2 === 0,
        skipAssignmentSupported: index < 3,
        newMemberIdSuffix: String(++this.suffix),
      }),
      (answer) => {
        if (answer.kind === 'member-id-required') c.memberId = answer.memberId;
        if (answer.kind === 'joined') this.joined(c, answer);
      },
    );
  }

  joined(c: Client, answer: Extract<GroupAnswer, { kind: 'joined' }>): void {
    const { memberId, generation, leaderId, members } = answer;
    Object.assign(c, { memberId, generation, toldOf: members.map((m) => m.memberId) });
    expect(generation).toBeGreaterThanOrEqual(this.lastGeneration);
    this.lastGeneration = generation;
    expect(protocolOf(answer)).toBe(true);
    if (this.statics) return;
    // A member of the same generation was told of the same leader, and only the leader of the members.
    expect(this.leaders.get(generation) ?? leaderId).toBe(leaderId);
    this.leaders.set(generation, leaderId);
    expect(members.length > 0).toBe(leaderId === memberId);
  }

  sync(index: number, stale: boolean): void {
    const c = this.clients[index]!;
    const identity = this.identity(index, stale);
    const call = ++this.suffix;
    const given = new Map(c.toldOf.map((memberId) => [memberId, `${memberId} of ${call}`]));
    this.ask(
      {
        kind: 'sync',
        ...identity,
        protocolType: null,
        protocolName: null,
        assignments: [...given].map(([memberId, work]) => ({ memberId, assignment: Buffer.from(work) })),
      },
      (answer) => {
        if (answer.kind !== 'synced') return;
        const work = answer.assignment.toString();
        if (this.statics) return;
        // The first answer of a generation tells whose word counts: everybody's part is from the same call.
        const [memberId, of] = work === '' ? [identity.memberId, ''] : work.split(' of ');
        expect(memberId).toBe(identity.memberId);
        const handed = this.handedOut.get(identity.generation) ?? new Map<string, string>();
        this.handedOut.set(identity.generation, handed);
        if (of === '') return;
        expect(handed.get('call') ?? of).toBe(of);
        handed.set('call', of!);
      },
    );
  }

  commit(index: number, alone: boolean): void {
    const offset = ++this.committed;
    const identity = alone
      ? { groupId: 'g', memberId: '', instanceId: null, generation: -1 }
      : this.identity(index, false);
    this.ask(
      {
        kind: 'commit-offsets',
        ...identity,
        retentionMs: null,
        producerId: -1,
        topics: [
          {
            topic: 't',
            topicId: topicIdOf('t'),
            partitions: [{ partition: 0, offset, leaderEpoch: 0, metadata: '' }],
          },
        ],
      },
      () => {
        this.acknowledged = Math.max(this.acknowledged, offset);
      },
    );
  }

  /** What is read is no older than what was acknowledged before it was asked. */
  fetch(atLeast: number): void {
    this.ask(
      { kind: 'fetch-offsets', requireStable: false, groups: [{ groupId: 'g', topics: null }] },
      (answer) => {
        const offset =
          answer.kind === 'offsets' ? (answer.groups[0]!.topics[0]?.partitions[0]?.offset ?? 0) : 0;
        expect(offset).toBeGreaterThanOrEqual(atLeast);
      },
    );
  }

  check(): void {
    if (this.live?.type === 'classic') checkConsistent(this.live);
  }

  async finish(): Promise<void> {
    this.log.refusal = null;
    // The longest that anything may wait: a new member's join, and rebalances behind it.
    for (let i = 0; i < 90; i++) {
      this.log.commit();
      this.clock.advance(5000);
    }
    this.log.commit();
    expect(this.open).toBe(0);
    expect(this.runner.waitingCount).toBe(0);
    await this.checkRestart();
  }
}

function protocolOf({ protocolName, protocolType }: Extract<GroupAnswer, { kind: 'joined' }>): boolean {
  return protocolType === 'consumer' && PROTOCOLS.flat().includes(protocolName ?? '');
}

function checkConsistent(group: ClassicGroup): void {
  const { members, phase } = group;
  const all = [...members.values()];
  if (phase === 'Empty') expect(members.size).toBe(0);
  if (phase === 'Stable' || phase === 'CompletingRebalance') expect(members.size).toBeGreaterThan(0);
  if (members.size > 0) expect(members.has(group.leaderId!)).toBe(true);
  expect([...group.staticMembers.values()].every((id) => members.has(id))).toBe(true);
  expect(group.staticMembers.size).toBe(all.filter((m) => m.instanceId !== null).length);
  expect([...group.pendingSyncs].every((id) => members.has(id))).toBe(true);
  expect([...group.pendingJoins].some((id) => members.has(id))).toBe(false);
  if (phase !== 'PreparingRebalance') expect(all.some((m) => m.joinToken !== 0)).toBe(false);
  if (phase !== 'CompletingRebalance') expect(all.some((m) => m.syncToken !== 0)).toBe(false);
  if (phase === 'Stable' || phase === 'CompletingRebalance') {
    expect(all.every((m) => m.protocols.some((p) => p.name === group.protocolName))).toBe(true);
  }
}

describe('random clients', () => {
  for (const statics of [false, true]) {
    test(`${statics ? 'some static' : 'dynamic'}, without faults`, async () => {
      const steps = fc.array(fc.oneof(...plainSteps), { minLength: 20, maxLength: 120 });
      await fc.assert(
        fc.asyncProperty(steps, (s) => new World(statics).runAll(s)),
        { numRuns: 150 },
      );
    });

    test(`${statics ? 'some static' : 'dynamic'}, with a log that refuses and crashes`, async () => {
      const steps = fc.array(fc.oneof(...plainSteps, ...faults), { minLength: 20, maxLength: 120 });
      await fc.assert(
        fc.asyncProperty(steps, (s) => new World(statics).runAll(s)),
        { numRuns: 150 },
      );
    });
  }
});

/**
 * Random members of a Streams application against the coordinator: they join, are slow, crash, leave and come back, several to
 * a process, while topics grow, settings change, the log lags and refuses, and the coordinator crashes and comes back from its
 * log. Checked at each step: no active task is used by two at once, no process has a task twice, and what is derived agrees with
 * what is logged. In the end, when all is calm: everybody is reconciled, every task is active once, and all standbys that
 * there are processes for are there.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { GROUP_SETTINGS_DEFAULT } from '../../../src/group/settings.ts';
import type { StreamsHeartbeatAnswer, StreamsHeartbeatCommand } from '../../../src/group/streams/commands.ts';
import { type StreamsGroup, streamsPhase } from '../../../src/group/streams/model.ts';
import { fromLists, listsOf, NO_TASKS, ROLES, type Tasks } from '../../../src/group/streams/tasks.ts';
import { advances, commitsOfLog, faults, RandomWorld, type WorldStep } from '../support/random-world.ts';
import { topicIdOf } from '../support/stage.ts';
import { WORD_COUNT } from './support.ts';

const SESSION_MS = 45_000;
const PROCESSES = 3;

type Step =
  | { readonly kind: 'beat' | 'leave' | 'die'; readonly client: number }
  | { readonly kind: 'beats'; readonly clients: readonly number[] }
  | { readonly kind: 'grow'; readonly all: boolean }
  | { readonly kind: 'standbys'; readonly count: number }
  | WorldStep;

const client = fc.nat(5);
const steps: fc.WeightedArbitrary<Step>[] = [
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('beat' as const), client }) },
  {
    weight: 20,
    arbitrary: fc.record({ kind: fc.constant('beats' as const), clients: fc.uniqueArray(client) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'die' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('grow' as const), all: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('standbys' as const), count: fc.nat(2) }) },
  commitsOfLog(12),
  advances(6, 1, 900, 5000, 20_000),
];

/** A stream thread as a client library is one. */
class Client {
  readonly index: number;
  life = 0;
  epoch = 0;
  endpointEpoch = 0;
  /** What it works on; it stops what an answer doesn't name before it looks at the next. */
  owned: Tasks = NO_TASKS;
  isWaiting = false;
  mustSayAll = true;
  /** When it sent the last heartbeat that was answered. */
  heardMs = 0;

  constructor(index: number) {
    this.index = index;
  }

  get memberId(): string {
    return `member-${this.index}-${this.life}`;
  }

  get processId(): string {
    return `process-${this.index % PROCESSES}`;
  }

  /** Closes all tasks, and joins again. */
  rejoin(): void {
    this.owned = NO_TASKS;
    this.epoch = 0;
    this.mustSayAll = true;
  }

  /** Another in its place. */
  renew(): void {
    this.rejoin();
    this.life++;
    this.endpointEpoch = 0;
    this.isWaiting = false;
  }

  take({ epoch, tasks, endpointEpoch }: StreamsHeartbeatAnswer): void {
    this.epoch = epoch;
    this.endpointEpoch = endpointEpoch;
    if (tasks === null) return;
    this.owned = fromLists(tasks);
    this.mustSayAll = true;
  }
}

class World extends RandomWorld<Step> {
  readonly clients = Array.from({ length: 6 }, (_, i) => new Client(i));

  constructor(intervalMs: number, delayMs: number) {
    super(GROUP_SETTINGS_DEFAULT);
    this.topics.streams.assignmentIntervalMs = intervalMs;
    this.topics.streams.initialRebalanceDelayMs = delayMs;
    this.topics.put({ id: topicIdOf('text'), name: 'text', partitionCount: 3 });
  }

  run(step: Step): void | Promise<void> {
    switch (step.kind) {
      case 'beat':
        return this.beat(this.clients[step.client]!);
      case 'beats':
        return this.round(step.clients);
      case 'leave':
        return this.leave(this.clients[step.client]!);
      case 'die':
        return this.clients[step.client]!.renew();
      case 'grow':
        return this.grow(step.all);
      case 'standbys':
        this.topics.streams.standbyReplicas = step.count;
        return;
      default:
        return this.happen(step);
    }
  }

  round(clients: readonly number[]): void {
    for (const index of clients) this.beat(this.clients[index]!);
    this.log.commit();
  }

  command(c: Client): StreamsHeartbeatCommand {
    const { memberId, epoch, endpointEpoch, processId } = c;
    const all = c.mustSayAll || epoch === 0;
    return {
      kind: 'streams-heartbeat',
      groupId: 'g',
      memberId,
      epoch,
      endpointEpoch,
      instanceId: null,
      rackId: null,
      clientId: `c${c.index}`,
      clientHost: 'h',
      rebalanceTimeoutMs: all ? 60_000 : -1,
      topology: epoch === 0 ? WORD_COUNT : null,
      owned: all ? listsOf(c.owned) : null,
      processId: all ? processId : null,
      userEndpoint: c.index % 2 === 0 ? { host: processId, port: 1 } : null,
      clientTags: null,
      taskOffsets: null,
      taskEndOffsets: null,
      shutdownApplication: false,
    };
  }

  beat(c: Client): void {
    if (c.isWaiting) return;
    c.isWaiting = true;
    const { memberId } = c;
    const sentMs = this.clock.nowMs();
    this.submit(this.command(c), (answer) => {
      if (c.memberId !== memberId) return;
      c.isWaiting = false;
      if (answer instanceof BrokerError) return this.refused(c, answer);
      c.heardMs = sentMs;
      c.mustSayAll = false;
      const told = answer as StreamsHeartbeatAnswer;
      c.take(told);
      for (const { name, partitionCount } of told.missingTopics) {
        if (this.topics.topic(name) !== undefined) continue;
        this.topics.put({ id: topicIdOf(name), name, partitionCount });
      }
    });
  }

  refused(c: Client, { code, message }: BrokerError): void {
    if (code === 'storage-full') {
      c.mustSayAll = true;
      return;
    }
    expect(['fenced-member-epoch', 'unknown-member', 'group-not-found'], message).toContain(code);
    c.rejoin();
  }

  leave(c: Client): void {
    if (c.isWaiting || c.epoch <= 0) return;
    const command = { ...this.command(c), epoch: -1, topology: null, owned: null };
    c.renew();
    this.submit(command);
  }

  /** Either all topics of the application, or only its input: then it can't work until the others follow. */
  grow(all: boolean): void {
    const { partitionCount } = this.topics.topic('text')!;
    const names = all ? ['text', 'words', 'counts'] : ['text'];
    for (const name of names) {
      if (this.topics.topic(name) === undefined) continue;
      this.topics.put({ id: topicIdOf(name), name, partitionCount: partitionCount + 1 });
    }
  }

  override advance(ms: number): void {
    super.advance(ms);
    // Who hasn't got through for the time of a session stops by itself, before the coordinator gives its work away.
    for (const c of this.clients) {
      if (c.owned !== NO_TASKS && this.clock.nowMs() >= c.heardMs + SESSION_MS) c.renew();
    }
  }

  override async crash(keep: number): Promise<void> {
    await super.crash(keep);
    for (const c of this.clients) {
      if (c.isWaiting) c.mustSayAll = true;
      c.isWaiting = false;
    }
  }

  get group(): StreamsGroup | undefined {
    return this.live?.type === 'streams' ? this.live : undefined;
  }

  check(): void {
    const active = new Set<string>();
    const onProcess = new Set<string>();
    for (const { owned, processId } of this.clients) {
      for (const role of ROLES) {
        for (const task of owned[role].keys()) {
          if (role === 'active') {
            expect(active.has(task), `${task} is active twice`).toBe(false);
            active.add(task);
          }
          const place = `${task} ${processId}`;
          expect(onProcess.has(place), `${task} is on ${processId} twice`).toBe(false);
          onProcess.add(place);
        }
      }
    }
    if (this.group !== undefined) checkConsistent(this.group);
  }

  async finish(): Promise<void> {
    this.log.refusal = null;
    for (let i = 0; i < 80; i++) {
      this.log.commit();
      if (i === 1) this.grow(true);
      this.round([0, 1, 2, 3, 4, 5]);
      this.log.commit();
      this.check();
      this.advance(1500);
    }
    this.log.commit();
    const group = this.group!;
    expect(streamsPhase(group)).toBe('Stable');
    expect(group.members.size).toBe(6);
    for (const c of this.clients) {
      const { assigned } = group.members.get(c.memberId)!;
      expect(listsOf(c.owned)).toEqual(listsOf(assigned));
    }
    const { partitionCount } = this.topics.topic('text')!;
    const counts = { active: 0, standby: 0, warmup: 0 };
    for (const { owned } of this.clients) for (const role of ROLES) counts[role] += owned[role].size;
    const standbys = partitionCount * this.topics.streams.standbyReplicas;
    expect(counts).toEqual({ active: 2 * partitionCount, standby: standbys, warmup: 0 });
    await this.checkRestart();
  }
}

function checkConsistent(group: StreamsGroup): void {
  const { owners, at, assignmentEpoch } = group;
  const active = new Set<string>();
  for (const { assigned, revoking, state, epoch, processId } of group.members.values()) {
    for (const held of [assigned, revoking]) {
      for (const task of held.active.keys()) {
        expect(active.has(task)).toBe(false);
        active.add(task);
        expect(owners.activeProcess(task)).toBe(processId);
      }
      for (const task of held.standby.keys()) expect(owners.hasCopy(task, processId)).toBe(true);
    }
    if (state !== 'unrevoked') expect(ROLES.every((role) => revoking[role].size === 0)).toBe(true);
    expect(epoch).toBeLessThanOrEqual(assignmentEpoch);
  }
  for (const process of ['process-0', 'process-1', 'process-2']) {
    for (let i = 0; i < 12; i++) {
      const task = `1_${i}` as const;
      const held = [...group.members.values()].some(
        (member) =>
          member.processId === process &&
          (member.assigned.standby.has(task) || member.revoking.standby.has(task)),
      );
      expect(owners.hasCopy(task, process)).toBe(held);
      if (!active.has(task)) expect(owners.activeProcess(task)).toBeUndefined();
    }
  }
  expect(assignmentEpoch).toBeLessThanOrEqual(at.epoch);
  for (const memberId of group.target.keys()) expect(group.members.has(memberId)).toBe(true);
}

describe('random members of a Streams application', () => {
  const kinds = [
    { name: 'without faults', arbitraries: steps },
    { name: 'with a log that refuses and crashes', arbitraries: [...steps, ...faults] },
  ];
  for (const { name, arbitraries } of kinds) {
    test(name, async () => {
      const arrays = fc.array(fc.oneof(...arbitraries), { minLength: 10, maxLength: 100 });
      await fc.assert(
        fc.asyncProperty(
          arrays,
          fc.constantFrom(0, 1000),
          fc.constantFrom(0, 3000),
          (list, intervalMs, delayMs) => new World(intervalMs, delayMs).runAll(list),
        ),
        { numRuns: 25 },
      );
    });
  }
});

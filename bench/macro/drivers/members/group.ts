// Members of one group of the consumer protocol (KIP-848) that consume nothing: they join, send heartbeats as often as
// the broker's answers say, give up and take what they are assigned, and say so at once, as clients do whose listeners
// have nothing to do. It sees to it that no partition is ever with two members.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConsumerGroupHeartbeatResponse,
  defaultConsumerGroupHeartbeatRequest,
} from '../../../../src/protocol/kafka/codec/generated/consumer-group-heartbeat.ts';
import type { Connection } from './connection.ts';

const REBALANCE_TIMEOUT_MS = 300_000;
const LEAVING_EPOCH = -1;
const NOBODY = -1;
/** The coordinator is loading, not there yet, or moved: what clients ask again after. */
const RETRIED_CODES: ReadonlySet<number> = new Set([14, 15, 16]);
const RETRY_MS = 100;
/** How often the broker is asked whether it takes the group for stable too. */
const DESCRIBE_MS = 20;

interface Member {
  readonly number: number;
  readonly memberId: string;
  readonly connection: Connection;
  epoch: number;
  owned: readonly number[];
  topicId: string;
  /** What it owns was told to the broker, and the broker has answered. */
  told: boolean;
  timer: NodeJS.Timeout | undefined;
}

type Owned = ReturnType<typeof defaultConsumerGroupHeartbeatRequest>['topicPartitions'];

export interface Stable {
  /** Seconds since a moment, until each partition had an owner that had said so. */
  readonly ownedS: number;
  /** Until also each member was in the group's newest epoch. */
  readonly stableS: number;
}

export class Group {
  /** Heartbeats that were answered. */
  heartbeats = 0;
  readonly #groupId: string;
  readonly #topic: string;
  readonly #members = new Set<Member>();
  readonly #holders: Int32Array;
  #held = 0;
  #made = 0;
  #failure: Error | undefined;
  #changed: () => void = () => undefined;
  /** When the last partition got its owner. */
  #ownedAtMs = 0;

  constructor(groupId: string, topic: string, partitions: number) {
    this.#groupId = groupId;
    this.#topic = topic;
    this.#holders = new Int32Array(partitions).fill(NOBODY);
  }

  /** A member joins. Returns when its request is on the way. */
  join(connection: Connection): void {
    const member: Member = {
      number: this.#made++,
      memberId: randomUUID(),
      connection,
      epoch: 0,
      owned: [],
      topicId: '',
      told: true,
      timer: undefined,
    };
    this.#members.add(member);
    this.#run(this.#beat(member));
  }

  /** The member that joined first leaves. */
  async leaveFirst(): Promise<void> {
    const [member] = this.#members;
    if (member === undefined) throw new Error('the group has no member');
    this.#members.delete(member);
    clearTimeout(member.timer);
    this.#hold(member, []);
    const { memberId, connection } = member;
    const request = { groupId: this.#groupId, memberId, memberEpoch: LEAVING_EPOCH };
    const answer = await connection.heartbeat({ ...defaultConsumerGroupHeartbeatRequest(), ...request });
    if (answer.errorCode !== 0) throw new Error(`leaving was answered with error ${answer.errorCode}`);
  }

  /** Ends all timers; the members are not missed by anybody but the broker. */
  stop(): void {
    for (const { timer } of this.#members) clearTimeout(timer);
    this.#members.clear();
  }

  /** Waits until all members are where the broker wants them, and it says so too. */
  async stable(fromMs: number, asker: Connection, limitS: number): Promise<Stable> {
    const endMs = fromMs + limitS * 1000;
    for (;;) {
      await this.#untilSettled(endMs);
      const settledMs = performance.now();
      const { groupState, groupEpoch, assignmentEpoch, members } = await asker.describe(this.#groupId);
      const epoch = this.#epoch();
      if (
        groupState === 'Stable' &&
        groupEpoch === epoch &&
        assignmentEpoch === epoch &&
        members.length === this.#members.size &&
        this.#isSettled()
      ) {
        return { ownedS: (this.#ownedAtMs - fromMs) / 1000, stableS: (settledMs - fromMs) / 1000 };
      }
      await sleep(DESCRIBE_MS);
    }
  }

  #untilSettled(endMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        clearTimeout(timer);
        this.#changed = () => undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(
        () => end(new Error(`${this.#groupId} is not stable in time: ${this.#held} partitions are owned`)),
        Math.max(0, endMs - performance.now()),
      );
      this.#changed = () => {
        if (this.#failure !== undefined) end(this.#failure);
        else if (this.#isSettled()) end();
      };
      this.#changed();
    });
  }

  #epoch(): number {
    let newest = 0;
    for (const { epoch } of this.#members) newest = Math.max(newest, epoch);
    return newest;
  }

  /** All partitions are owned, every member has some, has said so, and all are in the same epoch. */
  #isSettled(): boolean {
    if (this.#held < this.#holders.length) return false;
    const newest = this.#epoch();
    for (const { epoch, owned, told } of this.#members) {
      if (epoch !== newest || owned.length === 0 || !told) return false;
    }
    return true;
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.#changed();
    });
  }

  /** One heartbeat, and those that have to follow at once; then the next after the broker's interval. */
  async #beat(member: Member): Promise<void> {
    for (;;) {
      const sentMs = performance.now();
      const answer = await this.#send(member);
      if (!this.#members.has(member)) return;
      if (RETRIED_CODES.has(answer.errorCode)) {
        await sleep(RETRY_MS);
        continue;
      }
      if (answer.errorCode !== 0) {
        throw new Error(`a heartbeat was answered with error ${answer.errorCode}: ${answer.errorMessage}`);
      }
      this.heartbeats++;
      this.#take(member, answer);
      this.#changed();
      if (!member.told) continue;
      const waitMs = Math.max(0, sentMs + answer.heartbeatIntervalMs - performance.now());
      member.timer = setTimeout(() => this.#run(this.#beat(member)), waitMs);
      return;
    }
  }

  #send(member: Member): Promise<ConsumerGroupHeartbeatResponse> {
    const { memberId, epoch, connection, told } = member;
    const request = {
      ...defaultConsumerGroupHeartbeatRequest(),
      groupId: this.#groupId,
      memberId,
      memberEpoch: epoch,
    };
    // All of it when joining; later only what is new.
    if (epoch === 0) {
      request.rebalanceTimeoutMs = REBALANCE_TIMEOUT_MS;
      request.subscribedTopicNames = [this.#topic];
      request.topicPartitions = [];
    } else if (!told) request.topicPartitions = ownedOf(member);
    return connection.heartbeat(request);
  }

  #take(member: Member, answer: ConsumerGroupHeartbeatResponse): void {
    member.epoch = answer.memberEpoch;
    member.told = true;
    if (answer.assignment === null) return;
    const topics = answer.assignment.topicPartitions;
    if (topics.length > 1) throw new Error(`assigned ${topics.length} topics of one`);
    const partitions = topics[0]?.partitions ?? [];
    member.topicId = topics[0]?.topicId ?? member.topicId;
    if (partitions.length === member.owned.length && partitions.every((one) => member.owned.includes(one))) {
      return;
    }
    this.#hold(member, partitions);
    member.told = false;
  }

  #hold(member: Member, partitions: readonly number[]): void {
    const holders = this.#holders;
    for (const partition of member.owned) holders[partition] = NOBODY;
    this.#held += partitions.length - member.owned.length;
    for (const partition of partitions) {
      if (holders[partition] !== NOBODY) {
        throw new Error(`partition ${partition} is with members ${holders[partition]} and ${member.number}`);
      }
      holders[partition] = member.number;
    }
    member.owned = partitions;
    if (this.#held === holders.length) this.#ownedAtMs = performance.now();
  }
}

function ownedOf({ topicId, owned }: Member): Owned {
  return owned.length === 0 ? [] : [{ topicId: topicId as never, partitions: [...owned] }];
}

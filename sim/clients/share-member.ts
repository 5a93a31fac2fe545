/**
 * A simulated consumer of a share group (KIP-932): joins, fetches in a share session, and accepts, rejects, releases, renews or
 * forgets what it got; in calm it accepts everything. What it says goes with the next fetch, or by itself.
 */
import type { Uuid } from '../../src/base/uuid.ts';
import type {
  ShareFetchRequestAcknowledgementBatch,
  ShareFetchRequestTopic,
} from '../../src/protocol/kafka/codec/generated/share-fetch.ts';
import type { ShareHistory } from '../shares.ts';
import {
  ERROR,
  INCREMENTAL_ALTER_CONFIGS,
  SHARE_ACKNOWLEDGE,
  SHARE_FETCH,
  SHARE_GROUP_HEARTBEAT,
} from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { type KnownTopic, learnTopics, TOPIC_IDS_VERSION } from './metadata.ts';
import { readBatches } from './records.ts';

export interface ShareMemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly recordLimit: boolean;
  /** How often it doesn't accept what it got: 0 to 1. */
  readonly carelessness: number;
  readonly pauseMsMax: number;
}

const GROUP_RESOURCE = 32;
const [ACCEPT, RELEASE, REJECT] = [1, 2, 3] as const;

/** Acknowledgements of one partition that are to be said. */
interface Said {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly batches: ShareFetchRequestAcknowledgementBatch[];
}

export class ShareMember extends SimClient {
  options!: ShareMemberOptions;
  history!: ShareHistory;
  #memberId = '';
  #epoch = 0;
  #heartbeatAtMs = 0;
  #sessionEpoch = 0;
  #topics = new Map<Uuid, KnownTopic>();
  /** What the broker wants it to read, by topic. */
  #assigned: readonly { readonly topicId: Uuid; readonly partitions: readonly number[] }[] = [];
  /** The session doesn't know all of that. */
  #stale = false;
  #said = new Map<string, Said>();

  async run(): Promise<void> {
    const { topics } = this.options;
    this.#memberId = `${this.name}-${this.prng.int(1_000_000)}`;
    for (const topic of (await learnTopics(this, topics, TOPIC_IDS_VERSION)).values())
      this.#topics.set(topic.id, topic);
    while (this.process.alive) {
      try {
        await this.#step();
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
        this.#forget();
      }
      await this.sleep(this.prng.between(1, this.options.pauseMsMax));
    }
  }

  async #step(): Promise<void> {
    if (this.#epoch === 0 || this.clock.monotonicMs() >= this.#heartbeatAtMs) return this.#heartbeat();
    if (this.#assigned.length === 0) return;
    if (this.#sessionEpoch > 0 && this.#said.size > 0 && this.prng.chance(0.3)) return this.#acknowledge();
    await this.#fetch();
  }

  /** The session is over: what it had is others'. */
  #forget(): void {
    this.#sessionEpoch = 0;
    this.#said.clear();
  }

  async #heartbeat(): Promise<void> {
    const { group, topics } = this.options;
    const joins = this.#epoch === 0;
    const answer = await this.call(SHARE_GROUP_HEARTBEAT, {
      groupId: group,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      rackId: null,
      subscribedTopicNames: joins || this.prng.chance(0.1) ? [...topics] : null,
    });
    if (answer.errorCode !== ERROR.none) {
      const fenced = [ERROR.unknownMemberId, ERROR.fencedMemberEpoch, ERROR.groupIdNotFound];
      if (!fenced.includes(answer.errorCode as never) && answer.errorCode !== ERROR.storageError)
        this.fail(`ShareGroupHeartbeat: error ${answer.errorCode}`);
      if (fenced.includes(answer.errorCode as never)) this.#epoch = 0;
      return;
    }
    this.#epoch = answer.memberEpoch;
    this.#heartbeatAtMs = this.clock.monotonicMs() + answer.heartbeatIntervalMs;
    if (answer.assignment === null) return;
    this.#assigned = answer.assignment.topicPartitions;
    this.#stale = true;
  }

  async #fetch(): Promise<void> {
    const { group, maxRecords, maxBytes, recordLimit } = this.options;
    const begins = this.#sessionEpoch === 0;
    const said = this.#takeSaid(begins);
    const topics = this.#topicsOf(said);
    if (begins || this.#stale) {
      for (const { topicId, partitions } of this.#assigned)
        for (const partition of partitions) partitionOf(topics, topicId, partition);
      this.#stale = false;
    }
    const askedMs = this.clock.monotonicMs();
    const answer = await this.call(
      SHARE_FETCH,
      {
        groupId: group,
        memberId: this.#memberId,
        shareSessionEpoch: this.#sessionEpoch,
        maxWaitMs: this.prng.pick([0, 50, 300]),
        minBytes: this.prng.pick([0, 1, 1000]),
        maxBytes,
        maxRecords,
        batchSize: this.prng.pick([1, 10, 500]),
        shareAcquireMode: recordLimit ? 1 : 0,
        isRenewAck: false,
        topics,
        forgottenTopicsData: [],
      },
      { version: SHARE_FETCH.maxVersion },
    );
    if (!this.#goesOn('ShareFetch', answer.errorCode)) return;
    for (const { topicId, partitions } of answer.responses) {
      for (const one of partitions) {
        const name = this.#partitionName(topicId, one.partitionIndex);
        this.#answered(said, name, one.acknowledgeErrorCode);
        if (one.errorCode !== ERROR.none) {
          if (one.errorCode !== ERROR.storageError)
            this.fail(`ShareFetch of ${name}: error ${one.errorCode}`);
          continue;
        }
        if (one.acquiredRecords.length > 0) this.#receive(topicId, one, { name, askedMs });
      }
    }
  }

  async #acknowledge(): Promise<void> {
    const said = this.#takeSaid(false);
    const answer = await this.call(
      SHARE_ACKNOWLEDGE,
      {
        groupId: this.options.group,
        memberId: this.#memberId,
        shareSessionEpoch: this.#sessionEpoch,
        isRenewAck: false,
        topics: this.#topicsOf(said),
      },
      { version: SHARE_ACKNOWLEDGE.maxVersion },
    );
    if (!this.#goesOn('ShareAcknowledge', answer.errorCode)) return;
    for (const { topicId, partitions } of answer.responses)
      for (const { partitionIndex, errorCode } of partitions)
        this.#answered(said, this.#partitionName(topicId, partitionIndex), errorCode);
  }

  /** Whether the session goes on. */
  #goesOn(what: string, errorCode: number): boolean {
    if (errorCode === ERROR.none) {
      this.#sessionEpoch++;
      return true;
    }
    const { shareSessionNotFound, invalidShareSessionEpoch, groupIdNotFound } = ERROR;
    const known: readonly number[] = [shareSessionNotFound, invalidShareSessionEpoch, groupIdNotFound];
    if (!known.includes(errorCode)) this.fail(`${what}: error ${errorCode}`);
    this.#forget();
    return false;
  }

  /** What is said of a partition was taken, or refused: then it may be in part. */
  #answered(said: ReadonlyMap<string, Said>, name: string, errorCode: number): void {
    const batches = said.get(name)?.batches;
    if (batches === undefined || errorCode !== ERROR.none) {
      const refusals: readonly number[] = [ERROR.none, ERROR.invalidRecordState, ERROR.storageError];
      if (!refusals.includes(errorCode)) this.fail(`an acknowledgement of ${name}: error ${errorCode}`);
      return;
    }
    const nowMs = this.clock.monotonicMs();
    for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
      if (acknowledgeTypes[0] === RELEASE) continue;
      for (let offset = firstOffset; offset <= lastOffset; offset++)
        this.history.done(this.options.group, name, { offset, nowMs });
    }
  }

  #receive(
    topicId: Uuid,
    one: {
      readonly partitionIndex: number;
      readonly records: Buffer | readonly Buffer[] | null;
      readonly acquiredRecords: readonly { readonly firstOffset: number; readonly lastOffset: number }[];
    },
    { name, askedMs }: { name: string; askedMs: number },
  ): void {
    const bytes = Buffer.isBuffer(one.records) ? one.records : Buffer.concat([...(one.records ?? [])]);
    const records = readBatches(bytes, this.world.compression);
    if (typeof records === 'string') return this.fail(`ShareFetch of ${name}: ${records}`);
    const offsets = new Set(records.map(({ offset }) => offset));
    const batches: ShareFetchRequestAcknowledgementBatch[] = [];
    for (const { firstOffset, lastOffset } of one.acquiredRecords) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        if (!offsets.has(offset)) return this.fail(`${name}: offset ${offset} was acquired, and isn't there`);
        this.history.delivered(this.options.group, name, { offset, askedMs });
      }
      const type = this.#decide();
      if (type !== null) batches.push({ firstOffset, lastOffset, acknowledgeTypes: [type] });
    }
    if (batches.length === 0) return;
    const before = this.#said.get(name);
    const all = [...(before?.batches ?? []), ...batches].sort((a, b) => a.firstOffset - b.firstOffset);
    // What came a second time before the first was said is said once.
    const kept = all.filter((each, i) => i === 0 || each.firstOffset > all[i - 1]!.lastOffset);
    this.#said.set(name, { topicId, partition: one.partitionIndex, batches: kept });
  }

  /** Null: it says nothing, and the lock expires. */
  #decide(): number | null {
    const careless = !this.world.calm && this.prng.chance(this.options.carelessness);
    return careless ? this.prng.pick([RELEASE, REJECT, null]) : ACCEPT;
  }

  #takeSaid(begins: boolean): ReadonlyMap<string, Said> {
    const said = this.#said;
    this.#said = new Map();
    return begins ? new Map() : said;
  }

  #topicsOf(said: ReadonlyMap<string, Said>): ShareFetchRequestTopic[] {
    const topics: ShareFetchRequestTopic[] = [];
    for (const { topicId, partition, batches } of said.values())
      partitionOf(topics, topicId, partition).acknowledgementBatches = batches;
    return topics;
  }

  #partitionName(topicId: Uuid, partition: number): string {
    return `${this.#topics.get(topicId)?.name}-${partition}`;
  }
}

/** A partition of a request; added where it isn't there. */
function partitionOf(topics: ShareFetchRequestTopic[], topicId: Uuid, partitionIndex: number) {
  let topic = topics.find((one) => one.topicId === topicId);
  if (topic === undefined) topics.push((topic = { topicId, partitions: [] }));
  let partition = topic.partitions.find((one) => one.partitionIndex === partitionIndex);
  if (partition === undefined) {
    partition = { partitionIndex, acknowledgementBatches: [] };
    topic.partitions.push(partition);
  }
  return partition;
}

/** Sets what a share group is to have, until it has it. */
export async function configureShares(
  client: SimClient,
  group: string,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 }));
  const resources = [{ resourceType: GROUP_RESOURCE, resourceName: group, configs: changes }];
  for (;;) {
    const answer = await client
      .call(INCREMENTAL_ALTER_CONFIGS, { resources, validateOnly: false })
      .catch((error: unknown) => {
        if (error instanceof Disconnected) return null;
        throw error;
      });
    if (answer?.responses[0]?.errorCode === ERROR.none) return;
    if (answer !== null) client.note(`settings of ${group}: error ${answer.responses[0]?.errorCode}`);
    await client.sleep(client.prng.between(20, 200));
  }
}

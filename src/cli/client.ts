// With client-apis.ts the only file that names the Kafka client library (docs/adr/0010-cli-client-library.md): what commands need from
// a broker, in our own terms. Offsets and timestamps are numbers; failures of single items are values with an error
// code; a broker that can't be reached or that refuses a whole request is a BrokerFailure or NetworkFailure.
//
// The library's encoders, decoders, version negotiation and connections are used; its Producer, Consumer and Admin
// classes are not, because a command must know what happened to each single item and decides itself about retries.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Acl,
  type AclFilter,
  type API,
  type alterClientQuotasV1,
  type alterUserScramCredentialsV0,
  Base,
  type Connection,
  type createAclsV3,
  type createPartitionsV3,
  type createTopicsV7,
  type deleteAclsV3,
  type deleteGroupsV2,
  type deleteTopicsV6,
  type describeAclsV3,
  type describeClientQuotasV0,
  type describeConfigsV4,
  type describeGroupsV5,
  type describeUserScramCredentialsV0,
  type findCoordinatorV6,
  type heartbeatV4,
  type incrementalAlterConfigsV1,
  type initProducerIdV5,
  type joinGroupV9,
  kGetApi,
  kGetBootstrapConnection,
  kGetConnection,
  type leaveGroupV5,
  type listGroupsV5,
  type listOffsetsV9,
  type metadataV12,
  type offsetCommitV9,
  type offsetFetchV9,
  type syncGroupV5,
} from '@platformatic/kafka';
import type { CliAcl, CliAclFilter } from './acl-words.ts';
import type { Address } from './arguments.ts';
import {
  buildBatches,
  consumerGroupDescribe,
  type FetchedPartition,
  type FetchRequest,
  fetchApi,
  type GroupInfo,
  type ProduceRequest,
  produceApi,
  readPartition,
} from './client-apis.ts';
import type { ConnectionSecurity } from './command-config.ts';
import type { ConfigChanges } from './config-changes.ts';
import { BrokerFailure, CODE, check, failureOf, NetworkFailure } from './failures.ts';
import * as quotas from './quota-words.ts';
import {
  alterShareGroupOffsets,
  type ShareOffset,
  shareGroupDescribe,
  shareGroupOffsets,
} from './share-group.ts';
import { streamsGroupDescribe } from './streams-group.ts';

export interface TopicPartition {
  readonly partition: number;
  /** −1: none at present. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export interface TopicInfo {
  readonly name: string;
  readonly id: string;
  readonly internal: boolean;
  readonly errorCode: number;
  readonly partitions: readonly TopicPartition[];
}

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  /** Where the value comes from: `topic`, `broker`, `default`, … */
  readonly source: string;
}

export interface ProducedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly message: string | null;
  /** −1 where unknown. */
  readonly baseOffset: number;
}

export interface GroupListing {
  readonly group: string;
  readonly state: string;
  readonly type: string;
  readonly protocolType: string;
}

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface UserInfo {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly credentials: readonly { readonly mechanism: string; readonly iterations: number }[];
}

/** By Kafka's numbers. */
const SCRAM_MECHANISMS = ['', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

export interface ClientOptions {
  readonly bootstrap: readonly Address[];
  readonly timeoutMs: number;
  /** TLS and login. */
  readonly security?: ConnectionSecurity;
  /** How many requests a connection may have on the way; 5. */
  readonly inFlight?: number;
}

interface Apis {
  Metadata: typeof metadataV12.api;
  CreateTopics: typeof createTopicsV7.api;
  DeleteTopics: typeof deleteTopicsV6.api;
  CreatePartitions: typeof createPartitionsV3.api;
  DescribeConfigs: typeof describeConfigsV4.api;
  IncrementalAlterConfigs: typeof incrementalAlterConfigsV1.api;
  DescribeClientQuotas: typeof describeClientQuotasV0.api;
  AlterClientQuotas: typeof alterClientQuotasV1.api;
  DescribeAcls: typeof describeAclsV3.api;
  DescribeUserScramCredentials: typeof describeUserScramCredentialsV0.api;
  AlterUserScramCredentials: typeof alterUserScramCredentialsV0.api;
  CreateAcls: typeof createAclsV3.api;
  DeleteAcls: typeof deleteAclsV3.api;
  ListOffsets: typeof listOffsetsV9.api;
  InitProducerId: typeof initProducerIdV5.api;
  FindCoordinator: typeof findCoordinatorV6.api;
  ListGroups: typeof listGroupsV5.api;
  DescribeGroups: typeof describeGroupsV5.api;
  DeleteGroups: typeof deleteGroupsV2.api;
  OffsetFetch: typeof offsetFetchV9.api;
  OffsetCommit: typeof offsetCommitV9.api;
  JoinGroup: typeof joinGroupV9.api;
  SyncGroup: typeof syncGroupV5.api;
  Heartbeat: typeof heartbeatV4.api;
  LeaveGroup: typeof leaveGroupV5.api;
}
type Arguments<T> = T extends API<infer A, unknown> ? A : never;
type Response<T> = T extends API<infer _, infer R> ? R : never;

const GROUP_KEY = 0;
const TOPIC_RESOURCE = 2;
/** Of settings of groups. */
const GROUP_RESOURCE = 32;
const CONFIG_SOURCES: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker (dynamic)',
  3: 'cluster (dynamic)',
  4: 'broker',
  5: 'default',
};

/** Times with a meaning of their own in `listOffsets`. */
export const LATEST = -1;
export const EARLIEST = -2;
/** The time of the newest record by its timestamp. */
export const MAX_TIMESTAMP = -3;

/** A client of one cluster. Close it, or the process doesn't end. */
export class Client {
  readonly timeoutMs: number;
  readonly #base: Base;
  #brokers = new Map<number, Address>();
  readonly #coordinators = new Map<string, number>();

  constructor(options: ClientOptions) {
    this.timeoutMs = options.timeoutMs;
    this.#base = new Base({
      clientId: 'polylog-cli',
      bootstrapBrokers: options.bootstrap.map(({ host, port }) => ({ host, port })),
      timeout: options.timeoutMs,
      connectTimeout: options.timeoutMs,
      requestTimeout: options.timeoutMs + 1000,
      maxInflights: options.inFlight ?? 5,
      retries: 0,
      ...options.security,
      // A producer without acknowledgements waits for the socket, not for answers.
      handleBackPressure: true,
    });
  }

  async close(): Promise<void> {
    await this.#base.close();
  }

  // Topics

  /** These topics, or all; a topic that can't be told has an `errorCode`. `create` lets the broker create it. */
  async topics(names: readonly string[] | null, create = false): Promise<TopicInfo[]> {
    const answer = await this.#call(undefined, 'Metadata', names === null ? null : [...names], create, false);
    for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, { host, port });
    return answer.topics.map((topic) => ({
      name: topic.name ?? '',
      id: topic.topicId,
      internal: topic.isInternal,
      errorCode: topic.errorCode,
      partitions: topic.partitions
        .map((one) => ({
          partition: one.partitionIndex,
          leader: one.leaderId,
          leaderEpoch: one.leaderEpoch,
          replicas: one.replicaNodes,
          isr: one.isrNodes,
        }))
        .sort((a, b) => a.partition - b.partition),
    }));
  }

  /** Partitions −1: the broker's default. */
  async createTopic(
    name: string,
    partitions: number,
    configs: readonly (readonly [string, string])[],
  ): Promise<TopicInfo> {
    const request = {
      name,
      numPartitions: partitions,
      replicationFactor: -1,
      assignments: [],
      configs: configs.map(([key, value]) => ({ name: key, value })),
    };
    const answer = await this.#call(undefined, 'CreateTopics', [request], this.timeoutMs, false);
    const created = answer.topics[0];
    if (created === undefined) throw new NetworkFailure('the broker answered without the topic');
    if (created.errorCode !== 0) throw new BrokerFailure(created.errorCode, created.errorMessage);
    const parts = Array.from({ length: Math.max(0, created.numPartitions) }, (_, partition) => ({
      partition,
      leader: -1,
      leaderEpoch: -1,
      replicas: [],
      isr: [],
    }));
    return { name, id: created.topicId, internal: false, errorCode: 0, partitions: parts };
  }

  async addPartitions(name: string, count: number): Promise<void> {
    const answer = await this.#call(
      undefined,
      'CreatePartitions',
      [{ name, count, assignments: null }],
      this.timeoutMs,
      false,
    );
    for (const result of answer.results) check(result.errorCode, result.errorMessage);
  }

  /** What happened to each: `undefined` where it was deleted. */
  async deleteTopics(names: readonly string[]): Promise<Map<string, BrokerFailure | undefined>> {
    const answer = await this.#call(
      undefined,
      'DeleteTopics',
      names.map((name) => ({ name })),
      this.timeoutMs,
    );
    return new Map(
      answer.responses.map((one) => [one.name ?? '', failureOf(one.errorCode, one.errorMessage)]),
    );
  }

  async topicConfigs(names: readonly string[]): Promise<Map<string, ConfigEntry[]>> {
    const resources = names.map(
      (name) => ({ resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: null }) as const,
    );
    const answer = await this.#call(undefined, 'DescribeConfigs', resources, false, false);
    const result = new Map<string, ConfigEntry[]>();
    for (const one of answer.results) {
      check(one.errorCode, one.errorMessage);
      const entries = one.configs.map(({ name, value, configSource }) => ({
        name,
        value: value ?? null,
        source: CONFIG_SOURCES[configSource] ?? `source ${configSource}`,
      }));
      result.set(
        one.resourceName,
        entries.sort((a, b) => (a.name < b.name ? -1 : 1)),
      );
    }
    return result;
  }

  alterTopicConfigs(name: string, changes: ConfigChanges): Promise<void> {
    return this.#alterConfigs({ resourceType: TOPIC_RESOURCE, resourceName: name }, changes);
  }

  /** The group need not be there. */
  alterGroupConfigs(name: string, changes: ConfigChanges): Promise<void> {
    return this.#alterConfigs({ resourceType: GROUP_RESOURCE, resourceName: name }, changes);
  }

  async #alterConfigs(
    named: { readonly resourceType: 2 | 32; readonly resourceName: string },
    { set, remove }: ConfigChanges,
  ): Promise<void> {
    const configs = [
      ...set.map(([key, value]) => ({ name: key, configOperation: 0, value }) as const),
      ...remove.map((key) => ({ name: key, configOperation: 1 }) as const),
    ];
    const resource = { ...named, configs };
    const answer = await this.#call(undefined, 'IncrementalAlterConfigs', [resource], false);
    for (const one of answer.responses) check(one.errorCode, one.errorMessage);
  }

  /** All users, or the one of this name, which may not be there: RESOURCE_NOT_FOUND. */
  async listUsers(name?: string): Promise<UserInfo[]> {
    const named = name === undefined ? [] : [{ name }];
    const answer = await this.#call(undefined, 'DescribeUserScramCredentials', named);
    check(answer.errorCode, answer.errorMessage);
    return answer.results.map(({ credentialInfos, errorMessage = null, ...result }) => ({
      ...result,
      errorMessage,
      credentials: credentialInfos.map(({ mechanism, iterations }) => ({
        mechanism: SCRAM_MECHANISMS[mechanism] ?? String(mechanism),
        iterations,
      })),
    }));
  }

  /** Gives a user a credential of one mechanism. */
  async putUser(credential: {
    readonly user: string;
    readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly iterations: number;
    readonly salt: Buffer;
    readonly saltedPassword: Buffer;
  }): Promise<void> {
    const { user, mechanism, ...rest } = credential;
    const upsertion = { name: user, mechanism: SCRAM_MECHANISMS.indexOf(mechanism), ...rest };
    const answer = await this.#call(undefined, 'AlterUserScramCredentials', [], [upsertion]);
    for (const { errorCode, errorMessage } of answer.results) check(errorCode, errorMessage);
  }

  async removeUser(user: string, mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'): Promise<void> {
    const deletion = { name: user, mechanism: SCRAM_MECHANISMS.indexOf(mechanism) };
    const answer = await this.#call(undefined, 'AlterUserScramCredentials', [deletion], []);
    for (const { errorCode, errorMessage } of answer.results) check(errorCode, errorMessage);
  }

  /** Quotas whose entities have these parts, and perhaps others; with `strict` no others. */
  async listQuotas(entity: quotas.QuotaEntity, strict = false): Promise<quotas.CliQuota[]> {
    const answer = await this.#call(undefined, 'DescribeClientQuotas', quotas.quotaFilters(entity), strict);
    check(answer.errorCode, answer.errorMessage);
    return answer.entries.map(quotas.quotaOf);
  }

  /** A null value removes a quota. */
  async alterQuotas(entity: quotas.QuotaEntity, values: quotas.QuotaChanges): Promise<void> {
    const entries = [quotas.quotaAlteration(entity, values)];
    const answer = await this.#call(undefined, 'AlterClientQuotas', entries, false);
    for (const one of answer.entries) check(one.errorCode, one.errorMessage);
  }

  async listAcls(filter: CliAclFilter): Promise<CliAcl[]> {
    const answer = await this.#call(undefined, 'DescribeAcls', filter as AclFilter);
    check(answer.errorCode, answer.errorMessage);
    return answer.resources.flatMap(({ acls, ...resource }) => acls.map((acl) => ({ ...resource, ...acl })));
  }

  /** What happened to each: `undefined` where it is there now. */
  async createAcls(rules: readonly CliAcl[]): Promise<(BrokerFailure | undefined)[]> {
    const answer = await this.#call(undefined, 'CreateAcls', rules as Acl[]);
    return answer.results.map(({ errorCode, errorMessage }) => failureOf(errorCode, errorMessage));
  }

  /** The rules that were removed. */
  async deleteAcls(filters: readonly CliAclFilter[]): Promise<CliAcl[]> {
    const answer = await this.#call(undefined, 'DeleteAcls', filters as AclFilter[]);
    for (const one of answer.filterResults) check(one.errorCode, one.errorMessage);
    return answer.filterResults.flatMap(({ matchingAcls }) => matchingAcls);
  }

  /**
   * The offset of the first record at or after a time, by partition; LATEST and EARLIEST are the log's ends. A partition
   * without such a record has offset −1.
   */
  async listOffsets(
    topic: TopicInfo,
    partitions: readonly number[],
    timeMs: number,
  ): Promise<Map<number, { offset: number; timestampMs: number }>> {
    const result = new Map<number, { offset: number; timestampMs: number }>();
    for (const [node, chosen] of byLeader(topic, partitions)) {
      const request = chosen.map(({ partition }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: -1,
        timestamp: BigInt(timeMs),
      }));
      const answer = await this.#call(node, 'ListOffsets', -1, 0, [
        { name: topic.name, partitions: request },
      ]);
      for (const one of answer.topics[0]?.partitions ?? []) {
        check(one.errorCode);
        result.set(one.partitionIndex, { offset: Number(one.offset), timestampMs: Number(one.timestamp) });
      }
    }
    return result;
  }

  // Records

  async fetch(request: FetchRequest): Promise<FetchedPartition[]> {
    const connection = await this.#connection(request.node);
    const answer = await this.#network(fetchApi.async(connection, request));
    check(answer.errorCode);
    const asked = new Map(request.partitions.map(({ partition, offset }) => [partition, offset]));
    return answer.partitions.map((one) => readPartition(one, asked.get(one.partition) ?? 0));
  }

  /** An id for idempotent producing, or undefined where the broker doesn't offer it. */
  async producerId(): Promise<{ id: number; epoch: number } | undefined> {
    const deadline = Date.now() + this.timeoutMs;
    for (;;) {
      try {
        const answer = await this.#call(undefined, 'InitProducerId', null, this.timeoutMs, -1n, -1);
        check(answer.errorCode);
        return { id: Number(answer.producerId), epoch: answer.producerEpoch };
      } catch (error) {
        if (!(error instanceof BrokerFailure)) throw error;
        if (!error.retriable) return undefined;
        if (Date.now() > deadline) throw error;
      }
      await sleep(RETRY_MS);
    }
  }

  /** All records go to leaders at `node`, as one batch a partition. With acks 0 nothing is known and nothing returned. */
  async produce(request: ProduceRequest): Promise<ProducedPartition[]> {
    const batches = buildBatches(request);
    const acks = request.acks;
    const connection = await this.#connection(request.node);
    const answer = await this.#network(
      produceApi.async(connection, { acks, timeoutMs: this.timeoutMs, topic: request.topic, batches }),
    );
    if (typeof answer !== 'object') return [];
    return answer.responses.flatMap((topic) =>
      topic.partitionResponses.map((one) => ({
        partition: one.index,
        errorCode: one.errorCode,
        message: one.recordErrors[0]?.batchIndexErrorMessage ?? one.errorMessage ?? null,
        baseOffset: Number(one.baseOffset),
      })),
    );
  }

  // Groups

  async listGroups(): Promise<GroupListing[]> {
    await this.topics([]);
    const groups: GroupListing[] = [];
    for (const node of this.#brokers.keys()) {
      const answer = await this.#call(node, 'ListGroups', [], []);
      check(answer.errorCode);
      for (const one of answer.groups) {
        groups.push({
          group: one.groupId,
          state: one.groupState,
          type: (one.groupType ?? 'classic').toLowerCase(),
          protocolType: one.protocolType,
        });
      }
    }
    return groups.sort((a, b) => (a.group < b.group ? -1 : 1));
  }

  /** The group, or undefined where there is none. */
  async describeGroup(group: string): Promise<GroupInfo | undefined> {
    const answer = await this.#onCoordinator(
      group,
      (node) => this.#call(node, 'DescribeGroups', [group], false),
      (response) => response.groups[0]?.errorCode ?? 0,
    );
    const found = answer.groups[0];
    if (found === undefined || found.errorCode === CODE.groupNotFound || found.groupState === 'Dead') {
      return await this.#describeNewer(group);
    }
    check(found.errorCode);
    return {
      group,
      state: found.groupState,
      type: 'classic',
      protocolType: found.protocolType,
      protocol: found.protocolData,
      members: found.members.map((member) => ({
        memberId: member.memberId,
        instanceId: member.groupInstanceId ?? null,
        clientId: member.clientId,
        host: member.clientHost.replace(/^\//, ''),
        assignment: member.memberAssignment ?? Buffer.alloc(0),
      })),
    };
  }

  /** A group of one of the newer protocols, as far as the broker has them. */
  async #describeNewer(group: string): Promise<GroupInfo | undefined> {
    const apis = await this.#network(this.#base.listApis());
    for (const api of [consumerGroupDescribe, streamsGroupDescribe, shareGroupDescribe]) {
      if (!apis.some(({ apiKey }) => apiKey === api.key)) continue;
      const found = await this.#onCoordinator(
        group,
        async (node) => await this.#network(api.async(await this.#connection(node), group)),
        (response) => response.errorCode,
      );
      if (found.errorCode === CODE.groupNotFound) continue;
      check(found.errorCode, found.message);
      return found.info;
    }
    return undefined;
  }

  async deleteGroups(groups: readonly string[]): Promise<Map<string, BrokerFailure | undefined>> {
    const result = new Map<string, BrokerFailure | undefined>();
    for (const group of groups) {
      const answer = await this.#onCoordinator(
        group,
        (node) => this.#call(node, 'DeleteGroups', [group]),
        (response) => response.results[0]?.errorCode ?? 0,
      );
      result.set(group, failureOf(answer.results[0]?.errorCode ?? 0));
    }
    return result;
  }

  /** Where a share group stands in all that it has read. */
  async shareOffsets(group: string): Promise<readonly ShareOffset[]> {
    const answer = await this.#onCoordinator(
      group,
      async (node) => await this.#network(shareGroupOffsets.async(await this.#connection(node), group)),
      (response) => response.errorCode,
    );
    check(answer.errorCode, answer.message);
    return answer.offsets;
  }

  /** Has a share group, which has no members, begin anew at these offsets. */
  async setShareOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    const answer = await this.#onCoordinator(
      group,
      async (node) =>
        await this.#network(alterShareGroupOffsets.async(await this.#connection(node), { group, offsets })),
      (response) => response.errorCode,
    );
    check(answer.errorCode, answer.message);
  }

  /** All that the group has committed. */
  async committedOffsets(group: string): Promise<CommittedOffset[]> {
    const answer = await this.#onCoordinator(
      group,
      (node) =>
        this.#call(
          node,
          'OffsetFetch',
          [{ groupId: group, memberId: null, memberEpoch: -1, topics: null }],
          false,
        ),
      (response) => response.groups[0]?.errorCode ?? 0,
    );
    check(answer.groups[0]?.errorCode ?? 0);
    const result: CommittedOffset[] = [];
    for (const topic of answer.groups[0]?.topics ?? []) {
      for (const one of topic.partitions) {
        check(one.errorCode);
        if (one.committedOffset >= 0n) {
          result.push({
            topic: topic.name,
            partition: one.partitionIndex,
            offset: Number(one.committedOffset),
          });
        }
      }
    }
    return result;
  }

  /** Generation −1 and an empty member id: from outside, which only an empty group takes. */
  async commitOffsets(
    group: string,
    offsets: readonly CommittedOffset[],
    member: { generation: number; memberId: string } = { generation: -1, memberId: '' },
  ): Promise<void> {
    const topics = new Map<
      string,
      { partitionIndex: number; committedOffset: bigint; committedLeaderEpoch: number }[]
    >();
    for (const { topic, partition, offset } of offsets) {
      const list = topics.get(topic) ?? [];
      list.push({ partitionIndex: partition, committedOffset: BigInt(offset), committedLeaderEpoch: -1 });
      topics.set(topic, list);
    }
    const request = [...topics].map(([name, partitions]) => ({ name, partitions }));
    const first = (response: Response<Apis['OffsetCommit']>): number =>
      response.topics.flatMap((topic) => topic.partitions).find((one) => one.errorCode !== 0)?.errorCode ?? 0;
    const answer = await this.#onCoordinator(
      group,
      (node) => this.#call(node, 'OffsetCommit', group, member.generation, member.memberId, null, request),
      first,
    );
    check(first(answer));
  }

  async joinGroup(
    group: string,
    options: { memberId: string; sessionMs: number; rebalanceMs: number; protocol: string; metadata: Buffer },
  ): Promise<Response<Apis['JoinGroup']>> {
    const { memberId, sessionMs, rebalanceMs, protocol, metadata } = options;
    return await this.#onCoordinator(
      group,
      (node) =>
        this.#call(node, 'JoinGroup', group, sessionMs, rebalanceMs, memberId, null, 'consumer', [
          { name: protocol, metadata },
        ]),
      (response) => response.errorCode,
    );
  }

  async syncGroup(
    group: string,
    member: { generation: number; memberId: string; protocol: string },
    assignments: { memberId: string; assignment: Buffer }[],
  ): Promise<{ errorCode: number; assignment: Buffer }> {
    return await this.#onCoordinator(
      group,
      (node) =>
        this.#call(
          node,
          'SyncGroup',
          group,
          member.generation,
          member.memberId,
          null,
          'consumer',
          member.protocol,
          assignments,
        ),
      (response) => response.errorCode,
    );
  }

  /** An error code, 0 for none. */
  async heartbeat(group: string, member: { generation: number; memberId: string }): Promise<number> {
    const answer = await this.#onCoordinator(
      group,
      (node) => this.#call(node, 'Heartbeat', group, member.generation, member.memberId, null),
      (response) => response.errorCode,
    );
    return answer.errorCode;
  }

  async leaveGroup(group: string, memberId: string): Promise<void> {
    await this.#onCoordinator(
      group,
      (node) => this.#call(node, 'LeaveGroup', group, [{ memberId }]),
      (response) => response.errorCode,
    );
  }

  /** One request that the library doesn't have, to any broker. */
  async ask<A extends unknown[], R>(api: API<A, R>, ...args: A): Promise<R> {
    return await this.#network(api.async(await this.#connection(undefined), ...args));
  }

  // Below: how a request gets there.

  /** A request to a group's coordinator, again while it moves or loads, at most for the time-out. */
  async #onCoordinator<T>(
    group: string,
    ask: (node: number) => Promise<T>,
    codeOf: (answer: T) => number,
  ): Promise<T> {
    const deadline = Date.now() + this.timeoutMs;
    for (;;) {
      const node = await this.#coordinator(group, deadline);
      const answer = await ask(node);
      const code = codeOf(answer);
      const moved =
        code === CODE.coordinatorLoading ||
        code === CODE.coordinatorNotAvailable ||
        code === CODE.notCoordinator;
      if (!moved || Date.now() > deadline) return answer;
      this.#coordinators.delete(group);
      await sleep(RETRY_MS);
    }
  }

  async #coordinator(group: string, deadline: number): Promise<number> {
    const known = this.#coordinators.get(group);
    if (known !== undefined) return known;
    for (;;) {
      const answer = await this.#call(undefined, 'FindCoordinator', GROUP_KEY, [group]);
      const found = answer.coordinators[0];
      if (found === undefined) throw new NetworkFailure('the broker named no coordinator');
      if (found.errorCode === 0) {
        this.#brokers.set(found.nodeId, { host: found.host, port: found.port });
        this.#coordinators.set(group, found.nodeId);
        return found.nodeId;
      }
      const failure = new BrokerFailure(found.errorCode, found.errorMessage);
      if (!failure.retriable || Date.now() > deadline) throw failure;
      await sleep(RETRY_MS);
    }
  }

  async #connection(node: number | undefined): Promise<Connection> {
    if (node !== undefined && !this.#brokers.has(node)) await this.topics([]);
    const address = node === undefined ? undefined : this.#brokers.get(node);
    if (node !== undefined && address === undefined) throw new NetworkFailure(`broker ${node} is not known`);
    return await this.#network(
      new Promise<Connection>((resolve, reject) => {
        const done = (error: Error | null, connection?: Connection): void => {
          if (connection === undefined) reject(error ?? new Error('no connection'));
          else resolve(connection);
        };
        if (address === undefined) this.#base[kGetBootstrapConnection](done);
        else this.#base[kGetConnection](address, done);
      }),
    );
  }

  /** One request at the highest version both sides know. Error codes inside the answer are left to the caller. */
  async #call<N extends keyof Apis>(
    node: number | undefined,
    name: N,
    ...args: Arguments<Apis[N]>
  ): Promise<Response<Apis[N]>> {
    const connection = await this.#connection(node);
    const api = await this.#network(
      new Promise<API<unknown[], Response<Apis[N]>>>((resolve, reject) => {
        this.#base[kGetApi]<unknown[], Response<Apis[N]>>(name, (error, found) => {
          if (found === undefined) reject(error ?? new Error(`no ${name}`));
          else resolve(found);
        });
      }),
    );
    return await this.#network(api.async(connection, ...args));
  }

  /** The library throws where an answer holds an error code: here the answer itself is wanted. */
  async #network<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      const { code, response, message } = error as { code?: string; response?: T; message: string };
      if (code === 'PLT_KFK_RESPONSE' && typeof response === 'object') return response;
      if (code === 'PLT_KFK_UNSUPPORTED_API') throw new BrokerFailure(35, message);
      if (typeof code === 'string') throw new NetworkFailure(message, { cause: error });
      throw error;
    }
  }
}

const RETRY_MS = 100;

/** The chosen partitions by the node that leads them. */
export function byLeader(topic: TopicInfo, partitions: readonly number[]): Map<number, TopicPartition[]> {
  const result = new Map<number, TopicPartition[]>();
  for (const partition of partitions) {
    const info = topic.partitions[partition];
    if (info === undefined) throw new BrokerFailure(CODE.unknownTopicOrPartition);
    if (info.leader < 0) throw new BrokerFailure(CODE.leaderNotAvailable);
    const list = result.get(info.leader) ?? [];
    list.push(info);
    result.set(info.leader, list);
  }
  return result;
}

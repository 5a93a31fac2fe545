// Requests for authorization.test.ts: what a client may ask, about names that are there or not.
import { type Uuid, ZERO_UUID } from '../../../src/base/uuid.ts';
import type { ClientApi } from '../../support/kafka-apis.ts';
import * as apis from '../../support/kafka-apis.ts';
import { batchOf, produceFields } from '../../support/kafka-client.ts';

export interface Names {
  readonly topic: string;
  readonly group: string;
  readonly user: string;
  /** Of a topic that is there. */
  topicId?: Uuid;
}

/** The transactional id of a transaction that is open, over a topic that no sample names. */
export const TRANSACTION = 'open-transaction';
/** A Streams group that is there. */
export const STREAMS_GROUP = 'streams-group';
/** A share group that is there, and one whose offsets are set. */
export const SHARE_GROUP = 'share-group';
const SHARE_GROUP_SET = 'share-group-set';

export interface Sample {
  readonly key: number;
  readonly version: number;
  readonly request: (names: Names) => unknown;
  /** For a request that lists what the client may know of: the list, out of the answer. */
  readonly shortens: ((response: never) => readonly unknown[]) | undefined;
}

function sample<Request, Response>(
  api: ClientApi<Request, Response>,
  fields: (names: Names) => Partial<Request>,
  options: { readonly version?: number; readonly shortens?: (response: Response) => readonly unknown[] } = {},
): Sample {
  return {
    key: api.key,
    version: options.version ?? api.maxVersion,
    request: (names) => ({ ...api.defaults(), ...fields(names) }),
    shortens: options.shortens,
  };
}

const NO_BYTES = Buffer.alloc(0);
const TOPIC = 2;
const BROKER = 4;
const GROUP_SETTINGS = 32;
const topicId = ZERO_UUID;

const messages = [
  sample(apis.PRODUCE, ({ topic }) => produceFields(topic, { 0: batchOf(['v']) }), { version: 9 }),
  sample(
    apis.FETCH,
    ({ topic }) => ({
      sessionEpoch: -1,
      topics: [
        {
          topic,
          topicId,
          partitions: [
            {
              partition: 0,
              currentLeaderEpoch: -1,
              fetchOffset: 0,
              lastFetchedEpoch: -1,
              logStartOffset: -1,
              partitionMaxBytes: 1000,
              replicaDirectoryId: topicId,
              highWatermark: -1,
            },
          ],
        },
      ],
    }),
    { version: 12 },
  ),
  sample(apis.LIST_OFFSETS, ({ topic: name }) => ({
    topics: [{ name, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }],
  })),
  sample(apis.OFFSET_FOR_LEADER_EPOCH, ({ topic }) => ({
    topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
  })),
  sample(apis.INIT_PRODUCER_ID, () => ({ transactionalId: null })),
  sample(apis.DELETE_RECORDS, ({ topic: name }) => ({
    topics: [{ name, partitions: [{ partitionIndex: 0, offset: 0 }] }],
  })),
];

/** A transactional id has the name of the group here. */
const transactions = [
  sample(apis.FIND_COORDINATOR, ({ group }) => ({ keyType: 1, coordinatorKeys: [group] })),
  sample(apis.INIT_PRODUCER_ID, ({ group }) => ({ transactionalId: group, transactionTimeoutMs: 1000 })),
  sample(
    apis.PRODUCE,
    ({ topic, group }) => ({ ...produceFields(topic, { 0: batchOf(['v']) }), transactionalId: group }),
    { version: 9 },
  ),
  sample(
    apis.ADD_PARTITIONS_TO_TXN,
    ({ topic: name, group }) => ({
      v3AndBelowTransactionalId: group,
      v3AndBelowTopics: [{ name, partitions: [0] }],
    }),
    { version: 3 },
  ),
  sample(apis.ADD_PARTITIONS_TO_TXN, ({ topic: name, group }) => ({
    transactions: [
      {
        transactionalId: group,
        producerId: 0,
        producerEpoch: 0,
        verifyOnly: true,
        topics: [{ name, partitions: [0] }],
      },
    ],
  })),
  sample(apis.ADD_OFFSETS_TO_TXN, ({ group }) => ({ transactionalId: group, groupId: group })),
  sample(apis.END_TXN, ({ group }) => ({ transactionalId: group, committed: true })),
  sample(apis.TXN_OFFSET_COMMIT, ({ topic: name, group }) => ({
    transactionalId: group,
    groupId: group,
    topics: [
      {
        name,
        partitions: [
          { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: '' },
        ],
      },
    ],
  })),
  sample(apis.WRITE_TXN_MARKERS, ({ topic: name }) => ({
    markers: [
      {
        producerId: 1,
        producerEpoch: 0,
        transactionResult: false,
        coordinatorEpoch: 0,
        transactionVersion: 0,
        topics: [{ name, partitionIndexes: [0] }],
      },
    ],
  })),
  sample(apis.DESCRIBE_PRODUCERS, ({ topic: name }) => ({ topics: [{ name, partitionIndexes: [0] }] })),
  sample(apis.LIST_TRANSACTIONS, () => ({}), { shortens: ({ transactionStates }) => transactionStates }),
  sample(apis.DESCRIBE_TRANSACTIONS, ({ group }) => ({ transactionalIds: [group, TRANSACTION] })),
];

const topics = [
  sample(apis.METADATA, ({ topic: name }) => ({
    topics: [{ name, topicId }],
    allowAutoTopicCreation: true,
    includeTopicAuthorizedOperations: true,
  })),
  sample(apis.METADATA, () => ({ topics: null, includeClusterAuthorizedOperations: true }), {
    version: 9,
    shortens: (response) => response.topics,
  }),
  sample(apis.DESCRIBE_TOPIC_PARTITIONS, ({ topic: name }) => ({
    topics: [{ name }],
    responsePartitionLimit: 10,
  })),
  sample(apis.DESCRIBE_TOPIC_PARTITIONS, () => ({ topics: [], responsePartitionLimit: 10 }), {
    shortens: ({ topics: listed }) => listed,
  }),
  sample(apis.CREATE_TOPICS, ({ topic: name }) => ({
    topics: [
      { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      {
        name: `${name}-seen`,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [],
        configs: [{ name: 'polylog.view.of', value: name }],
      },
    ],
  })),
  sample(apis.CREATE_PARTITIONS, ({ topic: name }) => ({ topics: [{ name, count: 3, assignments: null }] })),
  sample(apis.DELETE_TOPICS, ({ topic: name }) => ({ topics: [{ name, topicId }] })),
  sample(apis.DELETE_TOPICS, ({ topic }) => ({ topicNames: [topic] }), { version: 5 }),
];

const configs = [
  sample(apis.DESCRIBE_CONFIGS, ({ topic, group }) => ({
    resources: [
      { resourceType: TOPIC, resourceName: topic, configurationKeys: null },
      { resourceType: BROKER, resourceName: '1', configurationKeys: null },
      { resourceType: GROUP_SETTINGS, resourceName: group, configurationKeys: null },
    ],
  })),
  sample(apis.ALTER_CONFIGS, ({ topic, group }) => ({
    resources: [
      { resourceType: TOPIC, resourceName: topic, configs: [{ name: 'retention.ms', value: '1000' }] },
      { resourceType: BROKER, resourceName: '1', configs: [] },
      { resourceType: GROUP_SETTINGS, resourceName: group, configs: [] },
    ],
  })),
  sample(apis.INCREMENTAL_ALTER_CONFIGS, ({ topic, group }) => ({
    resources: [
      {
        resourceType: TOPIC,
        resourceName: topic,
        configs: [{ name: 'retention.ms', configOperation: 0, value: '1000' }],
      },
      { resourceType: BROKER, resourceName: '1', configs: [] },
      { resourceType: GROUP_SETTINGS, resourceName: group, configs: [] },
    ],
  })),
];

const groups = [
  sample(apis.FIND_COORDINATOR, ({ group }) => ({ keyType: 0, coordinatorKeys: [group] })),
  sample(apis.FIND_COORDINATOR, ({ group }) => ({ keyType: 0, key: group }), { version: 3 }),
  sample(apis.JOIN_GROUP, ({ group }) => ({
    groupId: group,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: NO_BYTES }],
  })),
  sample(apis.SYNC_GROUP, ({ group }) => ({ groupId: group })),
  sample(apis.HEARTBEAT, ({ group }) => ({ groupId: group })),
  sample(apis.LEAVE_GROUP, ({ group }) => ({
    groupId: group,
    members: [{ memberId: 'm', groupInstanceId: null, reason: null }],
  })),
  sample(apis.DESCRIBE_GROUPS, ({ group }) => ({ groups: [group], includeAuthorizedOperations: true })),
  sample(apis.LIST_GROUPS, () => ({}), { shortens: (response) => response.groups }),
  sample(apis.DELETE_GROUPS, ({ group }) => ({ groupsNames: [group] })),
  sample(
    apis.OFFSET_COMMIT,
    ({ group, topic: name }) => ({
      groupId: group,
      generationIdOrMemberEpoch: -1,
      topics: [
        {
          name,
          topicId,
          partitions: [
            { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: null },
          ],
        },
      ],
    }),
    { version: 9 },
  ),
  sample(
    apis.OFFSET_FETCH,
    ({ group, topic: name }) => ({
      groups: [
        {
          groupId: group,
          memberId: null,
          memberEpoch: -1,
          topics: [{ name, topicId, partitionIndexes: [0] }],
        },
      ],
    }),
    { version: 9 },
  ),
  sample(apis.OFFSET_FETCH, ({ group }) => ({ groupId: group, topics: null }), { version: 7 }),
  sample(apis.CONSUMER_GROUP_HEARTBEAT, ({ group, topic }) => ({
    groupId: group,
    memberId: 'm',
    memberEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames: [topic],
    topicPartitions: [],
  })),
  // After the heartbeat: where all is allowed, the group has a member whose topic is asked about.
  sample(apis.CONSUMER_GROUP_DESCRIBE, ({ group }) => ({
    groupIds: [group],
    includeAuthorizedOperations: true,
  })),
  sample(apis.OFFSET_DELETE, ({ group, topic: name }) => ({
    groupId: group,
    topics: [{ name, partitions: [{ partitionIndex: 0 }] }],
  })),
  // Joining makes a group of its own: one that is there stays as it is.
  sample(apis.STREAMS_GROUP_HEARTBEAT, ({ group, topic }) => ({
    groupId: `${group}-streams`,
    memberId: 'm',
    rebalanceTimeoutMs: 1000,
    topology: {
      epoch: 0,
      subtopologies: [
        {
          subtopologyId: '0',
          sourceTopics: [],
          sourceTopicRegex: [],
          stateChangelogTopics: [],
          repartitionSinkTopics: [],
          repartitionSourceTopics: [
            { name: `${topic}-repartition`, partitions: 1, replicationFactor: 1, topicConfigs: [] },
          ],
          copartitionGroups: [],
        },
      ],
    },
  })),
  sample(apis.STREAMS_GROUP_DESCRIBE, ({ group }) => ({ groupIds: [group, STREAMS_GROUP] })),
  sample(apis.SHARE_GROUP_HEARTBEAT, ({ group, topic }) => ({
    groupId: `${group}-share`,
    memberId: 'm',
    subscribedTopicNames: [topic],
  })),
  sample(apis.SHARE_GROUP_DESCRIBE, ({ group }) => ({
    groupIds: [group, SHARE_GROUP],
    includeAuthorizedOperations: true,
  })),
  // Begins a share session, which the acknowledgement ends.
  sample(apis.SHARE_FETCH, ({ topicId: id = ZERO_UUID }) => ({
    groupId: SHARE_GROUP,
    memberId: 'm',
    maxRecords: 1,
    topics: [{ topicId: id, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
  })),
  sample(apis.SHARE_ACKNOWLEDGE, ({ topicId: id = ZERO_UUID }) => {
    const acknowledgementBatches = [{ firstOffset: 0, lastOffset: 0, acknowledgeTypes: [1] }];
    const topics = [{ topicId: id, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }];
    return { groupId: SHARE_GROUP, memberId: 'm', shareSessionEpoch: -1, topics };
  }),
  sample(apis.ALTER_SHARE_GROUP_OFFSETS, ({ topic: topicName }) => ({
    groupId: SHARE_GROUP_SET,
    topics: [{ topicName, partitions: [{ partitionIndex: 0, startOffset: 0 }] }],
  })),
  sample(apis.DESCRIBE_SHARE_GROUP_OFFSETS, ({ topic: topicName }) => ({
    groups: [{ groupId: SHARE_GROUP, topics: [{ topicName, partitions: [0] }] }],
  })),
  sample(apis.DELETE_SHARE_GROUP_OFFSETS, ({ topic: topicName }) => ({
    groupId: SHARE_GROUP_SET,
    topics: [{ topicName }],
  })),
];

const cluster = [
  sample(
    apis.DESCRIBE_CLUSTER,
    () => ({ endpointType: 1, includeClusterAuthorizedOperations: true }),
    // Who is connected knows the broker; its operations are none.
    { shortens: ({ clusterAuthorizedOperations: bits }) => (bits === 0 ? [] : [bits]) },
  ),
  sample(apis.LIST_CONFIG_RESOURCES, () => ({ resourceTypes: [2] })),
  sample(apis.DESCRIBE_LOG_DIRS, ({ topic }) => ({ topics: [{ topic, partitions: [0] }] })),
  sample(apis.LIST_CONFIG_RESOURCES, () => ({ resourceTypes: [] })),
  sample(apis.DESCRIBE_QUORUM, () => ({ topics: [] })),
  sample(apis.UPDATE_FEATURES, () => ({
    featureUpdates: [
      { feature: 'metadata.version', maxVersionLevel: 30, allowDowngrade: false, upgradeType: 1 },
    ],
  })),
  sample(apis.ELECT_LEADERS, ({ topic }) => ({ topicPartitions: [{ topic, partitions: [0] }] })),
  sample(apis.ALTER_PARTITION_REASSIGNMENTS, ({ topic: name }) => ({
    topics: [{ name, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
  })),
  sample(apis.LIST_PARTITION_REASSIGNMENTS, ({ topic: name }) => ({
    topics: [{ name, partitionIndexes: [0] }],
  })),
  sample(apis.ALTER_REPLICA_LOG_DIRS, ({ topic: name }) => ({
    dirs: [{ path: '/data', topics: [{ name, partitions: [0] }] }],
  })),
  sample(apis.ADD_RAFT_VOTER, () => ({ voterId: 2 })),
  sample(apis.REMOVE_RAFT_VOTER, () => ({ voterId: 2 })),
  sample(apis.UNREGISTER_BROKER, () => ({ brokerId: 2 })),
];

const security = [
  sample(apis.DESCRIBE_ACLS, ({ topic }) => ({
    resourceTypeFilter: TOPIC,
    resourceNameFilter: topic,
    patternTypeFilter: 1,
    operation: 1,
    permissionType: 1,
  })),
  sample(apis.CREATE_ACLS, ({ topic }) => ({
    creations: [
      {
        resourceType: TOPIC,
        resourceName: topic,
        resourcePatternType: 3,
        principal: 'User:a',
        host: '*',
        operation: 3,
        permissionType: 3,
      },
    ],
  })),
  sample(apis.DELETE_ACLS, ({ topic }) => ({
    filters: [
      {
        resourceTypeFilter: TOPIC,
        resourceNameFilter: topic,
        patternTypeFilter: 1,
        principalFilter: null,
        hostFilter: null,
        operation: 1,
        permissionType: 1,
      },
    ],
  })),
  sample(apis.DESCRIBE_USERS, ({ user: name }) => ({ users: [{ name }] })),
  sample(apis.ALTER_USERS, ({ user: name }) => ({
    upsertions: [
      { name, mechanism: 1, iterations: 4096, salt: Buffer.alloc(16), saltedPassword: Buffer.alloc(32) },
    ],
  })),
  sample(apis.DESCRIBE_CLIENT_QUOTAS, ({ user: match }) => ({
    components: [{ entityType: 'user', matchType: 0, match }],
  })),
  sample(apis.ALTER_CLIENT_QUOTAS, ({ user: entityName }) => ({
    entries: [
      {
        entity: [{ entityType: 'user', entityName }],
        ops: [{ key: 'consumer_byte_rate', value: 1000, remove: false }],
      },
    ],
  })),
];

function command(
  name: string,
  fields: (names: Names) => object,
  shortens?: (answer: never) => readonly unknown[],
): Sample {
  return sample(
    apis.POLYLOG_ADMIN,
    (names) => ({ command: name, body: Buffer.from(JSON.stringify(fields(names))) }),
    shortens === undefined ? {} : { shortens: ({ body }) => shortens(JSON.parse(String(body)) as never) },
  );
}

const named = ({ topic, group }: Names): object => ({ topic, subscription: group });

const commands = [
  command(
    'queue.list',
    () => ({}),
    ({ subscriptions }: { subscriptions: unknown[] }) => subscriptions,
  ),
  command('queue.list', ({ topic }) => ({ topic })),
  command('queue.describe', named),
  command('queue.explain', (names) => ({ ...named(names), partition: 0, offset: 0 })),
  command('queue.peek', (names) => ({ ...named(names), partition: 0 })),
  command('queue.create', (names) => ({
    ...named(names),
    settings: { deadLetterTopic: `${names.topic}-dead` },
  })),
  command('queue.set', (names) => ({ ...named(names), settings: { paused: true } })),
  command('queue.seek', (names) => ({ ...named(names), to: 'earliest' })),
  command('queue.purge', named),
  command('queue.delete', named),
  command(
    'dlq.list',
    () => ({}),
    ({ topics: all }: { topics: unknown[] }) => all,
  ),
  command('dlq.show', ({ topic }) => ({ topic, partition: 0 })),
  command('dlq.redrive', ({ topic }) => ({ topic, to: topic })),
  command('dlq.run', ({ topic }) => ({ topic, run: 1 })),
  command('dlq.stop', ({ topic }) => ({ topic, run: 1 })),
  command(
    'dlq.runs',
    () => ({}),
    ({ runs }: { runs: unknown[] }) => runs,
  ),
  command(
    'schedule.list',
    () => ({}),
    ({ messages: all }: { messages: unknown[] }) => all,
  ),
  command('schedule.list', ({ topic }) => ({ topic })),
  command(
    'txn.list',
    () => ({}),
    ({ messages: all }: { messages: unknown[] }) => all,
  ),
  command('txn.list', ({ topic }) => ({ topic })),
  command('txn.resume', ({ topic }) => ({ topic, transaction: 't' })),
  command('txn.drop', ({ topic }) => ({ topic, transaction: 't' })),
  command('schedule.cancel', ({ topic }) => ({ topic, handle: 'h' })),
  command('schedule.move', ({ topic }) => ({ topic, handle: 'h', atMs: 0 })),
];

function byKey(samples: readonly Sample[]): ReadonlyMap<number, readonly Sample[]> {
  const table = new Map<number, Sample[]>();
  for (const one of samples) table.set(one.key, [...(table.get(one.key) ?? []), one]);
  return table;
}

export const authorizationSamples = byKey([
  ...messages,
  ...transactions,
  ...topics,
  ...configs,
  ...groups,
  ...cluster,
  ...security,
  ...commands,
]);

/**
 * A simulated administrator: makes the topics of the world, then, while it runs, makes and deletes others, adds
 * partitions, changes configurations, and checks that what was acknowledged is there, also behind crashes.
 */
import { type Uuid, ZERO_UUID } from '../../src/base/uuid.ts';
import {
  CREATE_PARTITIONS,
  CREATE_TOPICS,
  DELETE_RECORDS,
  DELETE_TOPICS,
  DESCRIBE_CONFIGS,
  ERROR,
  INCREMENTAL_ALTER_CONFIGS,
} from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { listOffset } from './consumer.ts';
import { askTopics, type KnownTopic } from './metadata.ts';

const TOPIC_RESOURCE = 2;
const SET = 0;
const EARLIEST = -2;
const RETENTION = 'retention.ms';

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Makes a topic, asking again until it is there. */
export async function createTopic(client: SimClient, topic: NewTopic): Promise<void> {
  for (;;) {
    const errorCode = await askCreate(client, topic);
    if (errorCode === ERROR.none || errorCode === ERROR.topicAlreadyExists) return;
    if (errorCode !== null) client.note(`CreateTopics ${topic.name}: error ${errorCode}`);
    await client.sleep(client.prng.between(20, 200));
  }
}

/** Null: no answer came. */
async function askCreate(client: SimClient, topic: NewTopic): Promise<number | null> {
  const request = {
    topics: [
      {
        name: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(topic.configs).map(([name, value]) => ({ name, value })),
      },
    ],
    timeoutMs: 5000,
    validateOnly: false,
  };
  const response = await orNull(client.call(CREATE_TOPICS, request));
  return response === null ? null : response.topics[0]!.errorCode;
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Disconnected) return null;
    throw error;
  }
}

export class Admin extends SimClient {
  #round = 0;
  /** Topics that were made or deleted, and whether they must be there. */
  readonly #others = new Map<string, 'there' | 'gone' | 'unknown'>();
  /** Ids of deleted topics, which must never come back. */
  readonly #deleted = new Set<Uuid>();
  /** The value of retention.ms that was acknowledged last for a topic; null while a change isn't. */
  readonly #retention = new Map<string, string | null>();
  /** Where logs begin at least, by topic and partition, as DeleteRecords has acknowledged. */
  readonly #starts: { readonly topic: string; readonly partition: number; readonly offset: number }[] = [];
  stopped = false;

  /** One change after the other, with checks between. */
  async run(pauseMsMax: number): Promise<void> {
    while (!this.stopped) {
      await this.sleep(this.prng.int(pauseMsMax));
      const draw = this.prng.int(10);
      if (draw < 3) await this.#create();
      else if (draw < 5) await this.#delete();
      else if (draw < 6) await this.#addPartitions();
      else if (draw < 7) await this.#alter();
      else if (draw < 8) await this.#deleteRecords();
      else await this.check();
    }
  }

  /** Compares what the broker says with what it has acknowledged. */
  async check(): Promise<void> {
    const states = new Map(this.#others);
    const names = [...states.keys()];
    const known = await orNull(this.#topicsWithoutCreating(names));
    if (known === null) return;
    for (const [name, state] of states) {
      // A change may have begun while the question was on its way.
      if (this.#others.get(name) !== state) continue;
      const topic = known.get(name);
      if (state === 'there' && topic === undefined) this.fail(`the topic ${name} was made and is gone`);
      if (state === 'gone' && topic !== undefined) this.fail(`the topic ${name} was deleted and is there`);
      if (topic !== undefined && this.#deleted.has(topic.id))
        this.fail(`${name} has the id of a deleted topic`);
    }
    await this.#checkConfigs();
    for (const { topic, partition, offset } of this.#starts) {
      const start = await orNull(listOffset(this, topic, partition, EARLIEST));
      if (start !== null && start < offset) {
        this.fail(`${topic}-${partition} was cut up to ${offset} and begins at ${start}`);
      }
    }
  }

  /** Cuts a log up to its high watermark, where records may go. */
  async #deleteRecords(): Promise<void> {
    const trimmed = [...this.world.history.topics.values()].filter((topic) => topic.trimmed && topic.durable);
    if (trimmed.length === 0) return;
    const { name, partitions } = this.prng.pick(trimmed);
    const partition = this.prng.int(partitions);
    const topics = [{ name, partitions: [{ partitionIndex: partition, offset: -1 }] }];
    const response = await orNull(this.call(DELETE_RECORDS, { topics, timeoutMs: 5000 }));
    const result = response?.topics[0]?.partitions[0];
    if (result?.errorCode === ERROR.none) {
      this.#starts.push({ topic: name, partition, offset: result.lowWatermark });
    }
  }

  async #topicsWithoutCreating(names: readonly string[]): Promise<Map<string, KnownTopic>> {
    // All topics are asked for: asking for a name would make the topic.
    const all = await askTopics(this, null);
    return new Map([...all].filter(([name]) => names.includes(name)));
  }

  async #create(): Promise<void> {
    const gone = [...this.#others].filter(([, state]) => state === 'gone').map(([name]) => name);
    const again = gone.length > 0 && this.prng.chance(0.5);
    const name = again ? this.prng.pick(gone) : `${this.name}.${++this.#round}`;
    this.#others.set(name, 'unknown');
    const errorCode = await askCreate(this, { name, partitions: this.prng.between(1, 3), configs: {} });
    if (errorCode === ERROR.none) {
      this.#others.set(name, 'there');
      const end = await orNull(listOffset(this, name, 0, -1));
      if (end !== null && end !== 0) this.fail(`the new topic ${name} ends at ${end}`);
    } else if (errorCode !== null) this.note(`CreateTopics ${name}: error ${errorCode}`);
  }

  async #delete(): Promise<void> {
    const there = [...this.#others].filter(([, state]) => state === 'there').map(([name]) => name);
    if (there.length === 0) return;
    const name = this.prng.pick(there);
    const known = await orNull(this.#topicsWithoutCreating([name]));
    const id = known?.get(name)?.id ?? ZERO_UUID;
    const version = await this.version(DELETE_TOPICS);
    this.#others.set(name, 'unknown');
    const request = {
      topics: version < 6 ? [] : [{ name, topicId: ZERO_UUID }],
      topicNames: [name],
      timeoutMs: 5000,
    };
    const response = await orNull(this.call(DELETE_TOPICS, request, { version }));
    const errorCode = response?.responses[0]?.errorCode;
    if (errorCode === ERROR.none) {
      this.#others.set(name, 'gone');
      if (id !== ZERO_UUID) this.#deleted.add(id);
    } else if (errorCode === ERROR.unknownTopicOrPartition)
      this.fail(`the topic ${name} was made and is unknown`);
    else this.note(`DeleteTopics ${name}: error ${errorCode}`);
  }

  async #addPartitions(): Promise<void> {
    const { topics } = this.world.history;
    const facts = this.prng.pick([...topics.values()]);
    if (facts.partitions >= 6) return;
    const count = facts.partitions + 1;
    const request = {
      topics: [{ name: facts.name, count, assignments: null }],
      timeoutMs: 5000,
      validateOnly: false,
    };
    const response = await orNull(this.call(CREATE_PARTITIONS, request));
    if (response?.results[0]?.errorCode === ERROR.none) facts.partitions = count;
  }

  async #alter(): Promise<void> {
    const { topics } = this.world.history;
    const name = this.prng.pick([...topics.keys()]);
    const value = String(this.prng.between(100_000_000, 900_000_000));
    this.#retention.set(name, null);
    const configs = [{ name: RETENTION, configOperation: SET, value }];
    const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: name, configs }];
    const response = await orNull(this.call(INCREMENTAL_ALTER_CONFIGS, { resources, validateOnly: false }));
    if (response?.responses[0]?.errorCode === ERROR.none) this.#retention.set(name, value);
  }

  async #checkConfigs(): Promise<void> {
    for (const [name, value] of this.#retention) {
      if (value === null) continue;
      const resources = [
        { resourceType: TOPIC_RESOURCE, resourceName: name, configurationKeys: [RETENTION] },
      ];
      const request = { resources, includeSynonyms: false, includeDocumentation: false };
      const response = await orNull(this.call(DESCRIBE_CONFIGS, request));
      const result = response?.results[0];
      if (result === undefined || result.errorCode !== ERROR.none) continue;
      const found = result.configs[0]?.value;
      if (found !== value && this.#retention.get(name) === value) {
        this.fail(`${RETENTION} of ${name} was set to ${value} and is ${found}`);
      }
    }
  }
}

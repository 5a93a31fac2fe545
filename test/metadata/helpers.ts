// A metadata machine without a log: commands are decided and applied at once.
import { BrokerError } from '../../src/base/errors.ts';
import type { AnswerTo, MetadataCommand, NewTopic } from '../../src/metadata/commands.ts';
import { MetadataImage } from '../../src/metadata/image.ts';
import { createMetadataMachine } from '../../src/metadata/machine.ts';
import type { MetadataRecord } from '../../src/metadata/records.ts';
import type { MetadataState } from '../../src/metadata/state.ts';

export const BROKER_ID = 1;

export class Bench {
  readonly machine;
  readonly state: MetadataState;
  readonly image: MetadataImage;
  /** Everything that was logged. */
  readonly log: MetadataRecord[] = [];
  companions: readonly object[] = [];
  nowMs = 1_700_000_000_000;
  #random = 0;

  constructor(staticValues: Readonly<Record<string, string>> = {}) {
    this.machine = createMetadataMachine({
      brokerId: BROKER_ID,
      staticValues: new Map(Object.entries(staticValues)),
    });
    this.state = this.machine.initial();
    this.image = new MetadataImage(() => this.state);
  }

  /** Never the same twice. */
  randomBytes(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let at = 0; at < count; at += 16) bytes.writeUInt32BE(++this.#random, at + 12);
    return bytes;
  }

  run<Command extends MetadataCommand>(command: Command): AnswerTo<Command> {
    const decision = this.machine.decide(this.state, command, 7, this.nowMs);
    const records = decision.records ?? [];
    this.log.push(...records);
    this.companions = decision.companions ?? [];
    for (const record of records) this.machine.apply(this.state, record);
    const [reply, ...others] = decision.replies ?? [];
    if (reply === undefined || others.length > 0 || reply.to !== 7)
      throw new Error('one reply to the caller');
    if (reply.answer instanceof BrokerError) throw reply.answer;
    return reply.answer as AnswerTo<Command>;
  }

  create(topics: readonly (Partial<NewTopic> & { name: string })[], validateOnly = false) {
    return this.run({
      kind: 'create-topics',
      topics: topics.map((topic) => newTopic(topic)),
      validateOnly,
      randomBytes: this.randomBytes(16 * topics.length),
    });
  }

  /** The state that a restart would have: all that was logged, through its stored form. */
  replayed(): MetadataState {
    return replay(this, this.log);
  }

  restoredFromSnapshot(): MetadataState {
    return replay(this, this.machine.snapshot(this.state));
  }
}

function replay(bench: Bench, records: Iterable<MetadataRecord>): MetadataState {
  const state = bench.machine.initial();
  for (const record of records)
    bench.machine.apply(state, bench.machine.decode(bench.machine.encode(record)));
  return state;
}

export function newTopic(topic: Partial<NewTopic> & { name: string }): NewTopic {
  return { partitionCount: 1, replicationFactor: 1, assignments: null, configs: [], ...topic };
}

/** What a state says, as plain data. */
export function contents(state: MetadataState): object {
  const topics = [...state.topicsById.values()]
    .map(({ id, name, createdMs, partitionCount, placement, overrides, config }) => ({
      id,
      name,
      createdMs,
      partitionCount,
      placement,
      overrides: Object.fromEntries([...overrides].sort()),
      config,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    clusterId: state.clusterId,
    topics,
    names: [...state.topicsByName.keys()].sort(),
    collisions: [...state.namesByKey].sort(),
    dynamic: [...state.dynamicValues].map(([id, values]) => [id, [...values].sort()]).sort(),
    sets: state.configSetCount,
  };
}

/** "code: sentence" of an error, or the value as it is. */
export function told(value: unknown): unknown {
  return value instanceof BrokerError ? `${value.code}: ${value.message}` : value;
}

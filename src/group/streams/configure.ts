/**
 * From a topology and the topics that there are to what the group can work with: how many tasks each subtopology has, how
 * many partitions each internal topic needs, which of those are missing, and what stands in the way.
 *
 * The rules are Kafka's (KIP-1071): a repartition topic without a count of its own gets the largest count of what the
 * subtopologies that write it read; topics of a copartition group must have equally many partitions, and repartition topics
 * follow; a changelog topic has one partition a task.
 */
import { BrokerError } from '../../base/errors.ts';
import { compareText } from './tasks.ts';
import type { InternalTopic, Subtopology, Topology } from './topology.ts';

/** The topics that exist. */
export interface ExistingTopics {
  /** Undefined: there is no such topic. */
  partitionCount(topic: string): number | undefined;
  /** Those that a pattern matches, sorted. */
  matching(pattern: string): readonly string[];
}

export interface ConfiguredTopic {
  readonly name: string;
  readonly partitionCount: number;
  /** −1: the broker's default. */
  readonly replicationFactor: number;
  readonly configs: InternalTopic['configs'];
}

export interface ConfiguredSubtopology {
  readonly id: string;
  readonly taskCount: number;
  /** Whether its tasks have state, of which standbys can be kept. */
  readonly stateful: boolean;
  readonly sourceTopics: readonly string[];
  readonly repartitionSinkTopics: readonly string[];
  readonly repartitionSourceTopics: readonly ConfiguredTopic[];
  readonly stateChangelogTopics: readonly ConfiguredTopic[];
}

/** What keeps the group from working, as members are told it. */
export interface TopologyProblem {
  readonly kind: 'missing-source-topics' | 'incorrectly-partitioned-topics' | 'missing-internal-topics';
  readonly detail: string;
}

export interface ConfiguredTopology {
  /** All that it works with, whether they are there or not: when they change, it may come to something else. */
  readonly topics: ReadonlySet<string>;
  /** In the order of their ids; null when they can't be told. */
  readonly subtopologies: readonly ConfiguredSubtopology[] | null;
  /** Null: the group can work. */
  readonly problem: TopologyProblem | null;
  readonly missingTopics: readonly ConfiguredTopic[];
}

/** Most tasks of a group: what one turn can assign. Not bounded in Kafka. */
export const TASKS_MAX = 100_000;
/** Names that a sentence lists. */
const NAMES_SHOWN_MAX = 10;

/** What a member can't change by waiting: the topology itself is wrong. */
export function checkTopology(topology: Topology): BrokerError | null {
  const ids = new Set<string>();
  for (const subtopology of topology.subtopologies) {
    if (ids.has(subtopology.id)) return invalid(`The subtopology ${subtopology.id} is there twice.`);
    ids.add(subtopology.id);
    const problem = checkSubtopology(subtopology);
    if (problem !== null) return invalid(`Subtopology ${subtopology.id}: ${problem}`);
  }
  return null;
}

function checkSubtopology(subtopology: Subtopology): string | null {
  const { sourceTopics, sourceTopicRegex, repartitionSourceTopics, stateChangelogTopics } = subtopology;
  if (sourceTopics.length + repartitionSourceTopics.length + sourceTopicRegex.length === 0)
    return 'it reads no topic.';
  const counted = stateChangelogTopics.find(({ partitions }) => partitions !== 0);
  if (counted !== undefined)
    return `its changelog topic ${counted.name} must leave the number of partitions open, but asks for ${counted.partitions}.`;
  const negative = repartitionSourceTopics.find(({ partitions }) => partitions < 0);
  if (negative !== undefined)
    return `its repartition topic ${negative.name} can't have ${negative.partitions} partitions.`;
  const fits = (places: readonly number[], topics: readonly unknown[]): boolean =>
    places.every((place) => place >= 0 && place < topics.length);
  const placed = subtopology.copartitionGroups.every(
    (group) =>
      fits(group.sourceTopics, sourceTopics) &&
      fits(group.sourceTopicRegex, sourceTopicRegex) &&
      fits(group.repartitionSourceTopics, repartitionSourceTopics),
  );
  return placed ? null : 'a copartition group names a topic that is not in its list.';
}

function invalid(message: string): BrokerError {
  return new BrokerError('streams-invalid-topology', message);
}

/** A topology that the topics of today don't allow; it may be well when they change. */
class ProblemFound extends Error {
  readonly problem: TopologyProblem;
  constructor(kind: TopologyProblem['kind'], detail: string) {
    super(detail);
    this.problem = { kind, detail };
  }
}

/** BrokerError streams-invalid-topology: no topics can make it work. */
export function configureTopology(
  topology: Topology,
  existing: ExistingTopics,
): ConfiguredTopology | BrokerError {
  const configuration = new Configuration(topology, existing);
  try {
    return configuration.result();
  } catch (error) {
    if (error instanceof ProblemFound) {
      const { topics } = configuration;
      return { topics, subtopologies: null, problem: error.problem, missingTopics: [] };
    }
    if (error instanceof BrokerError) return error;
    throw error;
  }
}

/** A subtopology with the topics that its patterns match. */
interface Resolved extends Subtopology {
  readonly matched: readonly (readonly string[])[];
  /** Named and matched ones, each once. */
  readonly sources: readonly string[];
}

class Configuration {
  readonly topics = new Set<string>();
  readonly #subtopologies: readonly Resolved[];
  readonly #existing: ExistingTopics;
  /** Partition counts of internal topics, as worked out. */
  readonly #decided = new Map<string, number>();

  constructor(topology: Topology, existing: ExistingTopics) {
    const sorted = [...topology.subtopologies].sort((a, b) => compareText(a.id, b.id));
    const internal = new Set<string>();
    for (const { repartitionSourceTopics, stateChangelogTopics } of sorted)
      for (const { name } of [...repartitionSourceTopics, ...stateChangelogTopics]) internal.add(name);
    this.#existing = existing;
    this.#subtopologies = sorted.map((subtopology) => {
      // What the application makes itself is no input of it, whatever its patterns match.
      const matched = subtopology.sourceTopicRegex.map((pattern) =>
        existing.matching(pattern).filter((name) => !internal.has(name)),
      );
      const sources = [...new Set([...subtopology.sourceTopics, ...matched.flat()])];
      return { ...subtopology, matched, sources };
    });
    for (const { sources } of this.#subtopologies) for (const name of sources) this.topics.add(name);
    for (const name of internal) this.topics.add(name);
  }

  result(): ConfiguredTopology {
    this.#checkSourceTopics();
    this.#decideRepartitionTopics();
    for (const subtopology of this.#subtopologies) this.#copartition(subtopology);
    const subtopologies = this.#subtopologies.map((subtopology) => this.#configured(subtopology));
    const tasks = subtopologies.reduce((sum, { taskCount }) => sum + taskCount, 0);
    if (tasks > TASKS_MAX) {
      throw invalid(
        `The topology has ${tasks} tasks; a group may have at most ${TASKS_MAX}: use topics of fewer partitions.`,
      );
    }
    const missingTopics = this.#missingTopics(subtopologies);
    const problem: TopologyProblem | null =
      missingTopics.length === 0
        ? null
        : {
            kind: 'missing-internal-topics',
            detail: `Internal topics are missing: ${listed(missingTopics.map(({ name }) => name))}`,
          };
    return { topics: this.topics, subtopologies, problem, missingTopics };
  }

  #checkSourceTopics(): void {
    const missing = new Set<string>();
    for (const { sourceTopics, sourceTopicRegex, matched } of this.#subtopologies) {
      for (const topic of sourceTopics)
        if (this.#existing.partitionCount(topic) === undefined) missing.add(topic);
      sourceTopicRegex.forEach((pattern, i) => {
        if (matched[i]!.length === 0) missing.add(pattern);
      });
    }
    if (missing.size > 0)
      throw new ProblemFound(
        'missing-source-topics',
        `Source topics ${listed([...missing].sort(compareText))} are missing.`,
      );
  }

  #count(topic: string): number | undefined {
    return this.#existing.partitionCount(topic) ?? this.#decided.get(topic);
  }

  #decideRepartitionTopics(): void {
    const open = new Set<string>();
    for (const { repartitionSourceTopics } of this.#subtopologies) {
      for (const { name, partitions } of repartitionSourceTopics) {
        if (partitions > 0) this.#decided.set(name, partitions);
        else open.add(name);
      }
    }
    for (const name of this.#decided.keys()) open.delete(name);
    // Along the flow of the data; only where it goes in a circle by what is known of the inputs.
    while (open.size > 0) {
      const decided = this.#decideNext(open, true) ?? this.#decideNext(open, false);
      if (decided === null)
        throw invalid(
          `The number of partitions can't be worked out of the repartition topics ${listed([...open].sort(compareText))}: ` +
            'no subtopology writes them, or they only depend on each other.',
        );
      open.delete(decided);
    }
  }

  /** Decides one of the `open` topics, and gives its name; null when none can be. */
  #decideNext(open: ReadonlySet<string>, allInputsKnown: boolean): string | null {
    for (const name of open) {
      let count = 0;
      let complete = true;
      for (const { repartitionSinkTopics, sources, repartitionSourceTopics } of this.#subtopologies) {
        if (!repartitionSinkTopics.includes(name)) continue;
        for (const input of [...sources, ...repartitionSourceTopics.map((topic) => topic.name)]) {
          const inputCount = this.#decided.get(input) ?? (open.has(input) ? undefined : this.#count(input));
          if (inputCount === undefined) complete = false;
          else count = Math.max(count, inputCount);
        }
      }
      if (count === 0 || (allInputsKnown && !complete)) continue;
      this.#decided.set(name, count);
      return name;
    }
    return null;
  }

  #copartition(subtopology: Resolved): void {
    const { sourceTopics, matched, repartitionSourceTopics } = subtopology;
    for (const group of subtopology.copartitionGroups) {
      const named = group.sourceTopics.map((place) => sourceTopics[place]!);
      const found = group.sourceTopicRegex.flatMap((place) => matched[place]!);
      const sources = [...new Set([...named, ...found])];
      const repartition = group.repartitionSourceTopics.map((place) => repartitionSourceTopics[place]!);
      const fixed = repartition.filter(({ partitions }) => partitions > 0).map(({ name }) => name);
      // What can't be changed leads: source topics, else repartition topics with a count of their own.
      const leading = sources.length > 0 ? sources : fixed;
      let count = this.#sameCount(leading);
      if (count === null) count = Math.max(0, ...repartition.map(({ name }) => this.#decided.get(name)!));
      for (const name of fixed) {
        if (this.#decided.get(name) === count) continue;
        throw new ProblemFound(
          'incorrectly-partitioned-topics',
          `Repartition topic ${name} has ${this.#decided.get(name)} partitions, but is copartitioned with source topics of ${count}.`,
        );
      }
      for (const { name } of repartition) this.#decided.set(name, count);
    }
  }

  /** The number of partitions that all of these have; null for no topics. */
  #sameCount(topics: readonly string[]): number | null {
    const counts = topics.map((topic) => this.#count(topic)!);
    if (counts.length === 0) return null;
    if (counts.every((count) => count === counts[0])) return counts[0]!;
    const shown = [...topics].sort(compareText).map((topic) => `${topic}=${this.#count(topic)}`);
    throw new ProblemFound(
      'incorrectly-partitioned-topics',
      `Following topics do not have the same number of partitions: ${listed(shown)}`,
    );
  }

  #configured(subtopology: Resolved): ConfiguredSubtopology {
    const { id, sources, repartitionSinkTopics, repartitionSourceTopics, stateChangelogTopics } = subtopology;
    const inputs = [...sources, ...repartitionSourceTopics.map(({ name }) => name)];
    const taskCount = inputs.reduce((most, topic) => Math.max(most, this.#count(topic)!), 0);
    for (const { name } of stateChangelogTopics) this.#decided.set(name, taskCount);
    return {
      id,
      taskCount,
      stateful: stateChangelogTopics.length > 0,
      sourceTopics: sources,
      repartitionSinkTopics,
      repartitionSourceTopics: repartitionSourceTopics.map((topic) => this.#internal(topic)),
      stateChangelogTopics: stateChangelogTopics.map((topic) => this.#internal(topic)),
    };
  }

  #internal({ name, replicationFactor, configs }: InternalTopic): ConfiguredTopic {
    return {
      name,
      partitionCount: this.#decided.get(name)!,
      replicationFactor: replicationFactor === 0 ? -1 : replicationFactor,
      configs,
    };
  }

  #missingTopics(subtopologies: readonly ConfiguredSubtopology[]): ConfiguredTopic[] {
    const wanted = new Map<string, ConfiguredTopic>();
    for (const { repartitionSourceTopics, stateChangelogTopics } of subtopologies) {
      for (const topic of [...repartitionSourceTopics, ...stateChangelogTopics])
        wanted.set(topic.name, topic);
    }
    const missing: ConfiguredTopic[] = [];
    for (const topic of wanted.values()) {
      const found = this.#existing.partitionCount(topic.name);
      if (found === undefined) missing.push(topic);
      else if (found !== topic.partitionCount) {
        throw new ProblemFound(
          'incorrectly-partitioned-topics',
          `Existing topic ${topic.name} has different number of partitions: expected ${topic.partitionCount}, found ${found}`,
        );
      }
    }
    return missing.sort((a, b) => compareText(a.name, b.name));
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  return names.length > NAMES_SHOWN_MAX ? `${shown} and ${names.length - NAMES_SHOWN_MAX} more` : shown;
}

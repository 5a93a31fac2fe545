/**
 * The topology of a Streams application, as its members send it: subtopologies with the topics they read, write and keep
 * their state in. The group keeps that of the first member; later ones must bring the same (KIP-1071).
 */

export interface InternalTopic {
  readonly name: string;
  /** 0: to be worked out (repartition topics), or as many as tasks (changelog topics). */
  readonly partitions: number;
  /** 0: the broker's default. */
  readonly replicationFactor: number;
  readonly configs: readonly (readonly [name: string, value: string])[];
}

/** Topics that must have equally many partitions: places in the lists of their subtopology. */
export interface CopartitionGroup {
  readonly sourceTopics: readonly number[];
  readonly sourceTopicRegex: readonly number[];
  readonly repartitionSourceTopics: readonly number[];
}

export interface Subtopology {
  readonly id: string;
  readonly sourceTopics: readonly string[];
  /** RE2 patterns whose topics are read, too. */
  readonly sourceTopicRegex: readonly string[];
  readonly stateChangelogTopics: readonly InternalTopic[];
  readonly repartitionSinkTopics: readonly string[];
  readonly repartitionSourceTopics: readonly InternalTopic[];
  readonly copartitionGroups: readonly CopartitionGroup[];
}

export interface Topology {
  readonly epoch: number;
  readonly subtopologies: readonly Subtopology[];
}

/** Whether two members bring the same; the order of the subtopologies doesn't matter. */
export function sameTopology(a: Topology, b: Topology): boolean {
  return canonical(a) === canonical(b);
}

function canonical({ epoch, subtopologies }: Topology): string {
  const texts = subtopologies.map((subtopology) =>
    JSON.stringify([
      subtopology.id,
      subtopology.sourceTopics,
      subtopology.sourceTopicRegex,
      subtopology.stateChangelogTopics.map(canonicalTopic),
      subtopology.repartitionSinkTopics,
      subtopology.repartitionSourceTopics.map(canonicalTopic),
      subtopology.copartitionGroups.map((group) => [
        group.sourceTopics,
        group.sourceTopicRegex,
        group.repartitionSourceTopics,
      ]),
    ]),
  );
  return `${epoch}\n${texts.sort().join('\n')}`;
}

function canonicalTopic({ name, partitions, replicationFactor, configs }: InternalTopic): unknown[] {
  return [name, partitions, replicationFactor, configs];
}

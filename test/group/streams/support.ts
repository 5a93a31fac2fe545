/** Topologies for tests. */
import type { InternalTopic, Subtopology, Topology } from '../../../src/group/streams/topology.ts';

export const internal = (name: string, partitions = 0): InternalTopic => ({
  name,
  partitions,
  replicationFactor: 0,
  configs: [['cleanup.policy', 'delete']],
});

export const subtopology = (id: string, fields: Partial<Subtopology>): Subtopology => ({
  id,
  sourceTopics: [],
  sourceTopicRegex: [],
  stateChangelogTopics: [],
  repartitionSinkTopics: [],
  repartitionSourceTopics: [],
  copartitionGroups: [],
  ...fields,
});

export const topology = (...subtopologies: Subtopology[]): Topology => ({ epoch: 0, subtopologies });

/** The word count: words of `text` are grouped, and counted in a second subtopology, which keeps `counts`. */
export const WORD_COUNT = topology(
  subtopology('0', { sourceTopics: ['text'], repartitionSinkTopics: ['words'] }),
  subtopology('1', {
    repartitionSourceTopics: [internal('words')],
    stateChangelogTopics: [internal('counts')],
  }),
);

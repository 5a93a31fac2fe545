import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import {
  type ConfiguredTopology,
  checkTopology,
  configureTopology,
  type ExistingTopics,
  TASKS_MAX,
} from '../../../src/group/streams/configure.ts';
import type { Topology } from '../../../src/group/streams/topology.ts';
import { internal, subtopology, topology, WORD_COUNT } from './support.ts';

const existing = (topics: Record<string, number>): ExistingTopics => ({
  partitionCount: (name) => topics[name],
  matching: (pattern) =>
    Object.keys(topics)
      .filter((name) => new RegExp(`^${pattern}$`).test(name))
      .sort(),
});

function configure(wanted: Topology, topics: Record<string, number>): ConfiguredTopology {
  const configured = configureTopology(wanted, existing(topics));
  if (configured instanceof BrokerError) throw configured;
  return configured;
}

const missing = ({ missingTopics }: ConfiguredTopology): Record<string, number> =>
  Object.fromEntries(missingTopics.map(({ name, partitionCount }) => [name, partitionCount]));

describe('a topology is configured', () => {
  test('with the partitions of internal topics, which are missing at first', () => {
    const configured = configure(WORD_COUNT, { text: 3 });
    expect(missing(configured)).toEqual({ counts: 3, words: 3 });
    expect(configured.problem).toEqual({
      kind: 'missing-internal-topics',
      detail: 'Internal topics are missing: counts, words',
    });
    expect(configured.missingTopics[0]).toEqual({
      name: 'counts',
      partitionCount: 3,
      replicationFactor: -1,
      configs: [['cleanup.policy', 'delete']],
    });
    expect(configured.subtopologies!.map(({ id, taskCount, stateful }) => [id, taskCount, stateful])).toEqual(
      [
        ['0', 3, false],
        ['1', 3, true],
      ],
    );
  });

  test('without a problem when all topics are there', () => {
    const configured = configure(WORD_COUNT, { text: 3, words: 3, counts: 3 });
    expect(configured.problem).toBeNull();
    expect(configured.missingTopics).toEqual([]);
  });

  test('along the flow of the data, whatever the order of the subtopologies', () => {
    const chain = topology(
      subtopology('0', { repartitionSourceTopics: [internal('b')], repartitionSinkTopics: ['c'] }),
      subtopology('1', { repartitionSourceTopics: [internal('a')], repartitionSinkTopics: ['b'] }),
      subtopology('2', { repartitionSourceTopics: [internal('c')] }),
      subtopology('3', { sourceTopics: ['x', 'y'], repartitionSinkTopics: ['a'] }),
    );
    expect(missing(configure(chain, { x: 2, y: 5 }))).toEqual({ a: 5, b: 5, c: 5 });
  });

  test('where the data goes in a circle, by what is known', () => {
    const circle = topology(
      subtopology('0', {
        sourceTopics: ['x'],
        repartitionSourceTopics: [internal('back')],
        repartitionSinkTopics: ['on'],
      }),
      subtopology('1', { repartitionSourceTopics: [internal('on')], repartitionSinkTopics: ['back'] }),
    );
    expect(missing(configure(circle, { x: 4 }))).toEqual({ back: 4, on: 4 });
  });

  test('with a count that the application gives', () => {
    const fixed = topology(
      subtopology('0', { sourceTopics: ['text'], repartitionSinkTopics: ['words'] }),
      subtopology('1', { repartitionSourceTopics: [internal('words', 7)] }),
    );
    expect(missing(configure(fixed, { text: 3 }))).toEqual({ words: 7 });
  });

  test('so that copartitioned repartition topics follow source topics', () => {
    const join = topology(
      subtopology('0', { sourceTopics: ['text'], repartitionSinkTopics: ['words'] }),
      subtopology('1', {
        sourceTopics: ['table'],
        repartitionSourceTopics: [internal('words')],
        copartitionGroups: [{ sourceTopics: [0], sourceTopicRegex: [], repartitionSourceTopics: [0] }],
      }),
    );
    expect(missing(configure(join, { text: 3, table: 8 }))).toEqual({ words: 8 });
  });

  test('with the topics that patterns match, but not those that it makes itself', () => {
    const patterns = topology(
      subtopology('0', {
        sourceTopics: ['in-a'],
        sourceTopicRegex: ['in-.*', 'other'],
        stateChangelogTopics: [internal('in-store')],
        copartitionGroups: [{ sourceTopics: [0], sourceTopicRegex: [0], repartitionSourceTopics: [] }],
      }),
    );
    const configured = configure(patterns, { 'in-a': 2, 'in-b': 2, 'in-store': 5, other: 5 });
    expect(configured.subtopologies![0]).toMatchObject({
      taskCount: 5,
      sourceTopics: ['in-a', 'in-b', 'other'],
    });
    expect(configure(patterns, { 'in-a': 2, 'in-b': 3, other: 5 }).problem?.detail).toBe(
      'Following topics do not have the same number of partitions: in-a=2, in-b=3',
    );
    expect(configure(patterns, { 'in-a': 2 }).problem?.detail).toBe('Source topics other are missing.');
  });

  test('so that copartitioned repartition topics have the most that one of them needs', () => {
    const join = topology(
      subtopology('0', { sourceTopics: ['x'], repartitionSinkTopics: ['a'] }),
      subtopology('1', { sourceTopics: ['y'], repartitionSinkTopics: ['b'] }),
      subtopology('2', {
        repartitionSourceTopics: [internal('a'), internal('b')],
        copartitionGroups: [{ sourceTopics: [], sourceTopicRegex: [], repartitionSourceTopics: [0, 1] }],
      }),
    );
    expect(missing(configure(join, { x: 2, y: 6 }))).toEqual({ a: 6, b: 6 });
  });
});

describe('what is in the way is said', () => {
  test('source topics that are not there', () => {
    expect(configure(WORD_COUNT, {})).toEqual({
      topics: new Set(['text', 'words', 'counts']),
      subtopologies: null,
      problem: { kind: 'missing-source-topics', detail: 'Source topics text are missing.' },
      missingTopics: [],
    });
    const many = subtopology('0', { sourceTopics: Array.from({ length: 12 }, (_, i) => `t${10 + i}`) });
    expect(configure(topology(many), {}).problem?.detail).toBe(
      'Source topics t10, t11, t12, t13, t14, t15, t16, t17, t18, t19 and 2 more are missing.',
    );
  });

  test('source topics of different sizes that must be alike', () => {
    const join = topology(
      subtopology('0', {
        sourceTopics: ['y', 'x'],
        copartitionGroups: [{ sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] }],
      }),
    );
    expect(configure(join, { x: 2, y: 3 }).problem).toEqual({
      kind: 'incorrectly-partitioned-topics',
      detail: 'Following topics do not have the same number of partitions: x=2, y=3',
    });
  });

  test('a repartition topic whose own count does not fit', () => {
    const join = topology(
      subtopology('0', { sourceTopics: ['text'], repartitionSinkTopics: ['words'] }),
      subtopology('1', {
        sourceTopics: ['table'],
        repartitionSourceTopics: [internal('words', 4)],
        copartitionGroups: [{ sourceTopics: [0], sourceTopicRegex: [], repartitionSourceTopics: [0] }],
      }),
    );
    expect(configure(join, { text: 3, table: 8 }).problem?.kind).toBe('incorrectly-partitioned-topics');
  });

  test('an internal topic that is there with another size', () => {
    expect(configure(WORD_COUNT, { text: 3, words: 3, counts: 2 }).problem).toEqual({
      kind: 'incorrectly-partitioned-topics',
      detail: 'Existing topic counts has different number of partitions: expected 3, found 2',
    });
  });
});

describe('a topology that no topics can make work is refused', () => {
  const refusal = (wanted: Topology, topics: Record<string, number> = {}): string => {
    const answer = checkTopology(wanted) ?? configureTopology(wanted, existing(topics));
    expect(answer).toBeInstanceOf(BrokerError);
    expect((answer as BrokerError).code).toBe('streams-invalid-topology');
    return (answer as BrokerError).message;
  };

  test('a repartition topic that nobody writes', () => {
    expect(refusal(topology(subtopology('0', { repartitionSourceTopics: [internal('a')] })))).toMatch(
      /can't be worked out of the repartition topics a:/,
    );
  });

  test('more tasks than a group may have', () => {
    const wide = topology(
      subtopology('0', { sourceTopics: ['x'] }),
      subtopology('1', { sourceTopics: ['y'] }),
    );
    expect(refusal(wide, { x: TASKS_MAX, y: 1 })).toMatch(/has 100001 tasks/);
  });

  test.each([
    ['no source', subtopology('0', {}), /reads no topic/],
    [
      'a changelog with a count',
      subtopology('0', { sourceTopics: ['x'], stateChangelogTopics: [internal('c', 3)] }),
      /must leave the number of partitions open/,
    ],
    [
      'a negative count',
      subtopology('0', { repartitionSourceTopics: [internal('a', -1)] }),
      /can't have -1 partitions/,
    ],
    [
      'a place that is not there',
      subtopology('0', {
        sourceTopics: ['x'],
        copartitionGroups: [{ sourceTopics: [1], sourceTopicRegex: [], repartitionSourceTopics: [] }],
      }),
      /not in its list/,
    ],
  ])('%s', (_, wrong, message) => {
    expect(refusal(topology(wrong))).toMatch(message);
  });

  test('a subtopology that is there twice', () => {
    const same = subtopology('0', { sourceTopics: ['x'] });
    expect(refusal(topology(same, same))).toMatch(/twice/);
  });
});

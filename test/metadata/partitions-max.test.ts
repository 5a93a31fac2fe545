/** polylog.partitions.max: how many partitions all topics may have together. */
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { Bench, told } from './helpers.ts';

const refusal = (count: number, added: number, max: number): string =>
  `policy-violation: There are ${count} partitions, and ${added} more would be over the ${max} that all topics together ` +
  'may have: delete topics, ask for fewer partitions, or raise polylog.partitions.max.';

const limited = (): Bench => new Bench({ 'polylog.partitions.max': '10' });

describe('polylog.partitions.max', () => {
  it('is 200,000 unless it is set', () => {
    const bench = new Bench();
    const answer = bench.create([
      { name: 'a', partitionCount: 200_000 },
      { name: 'b', partitionCount: 1 },
    ]);
    expect(told(answer[1])).toBe(refusal(200_000, 1, 200_000));
    expect(bench.state.topicsById.size).toBe(1);
  });

  it('refuses new topics beyond, counting those of the same request, and also when only checking', () => {
    const bench = limited();
    const wanted = [
      { name: 'a', partitionCount: 6 },
      { name: 'b', partitionCount: 5 },
      {
        name: 'c',
        partitionCount: -1,
        replicationFactor: -1,
        assignments: [0, 1, 2, 3].map((partition) => ({ partition, brokerIds: [1] })),
      },
      { name: 'd', partitionCount: -1 },
    ];
    for (const validateOnly of [true, false]) {
      const answer = bench.create(wanted, validateOnly);
      expect(answer[0]).toMatchObject({ partitionCount: 6 });
      expect(told(answer[1])).toBe(refusal(6, 5, 10));
      expect(answer[2]).toMatchObject({ partitionCount: 4 });
      expect(told(answer[3])).toBe(refusal(10, 1, 10));
    }
    expect(bench.state.partitionCount).toBe(10);
  });

  it('refuses more partitions of a topic beyond', () => {
    const bench = limited();
    bench.create([
      { name: 'a', partitionCount: 3 },
      { name: 'b', partitionCount: 3 },
    ]);
    const topics = [
      { name: 'a', partitionCount: 6, assignments: null },
      { name: 'b', partitionCount: 5, assignments: null },
    ];
    const answer = bench.run({ kind: 'create-partitions', validateOnly: false, topics });
    expect(answer[0]).toBe(6);
    expect(told(answer[1])).toBe(refusal(9, 2, 10));
    expect(bench.state.partitionCount).toBe(9);
  });

  it('counts what is there: after a deletion, a restart, and a change of the setting', () => {
    const bench = limited();
    bench.create([
      { name: 'a', partitionCount: 4 },
      { name: 'b', partitionCount: 6 },
    ]);
    expect(told(bench.create([{ name: 'c' }])[0])).toBe(refusal(10, 1, 10));
    bench.run({ kind: 'delete-topics', topics: [{ name: 'a', id: null }] });
    expect(bench.create([{ name: 'c' }])[0]).toMatchObject({ name: 'c' });
    bench.run({
      kind: 'create-partitions',
      validateOnly: false,
      topics: [{ name: 'c', partitionCount: 2, assignments: null }],
    });
    expect([
      bench.state.partitionCount,
      bench.replayed().partitionCount,
      bench.restoredFromSnapshot().partitionCount,
    ]).toEqual([8, 8, 8]);
    const [altered] = bench.run({
      kind: 'alter-configs',
      validateOnly: false,
      resources: [
        {
          resource: { kind: 'broker', name: '' },
          mode: 'incremental',
          changes: [{ name: 'polylog.partitions.max', operation: 'set', value: '8' }],
        },
      ],
    });
    expect(altered).toBeNull();
    expect(told(bench.create([{ name: 'd' }])[0])).toBe(refusal(8, 1, 8));
  });

  it('gives topics that are refused for the same reason one error', () => {
    const bench = limited();
    const answer = bench.create(
      Array.from({ length: 1000 }, (_, i) => ({ name: `t${i}`, partitionCount: 11 })),
    );
    expect(answer.every((one) => one instanceof BrokerError)).toBe(true);
    expect(new Set(answer).size).toBe(1);
  });
});

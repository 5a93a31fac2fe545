import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { MachineRunner } from '../../src/machine/runner.ts';
import { EmbeddedMetadataStore } from '../../src/metadata/embedded-store.ts';
import type { MetadataDelta } from '../../src/metadata/image.ts';
import { MemoryLog } from '../machine/support/memory-log.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { newTopic } from './helpers.ts';

function open(log: MemoryLog): EmbeddedMetadataStore {
  return new EmbeddedMetadataStore({
    brokerId: 1,
    staticValues: new Map(),
    run: (machine) => new MachineRunner({ machine, log, clock: new TestClock() }),
  });
}

async function started(log: MemoryLog, fill = 1): Promise<EmbeddedMetadataStore> {
  const store = open(log);
  const ready = store.start(Buffer.alloc(48, fill));
  await Promise.resolve();
  await Promise.resolve();
  log.commit();
  await ready;
  return store;
}

function namesOf(delta: MetadataDelta): object {
  const names = (topics: MetadataDelta['created']): string[] => topics.map(({ name }) => name);
  return {
    ...delta,
    created: names(delta.created),
    deleted: names(delta.deleted),
    changed: names(delta.changed),
  };
}

const NOTHING = {
  created: [],
  deleted: [],
  changed: [],
  aclsAdded: [],
  aclsRemoved: [],
  brokerConfig: false,
  quotas: false,
};

describe('the embedded metadata store', () => {
  it('answers when durable, tells listeners, and is there after a restart', async () => {
    const log = new MemoryLog();
    const store = await started(log);
    const deltas: object[] = [];
    const stop = store.watch((delta) => deltas.push(namesOf(delta)));
    const answers: unknown[] = [];
    store.propose(
      {
        kind: 'create-topics',
        topics: [newTopic({ name: 'a' }), newTopic({ name: 'b' }), newTopic({ name: '/' })],
        validateOnly: false,
        randomBytes: Buffer.from(Array.from({ length: 48 }, (_, i) => i)),
      },
      (answer) => {
        if (answer instanceof BrokerError) throw answer;
        answers.push(answer.map((one) => (one instanceof BrokerError ? one.code : one.name)));
      },
    );
    expect(answers).toEqual([]);
    expect(deltas).toEqual([{ ...NOTHING, created: ['a', 'b'] }]);
    log.commit();
    expect(answers).toEqual([['a', 'b', 'invalid-topic']]);

    const ignore = (): void => {};
    store.propose(
      {
        kind: 'create-partitions',
        topics: [{ name: 'a', partitionCount: 2, assignments: null }],
        validateOnly: false,
      },
      ignore,
    );
    store.propose({ kind: 'delete-topics', topics: [{ name: 'b', id: null }] }, ignore);
    const changes = [{ name: 'max.connections', operation: 'set', value: '3' }] as const;
    store.propose(
      {
        kind: 'alter-configs',
        resources: [{ resource: { kind: 'broker', name: '' }, mode: 'incremental', changes }],
        validateOnly: false,
      },
      ignore,
    );
    store.propose({ kind: 'delete-topics', topics: [{ name: 'nowhere', id: null }] }, ignore);
    stop();
    store.propose({ kind: 'delete-topics', topics: [{ name: 'a', id: null }] }, ignore);
    expect(deltas.slice(1)).toEqual([
      { ...NOTHING, changed: ['a'] },
      { ...NOTHING, deleted: ['b'] },
      { ...NOTHING, brokerConfig: true },
    ]);

    log.commit(3);
    const restarted = await started(log.crash(0), 2);
    expect(restarted.image.clusterId).toBe(store.image.clusterId);
    expect(restarted.image.topicNames()).toEqual(['a']);
    expect(restarted.image.topicByName('a')!.partitionCount).toBe(2);
    expect(restarted.image.settings.connectionsMax).toBe(3);
  });

  it('changes nothing when the log refuses', async () => {
    const log = new MemoryLog();
    const store = await started(log);
    log.refusal = new BrokerError('storage-full', 'The disk is full.');
    const deltas: MetadataDelta[] = [];
    store.watch((delta) => deltas.push(delta));
    let answer: unknown = null;
    store.propose(
      {
        kind: 'create-topics',
        topics: [newTopic({ name: 'a' })],
        validateOnly: false,
        randomBytes: Buffer.alloc(16, 3),
      },
      (given) => {
        answer = given;
      },
    );
    expect(answer).toBe(log.refusal);
    expect(deltas).toEqual([]);
    expect(store.image.topicCount).toBe(0);
  });

  it("does not start when the cluster's id can't be stored", async () => {
    const log = new MemoryLog();
    log.refusal = new BrokerError('storage-full', 'The disk is full.');
    await expect(open(log).start(Buffer.alloc(48, 1))).rejects.toBe(log.refusal);
  });
});

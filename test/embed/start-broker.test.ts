import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerError, startBroker } from '../../src/embed/index.ts';
import { TestLogger } from '../store/support.ts';
import { LIST_OFFSETS, PRODUCE } from '../support/kafka-apis.ts';
import {
  batchOf,
  createTopics,
  describeTopics,
  encodeRequest,
  fetchOne,
  newProducerId,
  produceFields,
  produceOne,
  TestClient,
} from '../support/kafka-client.ts';

const made: string[] = [];
function newDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'polylog-test-'));
  made.push(path);
  return path;
}
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function refusal(options: Parameters<typeof startBroker>[0]): Promise<BrokerError> {
  const outcome = await startBroker(options).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(BrokerError);
  return outcome as BrokerError;
}

describe('startBroker', () => {
  it('runs twenty beside each other, each with its own data', async () => {
    const brokers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => startBroker(i % 2 === 0 ? {} : { data: 'memory' })),
    );
    expect(new Set(brokers.map(({ bootstrap }) => bootstrap)).size).toBe(20);
    await Promise.all(
      brokers.map(async (broker, i) => {
        await using client = await TestClient.connect(broker.bootstrap);
        await createTopics(client, { mine: 1 });
        for (let n = 0; n <= i; n++) await produceOne(client, 'mine', batchOf([`${i}`]));
        expect((await fetchOne(client, 'mine')).highWatermark).toBe(i + 1);
      }),
    );
    await Promise.all(brokers.map((broker) => broker.close()));
    for (const { directory } of brokers) if (directory !== null) expect(existsSync(directory)).toBe(false);
  });

  it('removes a temporary directory, also when it is closed twice', async () => {
    const broker = await startBroker();
    expect(readdirSync(broker.directory!).length).toBeGreaterThan(0);
    await Promise.all([broker.close(), broker.close()]);
    await broker.close();
    expect(existsSync(broker.directory!)).toBe(false);
  });

  it('in memory makes no files', async () => {
    const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('polylog-'));
    const before = temporary();
    await using broker = await startBroker({ data: 'memory' });
    await using client = await TestClient.connect(broker.bootstrap);
    await createTopics(client, { a: 1 });
    await produceOne(client, 'a', batchOf(['v']));
    expect(broker.directory).toBeNull();
    expect(temporary().filter((name) => !before.includes(name))).toEqual([]);
    expect(existsSync('/polylog')).toBe(false);
  });

  it('closes connections, and answers what is in flight before', async () => {
    const broker = await startBroker();
    const [busy, waiting] = [
      await TestClient.connect(broker.bootstrap),
      await TestClient.connect(broker.bootstrap),
    ];
    await createTopics(busy, { a: 1, quiet: 1 });
    const long = fetchOne(waiting, 'quiet', { maxWaitMs: 60_000 }).catch((error: Error) => error.message);
    const answer = busy.nextAnswer();
    busy.socket.write(
      encodeRequest(
        PRODUCE,
        { ...PRODUCE.defaults(), ...produceFields('a', { 0: batchOf(['v']) }), transactionalId: null },
        { version: 9 },
      ),
    );
    // The request is there when a later one on another connection has been answered twice over.
    await using other = await TestClient.connect(broker.bootstrap);
    while ((await fetchOne(other, 'a')).highWatermark === 0) await describeTopics(other, ['a']);
    await broker.close();
    expect((await answer).length).toBeGreaterThan(10);
    await Promise.all([busy.closed, waiting.closed, other.closed]);
    expect(typeof (await long)).toBe('string');
  });

  describe('on a directory', () => {
    it('finds topics, records, producers and ids again', async () => {
      const data = { directory: newDirectory() };
      let producerId: number;
      const batch = (sequence: number): Buffer =>
        batchOf(['v'], { producerId, producerEpoch: 0, baseSequence: sequence });
      {
        await using broker = await startBroker({ data });
        await using client = await TestClient.connect(broker.bootstrap);
        await createTopics(client, { a: 2 }, { 'retention.ms': '-1' });
        producerId = await newProducerId(client);
        for (const sequence of [0, 1, 2]) await produceOne(client, 'a', batch(sequence));
      }
      expect(readdirSync(data.directory).length).toBeGreaterThan(0);
      await using broker = await startBroker({ data });
      await using client = await TestClient.connect(broker.bootstrap);
      expect((await describeTopics(client, ['a']))[0]!.partitions).toHaveLength(2);
      // A batch that is sent again after the restart has the offset that it had.
      expect(await produceOne(client, 'a', batch(2))).toMatchObject({ errorCode: 0, baseOffset: 2 });
      expect((await produceOne(client, 'a', batch(4))).errorCode).toBe(45);
      expect(await produceOne(client, 'a', batch(3))).toMatchObject({ errorCode: 0, baseOffset: 3 });
      expect(await newProducerId(client)).toBeGreaterThan(producerId);
      expect((await fetchOne(client, 'a')).highWatermark).toBe(4);
    });

    it('knows duplicates also when chunks were sealed between, and gives no producer id twice', async () => {
      const data = { directory: newDirectory() };
      const settings = { 'polylog.chunk.bytes': 65_536 };
      const ids = new Set<number>();
      for (let round = 0; round < 4; round++) {
        await using broker = await startBroker({ data, settings });
        await using client = await TestClient.connect(broker.bootstrap);
        if (round === 0) await createTopics(client, { a: 1, filler: 1 });
        for (let i = 0; i < 3; i++) ids.add(await newProducerId(client));
        const [producerId] = ids;
        const mine = (sequence: number): Buffer =>
          batchOf([`${sequence}`], { producerId: producerId!, producerEpoch: 0, baseSequence: sequence });
        if (round > 0) {
          const again = await produceOne(client, 'a', mine(round - 1));
          expect(again).toMatchObject({ errorCode: 0, baseOffset: round - 1 });
        }
        expect(await produceOne(client, 'a', mine(round))).toMatchObject({ errorCode: 0, baseOffset: round });
        for (let i = 0; i < 8; i++) await produceOne(client, 'filler', batchOf(['x'.repeat(20_000)]));
      }
      expect(ids.size).toBe(12);
      const chunks = readdirSync(data.directory, { recursive: true }).filter((name) =>
        String(name).includes('index'),
      );
      expect(chunks.length).toBeGreaterThan(2);
    });

    it('keeps the answer to a look-up by time over a restart', async () => {
      const data = { directory: newDirectory() };
      const ask = async (client: TestClient): Promise<number> => {
        const { topics } = await client.call(LIST_OFFSETS, {
          topics: [
            { name: 'a', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: 1500 }] },
          ],
        });
        return topics[0]!.partitions[0]!.offset;
      };
      {
        await using broker = await startBroker({ data, settings: { 'log.retention.ms': -1 } });
        await using client = await TestClient.connect(broker.bootstrap);
        await createTopics(client, { a: 1 });
        for (const timestampMs of [1000, 2000])
          await produceOne(client, 'a', batchOf(['v', 'w'], { timestampMs }));
        expect(await ask(client)).toBe(2);
      }
      await using broker = await startBroker({ data, settings: { 'log.retention.ms': -1 } });
      await using client = await TestClient.connect(broker.bootstrap);
      expect(await ask(client)).toBe(2);
    });

    it('refuses one that another broker has', async () => {
      const data = { directory: newDirectory() };
      await using _broker = await startBroker({ data });
      const error = await refusal({ data });
      expect(error.message).toMatch(new RegExp(String(process.pid)));
    });
  });

  it('says which address is in use, and leaves nothing behind', async () => {
    await using broker = await startBroker();
    const directory = newDirectory();
    const error = await refusal({ port: broker.port, data: { directory } });
    expect(error.code).toBe('invalid-config');
    expect(error.message).toContain(`127.0.0.1:${broker.port}`);
    expect(error.message).toMatch(/EADDRINUSE/);
    // The directory is free again.
    await using _second = await startBroker({ data: { directory } });
  });

  it.each([
    [{ settings: { 'no.such.setting': 1 } }, /no\.such\.setting/],
    [{ settings: { 'num.partitions': 'many' } }, /num\.partitions/],
    [{ settings: { 'num.partitions': 0 } }, /num\.partitions/],
    [{ port: 70_000 }, /70000/],
    [{ host: 'no such host' }, /no such host/],
  ])('refuses settings that are wrong with a sentence: %j', async (options, why) => {
    const error = await refusal(options);
    expect(error.code).toBe('invalid-config');
    expect(error.message).toMatch(why);
  });

  it('gives its log lines to whoever asks', async () => {
    const logger = new TestLogger();
    const broker = await startBroker({ logger, data: 'memory' });
    const client = await TestClient.connect(broker.bootstrap);
    client.socket.write(Buffer.alloc(64, 0xff));
    await client.closed;
    await broker.close();
    expect(logger.messages('warn')).toEqual([expect.stringMatching(/request size -1/)]);
  });
});

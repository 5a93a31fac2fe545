/** What clients in use send that is not quite the protocol, and that Kafka takes. */
import { expect, test } from 'vitest';
import { ByteReader } from '../../../src/base/byte-reader.ts';
import { startBroker } from '../../../src/embed/start-broker.ts';
import { readResponseHeader } from '../../../src/protocol/kafka/codec/header.ts';
import { METADATA } from '../../support/kafka-apis.ts';
import { createTopics, encodeRequest, TestClient } from '../../support/kafka-client.ts';

test("librdkafka's request for all topics, whose null list has four bytes where one is due, lists all topics", async () => {
  await using broker = await startBroker({ data: 'memory' });
  await using client = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { one: 1, two: 1 });

  const version = 13;
  const asked = encodeRequest(
    METADATA,
    { ...METADATA.defaults(), topics: null, allowAutoTopicCreation: false },
    { version, correlationId: 7, clientId: 'rdkafka' },
  );
  const headerBytes = 4 + 2 + 2 + 4 + 2 + 'rdkafka'.length + 1;
  const bytes = Buffer.concat([asked.subarray(0, headerBytes), Buffer.alloc(3), asked.subarray(headerBytes)]);
  bytes.writeInt32BE(bytes.length - 4, 0);

  const reader = new ByteReader(await client.exchange(bytes));
  expect(readResponseHeader(reader, METADATA.key, version)).toBe(7);
  const { topics } = METADATA.read(reader, version);
  expect(topics.map(({ name }) => name).sort()).toEqual(['one', 'two']);
});

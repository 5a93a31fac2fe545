/**
 * One client that sends without end beside one that behaves: told by the order of answers, not by time. What one turn of
 * the loop may take is in session.test.ts; what it is worth is a figure of bench/.
 */
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { API_VERSIONS } from '../../support/kafka-apis.ts';
import { batchOf, createTopics, encodeRequest, produceOne, TestClient } from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let client: TestClient;

beforeEach(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { good: 1 });
});

afterEach(async () => {
  await client.close();
  await broker.close();
});

/** Sends `count` requests at once; `bytes` are those of their answers so far. */
function flood(request: Buffer, count: number) {
  const [host, port] = broker.bootstrap.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  const flooding = { socket, bytes: 0, begun: Promise.resolve() };
  flooding.begun = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      flooding.bytes += chunk.length;
      resolve();
    });
  });
  socket.write(Buffer.concat(Array<Buffer>(count).fill(request)));
  return flooding;
}

it('is answered in between a client that pipelines 100,000 requests, a slice of them at a time', async () => {
  const request = encodeRequest(API_VERSIONS, API_VERSIONS.defaults(), { version: 0 });
  const answerBytes = (await client.exchange(request)).length + 4;
  const flooding = flood(request, 100_000);
  await flooding.begun;
  const before = flooding.bytes;
  await client.call(API_VERSIONS, {}, 0);
  const { errorCode } = await produceOne(client, 'good', batchOf(['fine']));
  expect(errorCode).toBe(0);
  // Some slices of a hundred; without turns the two answers are ten thousand apart.
  expect((flooding.bytes - before) / answerBytes).toBeLessThan(3000);
  flooding.socket.destroy();
});

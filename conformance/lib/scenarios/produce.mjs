// Produce with every acks and every compression, read everything back, compare keys, values, headers and timestamps.
import { absent, check, equal, eventually, PATIENCE_MS } from '../harness.mjs';

export const PARTITIONS = 3;
const ACKS = { 0: 'acks=0', 1: 'acks=1', '-1': 'acks=all' };
const BASE_MS = Date.now() - 3_600_000;

const base64 = (value) => (value === null ? null : Buffer.from(value).toString('base64'));

/** Bytes that do not compress, the same each time. */
export function noise(length, seed) {
  let state = (seed >>> 0) + 1;
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  return bytes;
}

/** A message in the form that goes to a driver: bytes in base64, headers as a list of pairs. */
export function message({ partition, key = null, value, headers = [], timestamp }) {
  return {
    partition,
    key: base64(key),
    value: base64(value),
    headers: headers.map(([name, content]) => [name, base64(content)]),
    timestamp,
  };
}

/** Sixty messages over three partitions: the plain ones, and each shape that a codec can get wrong. */
export function sampleMessages(tag) {
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const shapes = [
    { key: 'key', value: 'value' },
    { key: null, value: `${tag} no key` },
    { key: '', value: `${tag} empty key` },
    { key: 'empty value', value: '' },
    { key: 'tombstone', value: null },
    { key: everyByte, value: everyByte },
    { key: 'ключ', value: 'значение, 値, 🙂' },
    { key: 'one header', value: 'v', headers: [['trace', 'abc']] },
    {
      key: 'headers',
      value: 'v',
      headers: [
        ['a', '1'],
        ['b', everyByte],
        ['ünï', '🙂'],
        ['empty', ''],
      ],
    },
    {
      key: 'repeated header',
      value: 'v',
      headers: [
        ['h', '1'],
        ['h', '2'],
      ],
    },
    { key: 'null header', value: 'v', headers: [['n', null]] },
    { key: 'compressible', value: 'abcdefgh'.repeat(2_500) },
    { key: 'noise', value: noise(5_000, tag.length) },
  ];
  const messages = [];
  for (let i = 0; i < 60; i += 1) {
    const shape = shapes[i] ?? { key: `key-${i}`, value: `${tag}-${i}` };
    messages.push({
      ...message({ ...shape, partition: i % PARTITIONS, timestamp: BASE_MS + i }),
      shape: shape.key,
    });
  }
  return messages;
}

/** The messages by partition, with the offsets that a new topic gives them. */
export function byPartition(messages) {
  const lists = new Map();
  for (const one of messages) {
    const list = lists.get(one.partition) ?? [];
    lists.set(one.partition, list);
    list.push({ ...one, offset: one.offset ?? list.length });
  }
  return lists;
}

export function compareMessages(got, wanted, fields = ['offset', 'key', 'value', 'headers', 'timestamp']) {
  equal(got.length, wanted.length, 'number of messages read');
  const gotLists = byPartition(got);
  for (const [partition, list] of byPartition(wanted)) {
    const gotList = gotLists.get(partition) ?? [];
    for (const [i, one] of list.entries()) {
      const other = gotList[i];
      check(other !== undefined, `partition ${partition}: only ${gotList.length} messages`);
      for (const field of fields) {
        equal(other[field], one[field], `partition ${partition}, message ${i} (key ${one.key}), ${field}`);
      }
    }
  }
}

/**
 * Creates topics and waits until the leader of each partition answers. Between the creation's answer and the leader's
 * first there is a moment in which a produce gets an error for one partition and not for another; a client that then
 * sends the whole request again, without idempotence, stores the other partition's messages twice.
 */
export async function createReady(driver, topics) {
  // `preparation`: a client that cannot create topics lets another do it for its tests.
  await driver.call('createTopics', { topics, preparation: true });
  for (const { topic, partitions } of topics) {
    const all = Array.from({ length: partitions }, (_, p) => p);
    await eventually(
      () =>
        driver.call('listOffsets', { topic, partitions: all, at: 'latest' }).catch((error) => error.message),
      (answer) => typeof answer === 'object' && Object.values(answer).every((offset) => offset === 0),
      PATIENCE_MS,
      `the leaders of ${topic} to answer`,
    );
  }
}

export async function produceScenario({ client, driver, step }) {
  const cases = [];
  for (const acks of client.acks ?? [0, 1, -1]) {
    for (const compression of client.compressions) cases.push({ acks, compression });
  }
  const name = ({ acks, compression }) => `produce-${acks}-${compression}`.replace('--1', '-all');
  await createReady(
    driver,
    cases.map((one) => ({ topic: name(one), partitions: PARTITIONS, configs: {} })),
  );
  for (const one of cases) {
    await step(`produce ${ACKS[one.acks]} ${one.compression}, read back`, async () => {
      const topic = name(one);
      const messages = sampleMessages(topic).filter((each) => client.cannotSend?.[each.shape] === undefined);
      const answer = await driver.call('produce', { topic, ...one, messages });
      if (client.noTimestamps !== undefined && one === cases[0])
        absent('produce: timestamps of its own', client.noTimestamps);
      if (answer.offsets !== undefined && one.acks !== 0) {
        const offsets = messages.map(
          (each, i) => messages.slice(0, i).filter((e) => e.partition === each.partition).length,
        );
        equal(answer.offsets, offsets, 'offsets that the producer was told');
      }
      const from = Object.fromEntries(Array.from({ length: PARTITIONS }, (_, p) => [p, 0]));
      const got = await driver.call('read', { topic, from, count: messages.length });
      const wanted = client.asReceived ? messages.map((each) => client.asReceived(each)) : messages;
      compareMessages(got, wanted, client.noTimestamps ? ['offset', 'key', 'value', 'headers'] : undefined);
    });
  }
  for (const [shape, why] of Object.entries(client.cannotSend ?? {})) {
    const messages = sampleMessages('refused').filter((each) => each.shape === shape);
    const sent = await driver
      .call('produce', { topic: name(cases[0]), acks: -1, compression: 'none', messages })
      .then(
        () => true,
        () => false,
      );
    if (sent)
      await step(`produce: ${shape}`, async () =>
        check(false, `declared as refused (${why}), but it was sent`),
      );
    else absent(`produce: ${shape}`, why);
  }
  for (const [compression, why] of Object.entries(client.absentCompressions ?? {})) {
    await step(`compression ${compression}`, () =>
      driver.call('produce', {
        topic: name(cases[0]),
        acks: -1,
        compression,
        messages: [message({ partition: 0, value: why })],
      }),
    );
  }
}

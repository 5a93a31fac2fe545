// Headers that mean something (docs/protocols/kafka.md): each client delays and deduplicates, and reads on over what that leaves.
import { absent, check, equal } from '../harness.mjs';
import { createReady, message } from './produce.mjs';

const DELAYED = 'headers-delayed';
const ONCE = 'headers-once';
const DELAY_MS = 3000;
const text = (value) => Buffer.from(value, 'base64').toString();

export async function headersScenario({ client, driver, step }) {
  if (process.env.BROKER === 'kafka') return absent('headers', 'Apache Kafka heeds none');
  const configs = { 'polylog.headers': 'true' };
  await createReady(
    driver,
    [DELAYED, ONCE].map((topic) => ({ topic, partitions: 1, configs })),
  );
  const send = (topic, messages, compression = 'none') =>
    driver.call('produce', {
      topic,
      acks: -1,
      compression,
      messages: messages.map(([value, headers]) =>
        message({ partition: 0, value, headers: Object.entries(headers) }),
      ),
    });
  const read = async (topic, count) =>
    (await driver.call('read', { topic, from: { 0: 0 }, count })).map((each) => text(each.value));

  await step('headers: what is delayed comes behind, and not before its time', async () => {
    const atMs = Date.now() + DELAY_MS;
    const late = (i) => [`late ${i}`, { 'deliver-at-ms': String(atMs + i) }];
    const now = [];
    let lates = 0;
    for (const compression of client.compressions) {
      await send(DELAYED, [late(lates), [compression, {}], late(lates + 1)], compression);
      await send(DELAYED, [late(lates + 2)], compression);
      now.push(compression);
      lates += 3;
    }
    equal(await read(DELAYED, now.length), now, 'messages that enter at once');
    // Waits at the end for what is not there yet.
    const all = await read(DELAYED, now.length + lates);
    check(Date.now() >= atMs + lates - 1, 'it came too early');
    equal(all, [...now, ...Array.from({ length: lates }, (_, i) => `late ${i}`)], 'all messages');
  });
  await step('headers: what has the id of another is not stored', async () => {
    const one = (value, id) => [value, { 'dedup-id': id }];
    for (const compression of client.compressions) {
      await send(ONCE, [one(`first ${compression}`, compression)], compression);
      await send(ONCE, [one('again', compression)], compression);
      await send(ONCE, [one('again', compression), ['between', {}], one('again', compression)], compression);
    }
    const expected = client.compressions.flatMap((compression) => [`first ${compression}`, 'between']);
    equal(await read(ONCE, expected.length), expected, 'messages');
  });
  await step('headers: a malformed one is refused', async () => {
    const sent = send(ONCE, [['x', { priority: 'highest' }]]);
    const refused = await sent.then(
      () => false,
      () => true,
    );
    check(refused, 'the message was taken');
  });
}

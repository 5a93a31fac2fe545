// A view topic: each client reads what the filter wants, at the origin's offsets, and gets over what it isn't shown.
import { absent, check, equal } from '../harness.mjs';
import { createReady, message } from './produce.mjs';

const ORIGIN = 'views-origin';
const VIEW = 'views-seen';
const UNTAGGED = 'views-untagged';
const GROUP = 'views-group';
/** Messages that nobody is shown, a thousand at a time. */
const HIDDEN_THOUSANDS = 20;
const text = (value) => Buffer.from(value, 'base64').toString();

export async function viewsScenario({ client, driver, step }) {
  if (process.env.BROKER === 'kafka') return absent('views', 'Apache Kafka has none');
  const view = (topic, filter) => ({
    topic,
    partitions: 1,
    configs: { 'polylog.view.of': ORIGIN, 'polylog.view.filter': filter },
  });
  await createReady(driver, [{ topic: ORIGIN, partitions: 1, configs: {} }]);
  await createReady(driver, [view(VIEW, "TAGS = 'a'"), view(UNTAGGED, 'TAGS IS NULL')]);
  const shown = [];
  let end = 0;
  const one = (value, tag) => message({ partition: 0, value, headers: [['tag', tag]] });
  const send = async (tags, compression = 'none') => {
    const messages = tags.map((tag, i) => one(`${tag}-${end + i}`, tag));
    await driver.call('produce', { topic: ORIGIN, acks: -1, compression, messages });
    tags.forEach((tag, i) => {
      if (tag === 'a') shown.push([end + i, `a-${end + i}`]);
    });
    end += tags.length;
  };
  const read = async () => {
    const got = await driver.call('read', { topic: VIEW, from: { 0: 0 }, count: shown.length });
    return got.map((each) => [each.offset, text(each.value)]);
  };
  for (const compression of client.compressions) {
    await send(
      Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? 'a' : 'b')),
      compression,
    );
    await send(Array(3).fill('a'), compression);
    await send(Array(3).fill('b'), compression);
  }
  await step('views: what the filter wants, at its offsets', async () => {
    equal(await read(), shown, 'messages');
  });
  await step('views: a group goes on behind what it is not shown', async () => {
    const consume = async (count) => {
      const got = await driver.call('consume', { group: GROUP, topic: VIEW, count, metadata: '' });
      return got.map((each) => text(each.value));
    };
    equal((await consume(shown.length)).length, shown.length, 'messages of the first time');
    await send(['b', 'b', 'b']);
    await send(['b', 'a']);
    equal(await consume(1), [`a-${end - 1}`], 'messages of the second time');
  });
  await step('views: one far behind what is not shown', async () => {
    for (let i = 0; i < HIDDEN_THOUSANDS; i += 1)
      await send(Array(1_000).fill('b'), client.compressions.at(-1));
    await send(['a']);
    equal(await read(), shown, 'messages');
  });
  await step('views: they can only be read', async () => {
    const sent = driver.call('produce', {
      topic: VIEW,
      acks: -1,
      compression: 'none',
      messages: [one('x', 'a')],
    });
    const refused = await sent.then(
      () => false,
      () => true,
    );
    check(refused, 'a message was taken');
  });
  if (client.absent?.transactions !== undefined) return;
  await step('views: nothing of what was aborted', async () => {
    await driver.call('txnOpen', { name: 'views', transactionalId: 'views', timeoutMs: 60_000 });
    for (const commit of [false, true]) {
      await driver.call('txnBegin', { name: 'views' });
      const messages = [message({ partition: 0, value: commit ? 'committed' : 'aborted' })];
      await driver.call('txnSend', { name: 'views', topic: ORIGIN, messages });
      await driver.call('txnEnd', { name: 'views', commit });
    }
    await driver.call('txnClose', { name: 'views' });
    const got = await driver.call('read', {
      topic: UNTAGGED,
      from: { 0: 0 },
      count: 1,
      isolation: 'read_committed',
    });
    // Behind the aborted message and its marker.
    equal(
      got.map((each) => [each.offset, text(each.value)]),
      [[end + 2, 'committed']],
      'messages of read_committed',
    );
  });
}

// Seek by time: offsets for timestamps before, between and after the messages, and reading on from there.
import { equal } from '../harness.mjs';
import { createReady, message } from './produce.mjs';

export async function timeScenario({ client, driver, step }) {
  const topic = 'time-topic';
  // kcat and others send no timestamp of their own: then the test is built from what was stored.
  const startMs = Date.now() - 600_000;
  await createReady(driver, [{ topic, partitions: 2, configs: {} }]);
  let messages = [];
  for (let i = 0; i < 40; i += 1) {
    messages.push(message({ partition: i % 2, value: `value-${i}`, timestamp: startMs + i * 1_000 }));
  }
  // Four batches, so that the answer is not always the first message of one.
  for (let i = 0; i < 40; i += 10) {
    await driver.call('produce', {
      topic,
      acks: -1,
      compression: 'none',
      messages: messages.slice(i, i + 10),
    });
  }
  if (client.noTimestamps) {
    const stored = await driver.call('read', { topic, from: { 0: 0, 1: 0 }, count: 40 });
    messages = stored;
  }
  const first = (partition, ms) => {
    const list = messages.filter((each) => each.partition === partition);
    const index = list.findIndex((each) => each.timestamp >= ms);
    return index < 0 ? null : index;
  };
  const timestamps = messages.map((each) => each.timestamp);
  const [oldest, newest] = [Math.min(...timestamps), Math.max(...timestamps)];
  const cases = {
    'before the first message': oldest - 1,
    'of the first message': oldest,
    'between messages': Math.floor((oldest + newest) / 2) + 1,
    'of the last message': newest,
    'after the last message': newest + 1,
  };
  for (const [what, ms] of Object.entries(cases)) {
    await step(`seek by time: ${what}`, async () => {
      const got = await driver.call('offsetsForTimes', { topic, times: { 0: ms, 1: ms } });
      const wanted = { 0: first(0, ms), 1: first(1, ms) };
      const end = client.endForNoTime ? 20 : null;
      equal(got, { 0: wanted['0'] ?? end, 1: wanted['1'] ?? end }, 'offsets');
    });
  }
  await step('seek by time: reading on from there', async () => {
    const ms = cases['between messages'];
    const from = await driver.call('offsetsForTimes', { topic, times: { 0: ms, 1: ms } });
    const wanted = messages.filter((each) => each.timestamp >= ms).map((each) => each.value);
    const got = await driver.call('read', { topic, from, count: wanted.length });
    equal(got.map((each) => each.value).sort(), wanted.sort(), 'values from that time on');
  });
}

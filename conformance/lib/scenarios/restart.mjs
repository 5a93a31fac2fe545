// Idempotent producing while the broker is killed and restarted, twice or KILL_ROUNDS times: afterwards every
// acknowledged value is there exactly once, in order in its partition; a value whose send failed is there at most once.
import { check, equal, PATIENCE_MS } from '../harness.mjs';
import { brokerCtl } from '../suite.mjs';
import { createReady } from './produce.mjs';

const PARTITIONS = 3;
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 2);
const BETWEEN = 300;

export async function restartScenario({ client, driver, startDriver, step }) {
  const topic = 'restart-topic';
  if (client.absent?.restart !== undefined) {
    await step('restart', () => driver.call('startLoad', { topic, partitions: PARTITIONS }));
    return;
  }
  await createReady(driver, [{ topic, partitions: PARTITIONS, configs: {} }]);
  const acked = Array.from({ length: PARTITIONS }, () => []);
  const failed = [];
  let count = 0;
  const onEvent = ({ event, partition, sequences, error }) => {
    if (event === 'acked') {
      acked[partition].push(...sequences);
      count += sequences.length;
    } else if (event === 'failed') {
      failed.push({ partition, sequences, error });
    }
  };
  await step(
    `restart: idempotent producing goes on through ${ROUNDS} kill -9`,
    async () => {
      const producer = startDriver({ name: 'producer', onEvent });
      const ackedMore = (what) => {
        const target = count + BETWEEN;
        const progress = () =>
          `${what}; ${target - count} are missing; failed: ${JSON.stringify(failed.slice(0, 2))}`;
        return producer.watch.until(() => count >= target, PATIENCE_MS, progress);
      };
      await producer.call('startLoad', { topic, partitions: PARTITIONS });
      await ackedMore('300 messages before the first kill');
      for (let round = 1; round <= ROUNDS; round += 1) {
        await brokerCtl('restart');
        await ackedMore(`300 messages after restart ${round}`);
      }
      await producer.call('stopLoad');
      producer.closeInput();
      if (!client.sendsMayFail) equal(failed.slice(0, 3), [], `of ${failed.length} failed sends the first`);
    },
    { timeoutMs: 2 * PATIENCE_MS * ROUNDS },
  );

  await step('restart: every acknowledged value is there once and in order', async () => {
    check(count >= BETWEEN * (ROUNDS + 1), `only ${count} messages were acknowledged`);
    const partitions = Array.from({ length: PARTITIONS }, (_, p) => p);
    const ends = await driver.call('listOffsets', { topic, partitions, at: 'latest' });
    const from = Object.fromEntries(partitions.map((p) => [p, 0]));
    const total = partitions.reduce((sum, p) => sum + ends[p], 0);
    const got = await driver.call('read', { topic, from, count: total });
    for (const p of partitions) {
      const values = got
        .filter((each) => each.partition === p)
        .map((each) => Buffer.from(each.value, 'base64').toString());
      const sequences = values.map((value) => Number(value.split('-')[1]));
      const unordered = sequences.findIndex((sequence, i) => i > 0 && sequence <= sequences[i - 1]);
      const around = sequences.slice(Math.max(0, unordered - 6), unordered + 6);
      check(unordered < 0, `partition ${p}: out of order or repeated at offset ${unordered}: ${around}`);
      const present = new Set(sequences);
      const lost = acked[p].filter((sequence) => !present.has(sequence));
      equal(
        lost.slice(0, 5),
        [],
        `partition ${p}: of ${lost.length} acknowledged values that are lost, the first`,
      );
      if (failed.length === 0)
        equal(present.size, acked[p].length, `partition ${p}: values read against acknowledged`);
    }
    console.log(`# ${count} messages acknowledged, ${failed.length} sends failed`);
  });
}

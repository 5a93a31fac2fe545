// Client quotas through Kafka's Admin, and what clients above them are told: the times that the answers say, not the
// times that anything takes.
import { check, equal } from '../lib/harness.mjs';
import { createReady } from '../lib/scenarios/produce.mjs';

const TOPIC = 'quotas';
const CLIENT = 'quota-client';
const RATE = 100_000;
const SIZE = 50_000;
/** A tenth of a second's worth more than ten seconds may have, and some. */
const COUNT = 26;

export async function quotaSteps({ driver, step }) {
  if (process.env.SCENARIOS !== undefined && !process.env.SCENARIOS.includes('quotas')) return;
  const alter = (entity, quotas) => driver.call('alterQuota', { entity, quotas });
  const described = (entity, strict = false) => driver.call('describeQuotas', { entity, strict });
  await createReady(driver, [{ topic: TOPIC, partitions: 1, configs: {} }]);

  await step('quotas: set, found by filter, removed', async () => {
    await alter({ user: 'alice' }, { producer_byte_rate: 1000, request_percentage: 12.5 });
    await alter({ user: 'alice', 'client-id': 'app' }, { consumer_byte_rate: 2000 });
    await alter({ user: null }, { controller_mutation_rate: 3 });
    await alter({ ip: '10.0.0.1' }, { connection_creation_rate: 5 });
    const alice = {
      entity: { user: 'alice' },
      quotas: { producer_byte_rate: 1000, request_percentage: 12.5 },
    };
    const pair = { entity: { user: 'alice', 'client-id': 'app' }, quotas: { consumer_byte_rate: 2000 } };
    equal(await described({ user: 'alice' }, true), [alice], 'alice alone');
    equal((await described({ user: 'alice' })).length, 2, 'alice with whatever client');
    equal(await described({ 'client-id': 'app' }), [pair], 'the client');
    equal((await described({ user: null }))[0].quotas, { controller_mutation_rate: 3 }, 'the default user');
    equal((await described({ ip: '10.0.0.1' }))[0].quotas, { connection_creation_rate: 5 }, 'the address');
    await alter({ user: 'alice' }, { producer_byte_rate: null, request_percentage: null });
    await alter({ user: 'alice', 'client-id': 'app' }, { consumer_byte_rate: null });
    await alter({ user: null }, { controller_mutation_rate: null });
    await alter({ ip: '10.0.0.1' }, { connection_creation_rate: null });
    equal(await described({}), [], 'what is left');
  });

  await step('quotas: what is none is refused', async () => {
    const refused = async (entity, quotas, expected) => {
      const error = await alter(entity, quotas).then(
        () => 'no error',
        (one) => one.message,
      );
      check(expected.test(error), `${JSON.stringify(entity)} ${JSON.stringify(quotas)}: ${error}`);
    };
    await refused({ user: 'alice' }, { speed: 1 }, /InvalidRequest/);
    await refused({ user: 'alice' }, { producer_byte_rate: -1 }, /InvalidRequest/);
    await refused({ user: 'alice' }, { producer_byte_rate: 1.5 }, /InvalidRequest/);
    await refused({ user: 'alice', ip: '10.0.0.1' }, { connection_creation_rate: 1 }, /InvalidRequest/);
  });

  await step('quotas: a producer is throttled, and all of its records are stored', async () => {
    await alter({ 'client-id': CLIENT }, { producer_byte_rate: RATE });
    const load = { topic: TOPIC, clientId: CLIENT, size: SIZE, count: COUNT };
    const { throttledMs, offset } = await driver.call('produceThrottled', load);
    equal(offset, COUNT - 1, 'offset of the last');
    check(throttledMs > 0 && throttledMs < 60_000, `it was throttled for ${throttledMs} ms`);
    const other = await driver.call('produceThrottled', { ...load, clientId: 'another', count: 1 });
    equal(other.throttledMs, 0, 'throttle time of another client');
    await alter({ 'client-id': CLIENT }, { producer_byte_rate: null });
  });

  await step('quotas: a consumer is throttled, and reads all', async () => {
    await alter({ 'client-id': CLIENT }, { consumer_byte_rate: RATE });
    const { throttledMs, found } = await driver.call('readThrottled', {
      topic: TOPIC,
      clientId: CLIENT,
      count: COUNT,
    });
    check(found >= COUNT, `it read ${found} of ${COUNT}`);
    check(throttledMs > 0 && throttledMs < 60_000, `it was throttled for ${throttledMs} ms`);
    await alter({ 'client-id': CLIENT }, { consumer_byte_rate: null });
  });

  await step('quotas: who creates too much is refused, and gets through by trying again', async () => {
    await alter({ 'client-id': CLIENT }, { controller_mutation_rate: 5 });
    const create = (name, partitions, again) =>
      driver.call('createThrottled', { topic: `${TOPIC}-${name}`, clientId: CLIENT, partitions, again });
    equal(await create('many', 60, false), { refusedMs: 0 }, 'the first');
    const { refusedMs } = await create('one', 1, false);
    check(refusedMs > 0, `the next was refused for ${refusedMs} ms`);
    equal(await create('one', 1, true), { refusedMs: 0 }, 'the same, by trying again');
    await alter({ 'client-id': CLIENT }, { controller_mutation_rate: null });
  });
}

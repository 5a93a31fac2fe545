// Transactions: committed, aborted and open ones as consumers of either isolation see them; offsets that go with
// them; zombies, time-outs and kill -9 of the broker in between. Then a copy from topic to topic, its offsets in the
// transactions, goes on while copier and broker are killed: each message is there exactly once.
import { absent, check, equal, eventually, PATIENCE_MS, within } from '../harness.mjs';
import { brokerCtl } from '../suite.mjs';
import { createReady, message } from './produce.mjs';

const COMMITTED = 'read_committed';
const UNCOMMITTED = 'read_uncommitted';
const text = (value) => Buffer.from(value, 'base64').toString();
const texts = (messages) => messages.map((each) => text(each.value));
const one = (value, partition = 0) => message({ partition, value });

/** The calls of a driver's transactional producers, each under a name of its own. */
function producers(driver) {
  const call = (op, name, args) => driver.call(op, { name, ...args });
  return {
    open: (name, id, timeoutMs = 60_000) => call('txnOpen', name, { transactionalId: id, timeoutMs }),
    begin: (name) => call('txnBegin', name),
    send: (name, topic, ...values) => call('txnSend', name, { topic, messages: values.map((v) => one(v)) }),
    offsets: (name, group, topic, offsets) => call('txnOffsets', name, { group, topic, offsets }),
    commit: (name) => call('txnEnd', name, { commit: true }),
    abort: (name) => call('txnEnd', name, { commit: false }),
    close: (name) => call('txnClose', name),
  };
}

export async function transactionsScenario(context) {
  const { client, driver, step } = context;
  if (client.absent?.transactions !== undefined) {
    await step('transactions', () =>
      driver.call('txnOpen', { name: 'none', transactionalId: 'none', timeoutMs: 60_000 }),
    );
    return;
  }
  await visibilitySteps(context);
  await offsetSteps(context);
  await zombieSteps(context);
  await killSteps(context);
  await copySteps(context);
}

const plain = (driver, topic, ...values) =>
  driver.call('produce', { topic, acks: -1, compression: 'none', messages: values.map((v) => one(v)) });
const readOf = (driver) => (topic, isolation, count) =>
  driver.call('read', { topic, from: { 0: 0 }, count, isolation });

async function visibilitySteps({ driver, step }) {
  const txn = producers(driver);
  const read = readOf(driver);
  const topic = 'txn-visible';
  await createReady(driver, [
    { topic, partitions: 1, configs: {} },
    { topic: 'txn-open', partitions: 1, configs: {} },
    { topic: 'txn-many', partitions: 3, configs: {} },
  ]);

  await step('transactions: a commit over three partitions is seen', async () => {
    await txn.open('a', 'txn-a');
    await txn.begin('a');
    const messages = Array.from({ length: 30 }, (_, i) => one(`value-${i}`, i % 3));
    await driver.call('txnSend', { name: 'a', topic: 'txn-many', messages });
    await txn.commit('a');
    const from = { 0: 0, 1: 0, 2: 0 };
    const got = await driver.call('read', { topic: 'txn-many', from, count: 30, isolation: COMMITTED });
    equal(texts(got).sort(), texts(messages).sort(), 'values');
  });
  await step(
    'transactions: an abort is not seen, and its records are there for read_uncommitted',
    async () => {
      await txn.begin('a');
      await txn.send('a', topic, 'aborted-0', 'aborted-1');
      await txn.abort('a');
      await txn.begin('a');
      await txn.send('a', topic, 'committed-0');
      await txn.commit('a');
      await plain(driver, topic, 'end');
      equal(texts(await read(topic, COMMITTED, 2)), ['committed-0', 'end'], 'values of read_committed');
      const all = await read(topic, UNCOMMITTED, 4);
      equal(texts(all), ['aborted-0', 'aborted-1', 'committed-0', 'end'], 'values of read_uncommitted');
      // Each marker takes one offset.
      equal(
        all.map((each) => each.offset),
        [0, 1, 3, 5],
        'offsets',
      );
    },
  );
  await step('transactions: an open one holds back what is behind it', async () => {
    await txn.begin('a');
    await txn.send('a', 'txn-open', 'aborted');
    await plain(driver, 'txn-open', 'behind');
    let ended = false;
    const waiting = read('txn-open', COMMITTED, 2).finally(() => {
      ended = true;
    });
    waiting.catch(() => {});
    equal(texts(await read('txn-open', UNCOMMITTED, 2)), ['aborted', 'behind'], 'values of read_uncommitted');
    check(!ended, 'a reader of committed records got past an open transaction');
    await txn.abort('a');
    await plain(driver, 'txn-open', 'end');
    equal(texts(await waiting), ['behind', 'end'], 'values of read_committed');
  });
  await step('transactions: the producer closes', () => txn.close('a'));
}

async function offsetSteps({ driver, step }) {
  const txn = producers(driver);
  const topic = 'txn-offsets';
  const group = 'txn-group';
  const committed = async () =>
    (await driver.call('committed', { group, topic, partitions: [0] }))['0'].offset;
  await createReady(driver, [{ topic, partitions: 1, configs: {} }]);
  await plain(driver, topic, ...Array.from({ length: 10 }, (_, i) => `value-${i}`));
  await step('transactions: offsets of a commit are the group’s, those of an abort are not', async () => {
    await txn.open('offsets', 'txn-offsets');
    await txn.begin('offsets');
    await txn.send('offsets', topic, 'committed');
    await txn.offsets('offsets', group, topic, { 0: 4 });
    await txn.commit('offsets');
    await eventually(committed, (offset) => offset === 4, PATIENCE_MS, 'the committed offset 4');
    await txn.begin('offsets');
    await txn.send('offsets', topic, 'aborted');
    await txn.offsets('offsets', group, topic, { 0: 7 });
    await txn.abort('offsets');
    equal(await committed(), 4, 'offset after the abort');
    const got = await driver.call('consume', { group, topic, count: 2, metadata: '' });
    equal(texts(got), ['value-4', 'value-5'], 'values from the committed offset on');
    await txn.close('offsets');
  });
  await step('transactions: offsets alone make a transaction', async () => {
    await txn.open('alone', 'txn-alone');
    await txn.begin('alone');
    await txn.offsets('alone', group, topic, { 0: 9 });
    await txn.commit('alone');
    await eventually(committed, (offset) => offset === 9, PATIENCE_MS, 'the committed offset 9');
    await txn.close('alone');
  });
}

async function zombieSteps({ driver, startDriver, step }) {
  const txn = producers(driver);
  const read = readOf(driver);
  const refused = async (promise, what) => {
    const done = await promise.then(
      () => true,
      () => false,
    );
    check(!done, `${what} was not refused`);
  };
  await createReady(driver, [
    { topic: 'txn-zombie', partitions: 1, configs: {} },
    { topic: 'txn-timeout', partitions: 1, configs: {} },
  ]);
  await step('transactions: a second producer of the same id fences the first', async () => {
    const zombie = startDriver({ name: 'zombie' });
    const first = producers(zombie);
    await first.open('first', 'txn-fenced');
    await first.begin('first');
    await first.send('first', 'txn-zombie', 'aborted');
    await txn.open('second', 'txn-fenced');
    await refused(first.commit('first'), 'the commit of the first');
    await txn.begin('second');
    await txn.send('second', 'txn-zombie', 'committed');
    await txn.commit('second');
    await txn.close('second');
    await plain(driver, 'txn-zombie', 'end');
    equal(texts(await read('txn-zombie', COMMITTED, 2)), ['committed', 'end'], 'values');
    zombie.kill('SIGKILL');
    await zombie.ended;
  });
  await step('transactions: one that takes too long is aborted by the broker', async () => {
    const late = startDriver({ name: 'late' });
    const first = producers(late);
    await first.open('late', 'txn-late', 1_500);
    await first.begin('late');
    await first.send('late', 'txn-timeout', 'aborted');
    await plain(driver, 'txn-timeout', 'end');
    // The record behind it is read only once the transaction is over.
    equal(texts(await read('txn-timeout', COMMITTED, 1)), ['end'], 'values');
    await refused(first.commit('late'), 'the late commit');
    late.kill('SIGKILL');
    await late.ended;
  });
}

/**
 * `client.txnEndMayFail`: the client does not try an end again that a restart cut off, and can't say whether it
 * happened. Then the producer is opened again, and the transaction must be there as a whole or not at all.
 */
async function killSteps({ client, driver, step }) {
  const txn = producers(driver);
  const read = readOf(driver);
  const topic = 'txn-kill';
  await createReady(driver, [{ topic, partitions: 1, configs: {} }]);
  let uncertain = false;
  const ended = async (commit) => {
    try {
      await (commit ? txn.commit('k') : txn.abort('k'));
    } catch (error) {
      if (client.txnEndMayFail === undefined) throw error;
      if (commit) uncertain = true;
      await txn.close('k').catch(() => {});
      await txn.open('k', 'txn-kill');
    }
  };
  await step(
    'transactions: a commit outlives kill -9, an open one can be committed or aborted after it',
    async () => {
      await txn.open('k', 'txn-kill');
      await txn.begin('k');
      await txn.send('k', topic, 'committed-0');
      await txn.commit('k');
      await brokerCtl('restart');
      await txn.begin('k');
      await txn.send('k', topic, 'committed-1', 'committed-2');
      await brokerCtl('restart');
      await ended(true);
      await txn.begin('k');
      await txn.send('k', topic, 'aborted');
      await brokerCtl('restart');
      await ended(false);
      await txn.begin('k');
      await txn.send('k', topic, 'committed-3');
      await txn.commit('k');
      await txn.close('k');
      await plain(driver, topic, 'end');
      const [first, ...rest] = texts(await read(topic, COMMITTED, 3));
      equal(first, 'committed-0', 'the first value');
      if (uncertain && rest[0] !== 'committed-1') equal(rest, ['committed-3', 'end'], 'values behind it');
      else {
        const wanted = ['committed-0', 'committed-1', 'committed-2', 'committed-3', 'end'];
        equal(texts(await read(topic, COMMITTED, 5)), wanted, 'values');
      }
    },
  );
}

const COPY_PARTITIONS = 2;
const COPY_MESSAGES = 1_500;

/**
 * The copier reads ten messages at a time, and writes them to the same partition of the other topic, in a transaction
 * with its offsets. Every fifth is written once more before that, as "aborted-…" and with offsets far ahead, and
 * aborted. SIGKILL of the copier and kill -9 of the broker take turns. `client.copyMayHang`: a copier that stands still is
 * killed too, and started again.
 */
async function copySteps({ client, driver, startDriver, step }) {
  const [input, output, group] = ['txn-copy-in', 'txn-copy-out', 'txn-copier'];
  const partitions = Array.from({ length: COPY_PARTITIONS }, (_, p) => p);
  await createReady(driver, [
    { topic: input, partitions: COPY_PARTITIONS, configs: {} },
    { topic: output, partitions: COPY_PARTITIONS, configs: {} },
  ]);
  const values = (p) => Array.from({ length: COPY_MESSAGES }, (_, i) => `${p}-${i}`);
  for (const p of partitions) {
    await driver.call('produce', {
      topic: input,
      acks: -1,
      compression: 'none',
      messages: values(p).map((value) => one(value, p)),
    });
  }
  await step(
    'transactions: a copy goes on through two SIGKILL of the copier and two kill -9 of the broker',
    async () => {
      let copied = 0;
      let failures = 0;
      const onEvent = ({ event, count }) => {
        if (event === 'copied') copied += count;
        if (event === 'copyFailed') failures += 1;
      };
      const start = async (name) => {
        const copier = startDriver({ name, onEvent });
        await copier.call('copy', {
          group,
          input,
          output,
          transactionalId: 'txn-copier',
          batch: 10,
          abortEvery: 5,
          sessionTimeoutMs: 6_000,
        });
        return copier;
      };
      let copier;
      let hung = 0;
      const more = async (count, what) => {
        const target = copied + count;
        const reached = () =>
          copier.watch.until(
            () => copied >= target,
            client.copyMayHang === undefined ? PATIENCE_MS : PATIENCE_MS / 4,
            () => `${what}; ${target - copied} messages are missing, ${failures} failures were met`,
          );
        for (;;) {
          const problem = await reached().then(
            () => undefined,
            (error) => error,
          );
          if (problem === undefined) return;
          hung += 1;
          if (client.copyMayHang === undefined || hung > 4) throw problem;
          copier.kill('SIGKILL');
          await copier.ended;
          copier = await start(`copier-after-hang-${hung}`);
        }
      };
      copier = await start('copier-0');
      for (let round = 1; round <= 2; round += 1) {
        await more(300, `300 copied messages before SIGKILL ${round}`);
        copier.kill('SIGKILL');
        await copier.ended;
        copier = await start(`copier-${round}`);
        await more(300, `300 copied messages before kill -9 ${round} of the broker`);
        await brokerCtl('restart');
      }
      await more(300, '300 copied messages after the last restart');
      const all = COPY_MESSAGES * COPY_PARTITIONS;
      await eventually(
        () => driver.call('committed', { group, topic: input, partitions }),
        (got) => partitions.reduce((sum, p) => sum + Math.max(0, got[p].offset), 0) >= all,
        PATIENCE_MS,
        'all offsets of the copier',
      );
      await copier.call('stopCopy');
      copier.closeInput();
      await within(PATIENCE_MS, 'the copier to end', copier.ended);
      if (hung > 0) absent('transactions: a copier that outlives kill -9 of the broker', client.copyMayHang);
    },
    { timeoutMs: 8 * PATIENCE_MS },
  );
  await step('transactions: each copied message is there exactly once, and nothing else', async () => {
    for (const p of partitions) {
      await driver.call('produce', {
        topic: output,
        acks: -1,
        compression: 'none',
        messages: [one('end', p)],
      });
      const from = { [p]: 0 };
      const count = COPY_MESSAGES + 1;
      const got = await driver.call('read', { topic: output, from, count, isolation: COMMITTED });
      const wanted = [...values(p), 'end'];
      const found = texts(got);
      const wrong = found.findIndex((value, i) => value !== wanted[i]);
      check(
        wrong < 0,
        `partition ${p}: message ${wrong} is ${found.slice(wrong, wrong + 3)}, wanted ${wanted.slice(wrong, wrong + 3)}`,
      );
    }
    const at = await driver.call('committed', { group, topic: input, partitions });
    equal(
      partitions.map((p) => at[p].offset),
      partitions.map(() => COPY_MESSAGES),
      'the copier’s offsets',
    );
  });
}

// Runs every scenario for one client. A client's suite.mjs calls `runSuite` with its description (README.md).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Absent, Driver } from './driver.mjs';
import { absent, summary, test } from './harness.mjs';
import { adminScenario } from './scenarios/admin.mjs';
import { commitScenario } from './scenarios/commit.mjs';
import { compactionScenario } from './scenarios/compaction.mjs';
import { groupScenario } from './scenarios/group.mjs';
import { headersScenario } from './scenarios/headers.mjs';
import { produceScenario } from './scenarios/produce.mjs';
import { restartScenario } from './scenarios/restart.mjs';
import { timeScenario } from './scenarios/time.mjs';
import { transactionsScenario } from './scenarios/transactions.mjs';
import { viewsScenario } from './scenarios/views.mjs';

const scenarios = {
  produce: produceScenario,
  commit: commitScenario,
  time: timeScenario,
  compaction: compactionScenario,
  views: viewsScenario,
  headers: headersScenario,
  admin: adminScenario,
  group: groupScenario,
  restart: restartScenario,
  transactions: transactionsScenario,
};

/**
 * What a scenario is given: the client's description, a driver that is running, and the ways to run a named step,
 * start another driver, and restart the broker.
 */
function makeContext(client) {
  const drivers = new Set();
  const startDriver = ({ name, onEvent }) => {
    const driver = new Driver({ ...client.driver, name: `${client.name}-${name}`, onEvent });
    drivers.add(driver);
    driver.ended.then(() => drivers.delete(driver));
    return driver;
  };
  return {
    client,
    driver: startDriver({ name: 'main' }),
    startDriver,
    /** A test. Where the client lacks what it needs, that must be declared in `client.absent`, and is printed. */
    async step(name, body, options) {
      const why = client.absent?.[name];
      if (why === undefined) return test(name, body, options);
      const outcome = await body().then(
        () => new Error(`declared as absent (${why}), but the client has it`),
        (error) => error,
      );
      if (outcome instanceof Absent) absent(name, why);
      else await test(name, () => Promise.reject(outcome));
      return undefined;
    },
    async stopAll() {
      const running = [...drivers];
      for (const driver of running) driver.closeInput();
      const timer = setTimeout(() => {
        for (const driver of running) driver.kill('SIGKILL');
      }, 10_000);
      await Promise.all(running.map((driver) => driver.ended));
      clearTimeout(timer);
    },
  };
}

/** The functions of broker.sh. */
export function brokerCtl(action) {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, 'broker-ctl.sh');
    const child = spawn(script, [action], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`broker ${action}: ${stderr.trim() || `status ${code}`}`)),
    );
  });
}

/** SCENARIOS="produce group" in the environment runs only these. */
export async function runSuite(client, extra = async () => {}) {
  const chosen = process.env.SCENARIOS?.split(/[ ,]+/);
  const context = makeContext(client);
  await test('driver starts', () => context.driver.call('hello'));
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (chosen !== undefined && !chosen.includes(name)) continue;
    // A scenario's own preparation may fail too: that is a failed test, and the next scenario still runs.
    let broken;
    await scenario(context).catch((error) => {
      broken = error;
    });
    if (broken !== undefined) await test(name, () => Promise.reject(broken));
  }
  await extra(context);
  await context.stopAll();
  process.exit(summary());
}

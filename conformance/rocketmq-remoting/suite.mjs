// Programs for RocketMQ 4: what they tell their user has the address at which clients of RocketMQ 5 are served.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { check, summary, test } from '../lib/harness.mjs';

const { CLASSPATH, CLASSPATH_4, ROCKETMQ, NAME_SERVER } = process.env;

async function misled(classpath, address) {
  const { stdout } = await promisify(execFile)(
    'java',
    ['-Xmx128M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classpath, 'Misled', address],
    { timeout: 60_000 },
  );
  return new Map(
    stdout
      .split('\n')
      .filter((line) => line.includes('\t'))
      .map((line) => line.split('\t')),
  );
}

for (const [version, classpath] of [
  ['4.9.8', CLASSPATH_4],
  ['5.5.0', CLASSPATH],
]) {
  for (const [where, address] of [
    ["the name server's port", NAME_SERVER],
    ['the port of gRPC', ROCKETMQ],
  ]) {
    await test(`rocketmq-client ${version} at ${where}`, async () => {
      const seen = await misled(classpath, address);
      for (const name of ['send', 'start of a consumer with SQL']) {
        const text = seen.get(name) ?? 'no line';
        check(text.includes(`endpoints ${ROCKETMQ}`), `${name}: ${text}`);
      }
    });
  }
}
process.exit(summary());

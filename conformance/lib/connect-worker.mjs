// A distributed worker of Kafka Connect with exactly-once source support, and its REST interface. Needs BOOTSTRAP, CLASSPATH,
// PORT and RUN (suite.sh).
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, PATIENCE_MS } from './harness.mjs';
import { java } from './java.mjs';

const { BOOTSTRAP, PORT, RUN } = process.env;
const REST = `127.0.0.1:${Number(PORT) + 5}`;
const SETTINGS = join(RUN, 'worker.properties');
const COMMON = `bootstrap.servers=${BOOTSTRAP}
group.id=connect
listeners=http://${REST}
config.storage.topic=connect-configs
config.storage.replication.factor=1
offset.storage.topic=connect-offsets
offset.storage.replication.factor=1
offset.storage.partitions=1
status.storage.topic=connect-status
status.storage.replication.factor=1
status.storage.partitions=1
exactly.once.source.support=enabled
offset.flush.interval.ms=500
session.timeout.ms=6000
heartbeat.interval.ms=500
scheduled.rebalance.max.delay.ms=0
plugin.discovery=only_scan
`;

/** Answers what starts a worker, with `settings` beside the common ones; see java.mjs for what it gives. */
export function connectWorker({ heapMb, settings }) {
  writeFileSync(SETTINGS, `${COMMON}${settings}`);
  const stdout = createWriteStream(join(RUN, 'worker.stdout'));
  return () =>
    java({
      name: 'worker',
      heapMb,
      args: ['org.apache.kafka.connect.cli.ConnectDistributed', SETTINGS],
      onLine: (line) => stdout.write(`${line}\n`),
    });
}

/** Throws where the worker does not answer, or does with an error. */
export async function ask(method, path, body) {
  const answer = await fetch(`http://${REST}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** While a worker starts or its group rebalances, it does not answer, or says 409 or 500: asked again. */
export const asked = (method, path, body) =>
  eventually(
    () =>
      ask(method, path, body).then(
        (value) => ({ value }),
        (error) => ({ error: `${error.message} ${error.cause?.code ?? ''}` }),
      ),
    (answer) => answer.error === undefined,
    PATIENCE_MS,
    `${method} ${path}`,
  ).then((answer) => answer.value);

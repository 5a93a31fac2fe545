/**
 * `polylog start`: a broker in its own process, from its settings to its exit code.
 *
 * stdout gets one line when clients can connect: `polylog ready kafka://HOST:PORT …`. Everything else goes to stderr.
 * SIGHUP opens the audit log anew, for logrotate. SIGTERM and SIGINT finish what is in flight, seal, and exit 0; a second one exits at once. A disk that fails for good
 * ends the process with code 1: what was acknowledged is on disk, and a restart recovers it.
 */
import { resolve } from 'node:path';
import type { BrokerError } from '../base/errors.ts';
import { formatHostPort, isEverywhere } from '../base/host-port.ts';
import { formatListener } from '../metadata/listener.ts';
import { createLogger } from '../platform/node/logger.ts';
import { boundMemory, makeObjectsYoung } from '../platform/node/memory.ts';
import type { Logger } from '../platform/ports.ts';
import { composeBroker, type RunningBroker } from './compose.ts';
import type { BrokerConfig } from './config.ts';
import { nodePlatform } from './node-platform.ts';

/** How long a shutdown may take, ms, before the process ends anyway; recovery makes up for it. */
const SHUTDOWN_MS_MAX = 10_000;

/** Dead buffers that may gather, on top of the cache filling up, before they are collected. */
const GARBAGE_BYTES_MAX = 32 * 1024 * 1024;

export async function startServer({ settings, staticValues }: BrokerConfig): Promise<void> {
  makeObjectsYoung();
  const format = settings.logFormat === 'json' ? 'json' : 'pretty';
  // Everything gets this far: the broker's areas have the levels, which change while it runs.
  const sink = await createLogger({ format, level: 'debug' });
  const startedMs = performance.now();
  const onFatal = (error: BrokerError): void => {
    sink.error({ code: error.code }, `stopping: ${error.message}`);
    process.exit(1);
  };
  const running = await composeBroker({ platform: nodePlatform(sink), settings, staticValues, onFatal });
  const logger = running.broker.logLevels.logger('polylog.server');
  stopOnSignals(running, logger);
  process.on('SIGHUP', () => running.reopenLogs());
  boundMemory(settings.store.tailCacheBytes + GARBAGE_BYTES_MAX);
  const addresses = running.kafka.map(formatListener);
  process.stdout.write(`polylog ready ${addresses.join(' ')}\n`);
  const readyMs = Math.round(performance.now() - startedMs);
  if (format === 'json') {
    logger.info({ addresses, data: settings.dataDirectory, readyMs }, 'ready');
    return;
  }
  process.stderr.write(firstScreen({ running, data: settings.dataDirectory, readyMs }));
}

/** What listens where, where the data is, and what to type next. */
function firstScreen(fields: { running: RunningBroker; data: string; readyMs: number }): string {
  const { running, data, readyMs } = fields;
  // What can be typed as it stands, where there is such a listener.
  const { name, host, port } = running.kafka.find((one) => one.name === 'PLAINTEXT') ?? running.kafka[0]!;
  const isDefault = host === '127.0.0.1' && port === 9092;
  const bootstrap = isDefault
    ? ''
    : ` --bootstrap ${formatHostPort({ host: isEverywhere(host) ? '127.0.0.1' : host, port })}`;
  const login = name === 'PLAINTEXT' ? '' : ' --command-config FILE';
  const { topicCount } = running.broker.metadata.image;
  const next =
    topicCount === 0
      ? [
          `npx polylog topic create orders --partitions 3${bootstrap}${login}`,
          `npx polylog produce orders "hello"${bootstrap}${login}`,
        ]
      : [`npx polylog topic list${bootstrap}${login}`];
  return [
    '',
    `  Kafka clients   ${running.kafka.map(formatListener).join(', ')}`,
    ...running.rocketmq.map(
      ({ host, port }) => `  RocketMQ        ${formatHostPort({ host: host || '*', port })}`,
    ),
    ...running.http.map((bound) => `  metrics         http://${formatHostPort(bound)}/metrics`),
    `  data            ${resolve(data)} (${topicCount} ${topicCount === 1 ? 'topic' : 'topics'}, ready in ${readyMs} ms)`,
    `  next            ${next.join('\n                  ')}`,
    '  stop            Ctrl-C',
    '',
    '',
  ].join('\n');
}

function stopOnSignals(running: RunningBroker, logger: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ connections: running.connectionCount }, `${signal}: finishing what is in flight`);
    setTimeout(() => {
      logger.warn({}, `not finished after ${SHUTDOWN_MS_MAX} ms; ending, the next start recovers`);
      process.exit(0);
    }, SHUTDOWN_MS_MAX).unref();
    void running.close().then(() => {
      logger.info({}, 'stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

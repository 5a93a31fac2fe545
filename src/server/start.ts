/**
 * `polylog start`: a broker in its own process, from its settings to its exit code.
 *
 * stdout gets one line when clients can connect: `polylog ready kafka://HOST:PORT …`. Everything else goes to stderr.
 * SIGTERM and SIGINT finish what is in flight, seal, and exit 0; a second one exits at once. A disk that fails for good
 * ends the process with code 1: what was acknowledged is on disk, and a restart recovers it.
 */
import type { BrokerError } from '../base/errors.ts';
import { formatListener } from '../metadata/listener.ts';
import { createLogger } from '../platform/node/logger.ts';
import type { Logger } from '../platform/ports.ts';
import { composeBroker, type RunningBroker } from './compose.ts';
import type { BrokerConfig } from './config.ts';
import { nodePlatform } from './node-platform.ts';

/** How long a shutdown may take, ms, before the process ends anyway; recovery makes up for it. */
const SHUTDOWN_MS_MAX = 10_000;

export async function startServer({ settings, staticValues }: BrokerConfig): Promise<void> {
  const format = settings.logFormat === 'json' ? 'json' : 'pretty';
  const logger = await createLogger({ format, level: settings.logLevel });
  const startedMs = performance.now();
  const onFatal = (error: BrokerError): void => {
    logger.error({ code: error.code }, `stopping: ${error.message}`);
    process.exit(1);
  };
  const running = await composeBroker({ platform: nodePlatform(logger), settings, staticValues, onFatal });
  stopOnSignals(running, logger);
  const addresses = running.kafka.map(formatListener);
  process.stdout.write(`polylog ready ${addresses.join(' ')}\n`);
  logger.info(
    { ms: Math.round(performance.now() - startedMs) },
    `Kafka clients connect to ${addresses.join(', ')}; data is in ${settings.dataDirectory}`,
  );
  const { host, port } = running.kafka[0]!;
  const bootstrap =
    host === '127.0.0.1' && port === 9092 ? '' : ` --bootstrap ${host || '127.0.0.1'}:${port}`;
  logger.info({}, `next, in another terminal: npx polylog topic create orders --partitions 3${bootstrap}`);
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

/** Starts a broker in this process. Many can run beside each other; one that is closed leaves no trace. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerError } from '../base/errors.ts';
import { formatHostPort } from '../base/host-port.ts';
import { createMemoryDisk } from '../platform/memory-disk.ts';
import { nodeClock } from '../platform/node/clock.ts';
import { nodeDisk } from '../platform/node/disk.ts';
import { silentLogger } from '../platform/node/logger.ts';
import type { Logger } from '../platform/ports.ts';
import { composeBroker, type RunningBroker } from '../server/compose.ts';
import { loadBrokerConfig } from '../server/config.ts';
import { nodePlatform } from '../server/node-platform.ts';

export interface StartBrokerOptions {
  /**
   * Where the data is kept: a directory, which stays; `'temporary'` (the default), a new one that is removed with the
   * broker; or `'memory'`, which touches no disk.
   */
  readonly data?: 'temporary' | 'memory' | { readonly directory: string };
  /** Host to listen on. Default: 127.0.0.1. Host and port have no effect where `settings` has `listeners`. */
  readonly host?: string;
  /** Port to listen on, 0 to 65535. Default 0: a free one. */
  readonly port?: number;
  /** Settings by name, as in `polylog config`. Environment variables are not looked at. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Gets the broker's log lines; pino's signature. Default: nothing is logged. */
  readonly logger?: Logger;
  /** The disk failed for good and the broker has stopped. Default: throws, which ends the process. */
  readonly onFatal?: (error: BrokerError) => void;
}

export interface EmbeddedBroker extends AsyncDisposable {
  /** `host:port` for Kafka clients. */
  readonly bootstrap: string;
  readonly host: string;
  readonly port: number;
  /** All listeners, in the order of the setting `listeners`; the first is the one above. */
  readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[];
  /** `http://host:port` of metrics and health; null without `polylog.admin.listeners`. */
  readonly adminUrl: string | null;
  /** `host:port` for RocketMQ's clients; null without `polylog.rocketmq.listeners`. */
  readonly rocketmqEndpoint: string | null;
  /** The data directory; null in memory. */
  readonly directory: string | null;
  /** Finishes what is in flight, flushes, closes all connections, and removes a temporary directory. */
  close(): Promise<void>;
}

/** Small files and no waiting for more members: what a test wants. */
const EMBEDDED_DEFAULTS: Readonly<Record<string, string>> = {
  'polylog.chunk.bytes': String(16 * 1024 * 1024),
  'group.initial.rebalance.delay.ms': '0',
};

/**
 * Starts a broker and resolves when clients can connect. Rejects with {@link BrokerError}: `invalid-config` for settings
 * or an address that can't be had, `storage-failed` for a directory in use or damaged.
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<EmbeddedBroker> {
  const { data = 'temporary', host = '127.0.0.1', port = 0, logger = silentLogger } = options;
  const temporary = data === 'temporary' ? mkdtempSync(join(tmpdir(), 'polylog-')) : null;
  const directory = temporary ?? (typeof data === 'object' ? data.directory : '/polylog');
  const remove = (): void => {
    if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
  };
  let running: RunningBroker;
  try {
    const disk = data === 'memory' ? createMemoryDisk({ clock: nodeClock }) : nodeDisk;
    running = await composeBroker({
      platform: nodePlatform(logger, disk),
      ...readSettings(options, { directory, host, port }),
      onFatal: options.onFatal ?? fail,
    });
  } catch (error) {
    remove();
    throw error;
  }
  const close = async (): Promise<void> => {
    await running.close();
    remove();
  };
  const bound = running.kafka[0]!;
  const [http] = running.http;
  const [rocketmq] = running.rocketmq;
  return {
    bootstrap: formatHostPort(bound),
    host: bound.host,
    port: bound.port,
    listeners: running.kafka,
    adminUrl: http === undefined ? null : `http://${formatHostPort(http)}`,
    rocketmqEndpoint: rocketmq === undefined ? null : formatHostPort(rocketmq),
    directory: data === 'memory' ? null : directory,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readSettings(
  { settings = {} }: StartBrokerOptions,
  place: { readonly directory: string; readonly host: string; readonly port: number },
) {
  const given = { ...EMBEDDED_DEFAULTS, ...settings };
  const flags = Object.entries(given).map(([name, value]) => ({
    name,
    value: String(value),
    flag: `settings`,
  }));
  flags.push({ name: 'log.dirs', value: place.directory, flag: 'data' });
  if (settings.listeners === undefined) {
    flags.push({ name: 'listeners', value: `kafka://${formatHostPort(place)}`, flag: 'host and port' });
  }
  const config = loadBrokerConfig({ flags });
  if (config instanceof BrokerError) throw config;
  return { settings: config.settings, staticValues: config.staticValues };
}

function fail(error: BrokerError): never {
  throw error;
}

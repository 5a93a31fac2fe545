/** A whole broker without listeners, over a disk in memory. */
import type { Broker } from '../../src/broker/broker.ts';
import { openBroker } from '../../src/broker/open.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Platform } from '../../src/platform/ports.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { TestLogger } from '../store/support.ts';

/** `settings`: beside `log.dirs`. `platform`: in the place of Node's. What is fatal is thrown. */
export async function openMemoryBroker({
  settings = {},
  platform: own = {},
}: {
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly platform?: Partial<Platform> | undefined;
} = {}): Promise<{ broker: Broker; platform: Platform }> {
  const given = { 'log.dirs': '/data', ...settings };
  const flags = Object.entries(given).map(([name, value]) => ({ name, value, flag: '--set' }));
  const config = loadBrokerConfig({ flags });
  if (config instanceof Error) throw config;
  const platform = {
    ...nodePlatform(new TestLogger(), createMemoryDisk({ clock: nodeClock })),
    ...own,
  };
  const onFatal = (error: Error): never => {
    throw error;
  };
  return { broker: await openBroker({ ...config, platform, onFatal }), platform };
}

/** The broker that simulated worlds run: the real one, composed over a simulated platform. */
import { BlockPool } from '../src/base/block-pool.ts';
import { BrokerError } from '../src/base/errors.ts';
import { RocketmqService } from '../src/protocol/rocketmq/service.ts';
import { NO_AUDIT_LOG } from '../src/security/audit.ts';
import { composeBroker } from '../src/server/compose.ts';
import { loadBrokerConfig } from '../src/server/config.ts';
import type { StartBroker } from './broker-host.ts';
import { carryRocketmq } from './rocketmq-carrier.ts';

export const startBroker: StartBroker = async (platform, options) => {
  const given = {
    ...options.settings,
    listeners: `kafka://${options.host}:${options.port}`,
    'polylog.allow.unauthenticated': 'true',
    'log.dirs': options.directory,
  };
  const flags = Object.entries(given).map(([name, value]) => ({ name, value, flag: '--set' }));
  const config = loadBrokerConfig({ flags });
  if (config instanceof BrokerError) throw config;
  const { settings, staticValues } = config;
  const running = await composeBroker({
    platform,
    // So that both ways are taken.
    settings: { ...settings, store: { ...settings.store, writeHereBytesMax: 300 } },
    staticValues,
    onFatal: options.onFatal,
    blocks: mercilessBlocks(),
  });
  if (!options.rocketmq) return { stop: () => running.close() };
  const service = new RocketmqService({ broker: running.broker, platform, audit: NO_AUDIT_LOG });
  const address = { host: options.host, port: options.port + 1 };
  const carrier = await carryRocketmq(service, platform.net, address);
  return {
    stop() {
      carrier.close();
      service.close();
      return running.close();
    },
  };
};

/** Every request, slab and read has a block, and one that is free is overwritten at once: early releases are seen. */
function mercilessBlocks(): BlockPool {
  return new BlockPool({
    freeBytesMax: 1024 * 1024,
    blockBytesMin: 64,
    onFree: (memory) => memory.fill(0xdd),
  });
}

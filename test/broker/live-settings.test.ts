/** Settings of the log that are set while the broker runs: they reach the log at once, and again after a restart. */
import { expect, it, vi } from 'vitest';
import type { Broker } from '../../src/broker/broker.ts';
import { openBroker } from '../../src/broker/open.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { loadBrokerConfig } from '../../src/server/config.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { TestLogger } from '../store/support.ts';

it('reach the log', async () => {
  const config = loadBrokerConfig({ flags: [{ name: 'log.dirs', value: '/data', flag: '--data' }] });
  if (config instanceof Error) throw config;
  const platform = nodePlatform(new TestLogger(), createMemoryDisk({ clock: nodeClock }));
  const onFatal = (error: Error): never => {
    throw error;
  };
  const alter = (broker: Broker, value: string) =>
    broker.propose({
      kind: 'alter-configs',
      validateOnly: false,
      resources: [
        {
          resource: { kind: 'broker', name: '' },
          mode: 'incremental',
          changes: [{ name: 'log.cleaner.dedupe.buffer.size', operation: 'set', value }],
        },
      ],
    });
  const first = await openBroker({ platform, ...config, onFatal });
  const adjust = vi.spyOn(first.log, 'adjust');
  expect(await alter(first, '5000000')).toEqual([null]);
  expect(adjust).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ dedupeBufferBytes: 5_000_000 }));
  await first.close();

  const second = await openBroker({ platform, ...config, onFatal });
  expect(second.metadata.image.settings.store.dedupeBufferBytes).toBe(5_000_000);
  await second.close();
});

import { expect, it } from 'vitest';
import { startBroker } from '../../sim/broker-under-test.ts';
import { crashRing } from '../../sim/ring.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';

it('a broker that dies at any disk operation keeps what it promised (each 19th; all with --ring)', async () => {
  const failures: unknown[] = [];
  let deaths = 0;
  for await (const run of crashRing(1, { start: startBroker, compression: nodeCompression }, 19)) {
    const { operation, half, result } = run;
    if (operation > 0) deaths += result.crashes;
    if (result.failures.length > 0) failures.push({ operation, half, failures: result.failures });
  }
  expect(deaths).toBeGreaterThan(10);
  expect(failures).toEqual([]);
}, 120_000);

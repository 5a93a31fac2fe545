import { expect, it } from 'vitest';
import { startBroker } from '../../sim/broker-under-test.ts';
import { crashRing } from '../../sim/ring.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';

it('a broker that dies at any disk operation keeps what it promised (each 19th; all with --ring)', async () => {
  const ring = await crashRing(1, { start: startBroker, compression: nodeCompression }, 19);
  expect(ring.operations).toBeGreaterThan(100);
  expect(
    ring.failures.map(({ operation, half, result }) => ({ operation, half, failures: result.failures })),
  ).toEqual([]);
}, 120_000);

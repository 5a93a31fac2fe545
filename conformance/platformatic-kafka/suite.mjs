// @platformatic/kafka: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'platformatic-kafka',
  driver: { command: process.execPath, args: [`${import.meta.dirname}/driver.mjs`] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  noMetadata: 'commit() takes no metadata; an empty string is stored',
  repeatsCommitted:
    'after a rebalance a member may go on at a position it knew before, below what another member has committed since',
  absent: {},
});

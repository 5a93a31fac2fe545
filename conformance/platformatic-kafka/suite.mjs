// @platformatic/kafka: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'platformatic-kafka',
  driver: { command: process.execPath, args: [`${import.meta.dirname}/driver.mjs`] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  noMetadata: 'commit() takes no metadata; an empty string is stored',
  absent: { transactions: 'a transactional id can be used once: FINDINGS.md' },
});

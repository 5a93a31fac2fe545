// sarama: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'sarama',
  driver: { command: process.env.DRIVER, args: [] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  absent: {},
});

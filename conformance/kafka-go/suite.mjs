// segmentio/kafka-go: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'kafka-go',
  driver: { command: process.env.DRIVER, args: [] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  // What is empty is read as null.
  asReceived: (message) => ({
    ...message,
    key: message.key || null,
    value: message.value || null,
    headers: message.headers.map(([name, value]) => [name, value || null]),
  }),
  noMetadata: 'neither its Reader nor its Generation commits metadata',
  absent: {
    'admin: delete records': 'its Client has no such call',
    restart: 'its Writer is not idempotent',
    transactions: 'its Writer is not transactional',
  },
});

// rdkafka, the Rust crate: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'rust-rdkafka',
  driver: { command: process.env.DRIVER, args: [] },
  consumerProtocol: true,
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  absent: {
    'admin: incremental alter configs': 'its AdminClient has only AlterConfigs',
    'admin: incremental alter configs, delete': 'its AdminClient has only AlterConfigs',
    'admin: describe cluster': 'its metadata does not tell the controller',
  },
});

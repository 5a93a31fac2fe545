// confluent-kafka: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'confluent-kafka',
  driver: { command: process.env.PYTHON, args: [`${import.meta.dirname}/driver.py`] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  consumerProtocol: true,
  staticMembers: true,
  copyMayHang: 'send_offsets_to_transaction blocks for ever after a restart of the broker',
  absent: {},
});

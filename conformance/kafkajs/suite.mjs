// kafkajs: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'kafkajs',
  driver: { command: process.execPath, args: [`${import.meta.dirname}/driver.mjs`] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  // fetchTopicOffsetsByTimestamp answers the end offset where no message is that young.
  endForNoTime: true,
  txnEndMayFail: 'an EndTxn that a restart cuts off is not tried again',
  cannotSend: { 'null header': 'its encoder throws on a header whose value is null' },
  absent: {
    'admin: incremental alter configs': 'kafkajs has only AlterConfigs',
    'admin: incremental alter configs, delete': 'kafkajs has only AlterConfigs',
  },
});

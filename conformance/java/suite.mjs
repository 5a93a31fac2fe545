// Kafka's Java client: what it has; its assignors and static members; then its command-line tools.
import { runSuite } from '../lib/suite.mjs';
import { assignorSteps } from './assignors.mjs';
import { consumerProtocolSteps } from './consumer-protocol.mjs';
import { quotaSteps } from './quotas.mjs';
import { toolSteps } from './tools.mjs';

const classpath = `${process.env.CLASSES}:${process.env.PEER_DIR}/libs/*`;

await runSuite(
  {
    name: 'java',
    driver: {
      command: 'java',
      args: [
        '-Xmx256M',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Dlog4j2.level=WARN',
        '-cp',
        classpath,
        'Driver',
      ],
    },
    compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    consumerProtocol: true,
    absent: {
      'admin: alter configs': 'alterConfigs was removed in 4.0; incrementalAlterConfigs is what is left',
    },
  },
  async (context) => {
    await assignorSteps(context);
    await consumerProtocolSteps(context);
    await quotaSteps(context);
    await toolSteps(context);
  },
);

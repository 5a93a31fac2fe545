// The Java client of an older Kafka: what it has.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: process.env.SUITE_NAME,
  driver: {
    command: 'java',
    args: [
      '-Xmx256M',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      process.env.CLASSPATH,
      'Driver',
    ],
  },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  absent: {},
});

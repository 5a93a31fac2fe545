// rocketmq-client-java: what it has.
import { runRocketmqSuite } from '../lib/rocketmq.mjs';

await runRocketmqSuite({
  driver: {
    command: 'java',
    args: ['-Xmx256M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', process.env.CLASSPATH, 'Driver'],
  },
});

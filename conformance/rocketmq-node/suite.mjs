// rocketmq-client-nodejs: what it has.
import { runRocketmqSuite } from '../lib/rocketmq.mjs';

await runRocketmqSuite({
  driver: { command: process.execPath, args: [`${import.meta.dirname}/driver.mjs`] },
  isHasty: true,
});

// rocketmq-python-client: what it has.
import { runRocketmqSuite } from '../lib/rocketmq.mjs';

await runRocketmqSuite({
  driver: { command: process.env.PYTHON, args: [`${import.meta.dirname}/driver.py`] },
  absent: {
    'a lite consumer says where a lite topic begins': 'subscribe_lite has no such option',
  },
});

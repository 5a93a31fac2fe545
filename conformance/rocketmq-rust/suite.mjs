// rocketmq, the Rust crate, 5.0.0: what it has.
import { runRocketmqSuite } from '../lib/rocketmq.mjs';

const noPush = '5.0.0 has no push consumer';
const noLite = '5.0.0 has no lite topics';

await runRocketmqSuite({
  driver: { command: process.env.DRIVER, args: [] },
  noPush,
  absent: {
    'a push consumer gets each message, and again what it refused': noPush,
    'a consumer of a FIFO group tries again in order, holds up one group, and gives up': noPush,
    'a dead letter that is put back comes to the group that gave it up, and to no other': noPush,
    'a simple consumer prolongs, loses and acknowledges': 'there is no change of the invisible time',
    'a recalled message does not come': 'a producer can not recall, and a receipt has no handle',
    'what has a higher priority comes first': '5.0.0 has no priorities',
    'a lite consumer gets the lite topics that it subscribes to': noLite,
    'a lite consumer says where a lite topic begins': noLite,
    'lite topics go on when the broker is killed and comes back': noLite,
  },
});

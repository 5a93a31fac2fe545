// rocketmq-clients/golang/v5 5.1.2, the newest that the module proxy has: what it has.
import { runRocketmqSuite } from '../lib/rocketmq.mjs';

const noPush = '5.1.2 has no push consumer';
const noLite = '5.1.2 has no lite topics';
const silentAck = 'Ack looks at no status of the answer';

await runRocketmqSuite({
  driver: { command: process.env.DRIVER, args: [] },
  noPush,
  silentAck,
  absent: {
    'a push consumer gets each message, and again what it refused': noPush,
    'a consumer of a FIFO group tries again in order, holds up one group, and gives up': noPush,
    'a dead letter that is put back comes to the group that gave it up, and to no other': noPush,
    'a second acknowledgement is refused': silentAck,
    'a recalled message does not come': 'a producer can not recall, and a receipt has no handle',
    'what has a higher priority comes first': '5.1.2 has no priorities',
    'a lite consumer gets the lite topics that it subscribes to': noLite,
    'a lite consumer says where a lite topic begins': noLite,
    'lite topics go on when the broker is killed and comes back': noLite,
  },
});

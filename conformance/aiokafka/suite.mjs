// aiokafka: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

await runSuite({
  name: 'aiokafka',
  driver: { command: process.env.PYTHON, args: [`${import.meta.dirname}/driver.py`] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  absent: {
    'admin: incremental alter configs': 'aiokafka has only AlterConfigs',
    'admin: incremental alter configs, delete': 'aiokafka has only AlterConfigs',
    'admin: delete group': 'its admin client has no deletion of groups',
    'admin: delete an unknown group is refused': 'its admin client has no deletion of groups',
  },
});

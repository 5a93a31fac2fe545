// kcat: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

const noAdmin = 'kcat asks for metadata and offsets, and changes nothing but by producing';
const noView = 'kcat commits as it consumes, and cannot show a commit';

await runSuite({
  name: 'kcat',
  driver: { command: process.execPath, args: [`${import.meta.dirname}/driver.mjs`] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  noTimestamps: 'there is no option for the timestamp of a message',
  cannotSend: { headers: 'a header is given on the command line, where no zero byte can be' },
  absent: {
    'commit: offset seen from outside': noView,
    'commit: metadata': noView,
    'commit: an unknown partition has no commit': noView,
    'commit: offsets set from outside': noView,
    'admin: create a topic with configs': noAdmin,
    'admin: create a topic that exists is refused': noAdmin,
    'admin: an invalid config is refused': noAdmin,
    'admin: an invalid topic name is refused': noAdmin,
    'admin: more partitions': noAdmin,
    'admin: fewer partitions are refused': noAdmin,
    'admin: delete a topic': noAdmin,
    'admin: describe configs': noAdmin,
    'admin: incremental alter configs': noAdmin,
    'admin: incremental alter configs, delete': noAdmin,
    'admin: alter configs': noAdmin,
    'admin: delete records': noAdmin,
    'admin: list groups': noAdmin,
    'admin: describe group': noAdmin,
    'admin: delete group': noAdmin,
    'admin: delete an unknown group is refused': noAdmin,
    'group: the last leaves, everything is committed': noView,
    transactions: 'a run of it has no steps: it can neither wait within a transaction nor abort one',
  },
});

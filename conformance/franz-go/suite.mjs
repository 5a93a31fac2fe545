// franz-go: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

const session = 'only a GroupTransactSession commits offsets in a transaction; the copy below is one';

await runSuite({
  name: 'franz-go',
  driver: { command: process.env.DRIVER, args: [] },
  consumerProtocol: true,
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  // kadm answers the end offset where no message is that young.
  endForNoTime: true,
  absent: {
    'transactions: offsets of a commit are the group’s, those of an abort are not': session,
    'transactions: offsets alone make a transaction': session,
  },
});

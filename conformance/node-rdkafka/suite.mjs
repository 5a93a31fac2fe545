// node-rdkafka: what it has, and what it makes of a message.
import { runSuite } from '../lib/suite.mjs';

const onlyTopics = 'its AdminClient creates and deletes topics and adds partitions, nothing else';

function untilZero(base64) {
  const bytes = base64 === null ? Buffer.from('null') : Buffer.from(base64, 'base64');
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('base64');
}

await runSuite({
  name: 'node-rdkafka',
  driver: { command: process.execPath, args: [`${import.meta.dirname}/driver.mjs`] },
  compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  consumerProtocol: true,
  staticMembers: true,
  noMetadata: 'commits carry topic, partition and offset only',
  // An empty key or value goes out as null, a null header as the text "null"; a header ends at its first zero byte.
  asReceived: (message) => ({
    ...message,
    key: message.key || null,
    value: message.value || null,
    headers: message.headers.map(([name, value]) => [name, untilZero(value)]),
  }),
  // It gives the code and the broker's sentence, without the code's name.
  errors: { invalidConfig: /createTopics: 40 / },
  absent: {
    'admin: describe configs': onlyTopics,
    'admin: incremental alter configs': onlyTopics,
    'admin: incremental alter configs, delete': onlyTopics,
    'admin: alter configs': onlyTopics,
    'admin: delete records': onlyTopics,
    'admin: list groups': onlyTopics,
    'admin: describe group': onlyTopics,
    'admin: delete group': onlyTopics,
    'admin: delete an unknown group is refused': onlyTopics,
  },
});

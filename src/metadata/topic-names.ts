/** Which names a topic may have (Kafka's Topic.validate), and which of them would collide. */
import { BrokerError } from '../base/errors.ts';

export const TOPIC_NAME_LENGTH_MAX = 249;

/** Names of Kafka's own topics, whose contents live elsewhere here. */
const RESERVED: ReadonlySet<string> = new Set([
  '__cluster_metadata',
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

/** Null where a topic may be created under this name. */
export function checkTopicName(name: string): BrokerError | null {
  const problem = findProblem(name);
  return problem === null ? null : new BrokerError('invalid-topic', problem);
}

/** Whether a topic may be created under this name. */
export function isTopicName(name: string): boolean {
  return findProblem(name) === null;
}

function findProblem(name: string): string | null {
  if (name === '') return 'A topic needs a name.';
  if (name === '.' || name === '..') return `A topic can't be named "${name}".`;
  if (name.length > TOPIC_NAME_LENGTH_MAX) {
    return `A topic's name has at most ${TOPIC_NAME_LENGTH_MAX} characters; this one has ${name.length}.`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `The topic name "${name}" is illegal: use ASCII letters, digits, ".", "_" and "-" only.`;
  }
  if (RESERVED.has(name)) return `The topic name "${name}" is reserved for the broker: choose another one.`;
  return null;
}

/** Two topics of one key can't be told apart in names of metrics, where "." becomes "_". */
export function collisionKey(name: string): string {
  return name.includes('.') ? name.replaceAll('.', '_') : name;
}

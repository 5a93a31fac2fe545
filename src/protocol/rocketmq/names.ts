/**
 * RocketMQ's names of topics and groups, and the broker's.
 *
 * RocketMQ's have letters, digits, `-`, `_` and `%`, with which it sets off namespaces and topics of its own kind
 * (`%DLQ%group`); Kafka's have `.` and no `%`. So `%` is `.` in the names of topics here: `orders` in the namespace `shop` is
 * the topic `shop.orders`, and the dead letters of `billing` are in `.DLQ.billing`, which a RocketMQ client reads as
 * `%DLQ%billing`. A name with dots is taken as it is. Groups keep their names: `shop%billing`.
 */
import type { Resource } from './codec/generated/messages.ts';
import { CODE } from './codec/generated/messages.ts';
import { GROUP_CHARACTERS_MAX, TOPIC_CHARACTERS_MAX } from './limits.ts';
import { Refusal } from './status.ts';

const NAME = /^[%a-zA-Z0-9._-]+$/;

/** The name of the broker's topic. `namespace` is the call's, for clients that don't repeat it in each resource. */
export function topicName(topic: Resource | null, namespace: string): string | Refusal {
  const name = fullName(topic, namespace);
  const problem = problemOf(name, topic, TOPIC_CHARACTERS_MAX);
  if (problem !== null) return new Refusal(CODE.ILLEGAL_TOPIC, `The topic ${problem}`);
  return name.replaceAll('%', '.');
}

export function groupName(group: Resource | null, namespace: string): string | Refusal {
  const name = fullName(group, namespace);
  const problem = problemOf(name, group, GROUP_CHARACTERS_MAX);
  return problem === null ? name : new Refusal(CODE.ILLEGAL_CONSUMER_GROUP, `The consumer group ${problem}`);
}

/** Where the messages go that a group has given up. */
export function deadLetterTopic(group: string): string {
  return `.DLQ.${group.replaceAll('%', '.')}`;
}

/** Whether it is, by its name, where the stock server keeps what a group has refused. */
export function isRetryTopic(topic: Resource | null): boolean {
  return topic?.name.startsWith('%RETRY%') ?? false;
}

function fullName(resource: Resource | null, namespace: string): string {
  if (resource === null) return '';
  const own = resource.resourceNamespace || namespace;
  if (own === '') return resource.name;
  const [kind] = /^%(?:DLQ|RETRY)%/.exec(resource.name) ?? [''];
  return `${kind}${own}%${resource.name.slice(kind.length)}`;
}

function problemOf(name: string, resource: Resource | null, charactersMax: number): string | null {
  if (resource === null || resource.name === '') return 'has no name.';
  if (resource.name.length > charactersMax) {
    return `has a name of ${resource.name.length} characters: ${charactersMax} are the most.`;
  }
  if (NAME.test(name)) return null;
  return `can't be named "${name.slice(0, charactersMax)}": use ASCII letters, digits, "%", ".", "_" and "-" only.`;
}

/**
 * A command of operators: a name with fields in JSON, answered in JSON. The same commands serve every way in (Kafka's port today); who
 * asks is known there, and what they may do. docs/protocols/admin.md lists them.
 */
import { BrokerError } from '../../base/errors.ts';
import type { Topic } from '../../metadata/image.ts';
import type { AclOperation, AclResourceType } from '../../security/access.ts';
import type { AuditedChange } from '../../security/audit.ts';
import type { Broker } from '../broker.ts';
import type { QueueSubscription } from '../queues.ts';
import type { Fields } from './fields.ts';

/** Who asks. */
export interface AdminCaller {
  /** Throws BrokerError where they may not. To be asked before anything is looked up. */
  require(operation: AclOperation, resourceType: 'topic' | 'group', name: string): void;
  /** For what only shortens a list. */
  sees(operation: AclOperation, resourceType: AclResourceType, name: string): boolean;
  /** Told when it is durable. */
  changed(change: AuditedChange, subject: string, detail?: string): void;
}

export interface AdminCall {
  readonly broker: Broker;
  readonly caller: AdminCaller;
  readonly fields: Fields;
}

/** Answers what is written as JSON. Throws BrokerError. */
export type AdminCommand<Answer extends object = object> = (call: AdminCall) => Promise<Answer> | Answer;

/** Entries of lists in one answer, at most. */
export const PAGE_MAX = 1000;

/** The field `max`: how many entries of a list are asked for. */
export function readMax(fields: Fields): number {
  return fields.integerIfGiven('max', { min: 1, max: PAGE_MAX }) ?? PAGE_MAX;
}

/** What calls back, as a promise. */
export function asked<Answer>(
  start: (done: (answer: Answer | BrokerError) => void) => void,
): Promise<Exclude<Answer, BrokerError>> {
  return new Promise((resolve, reject) =>
    start((answer) => {
      if (answer instanceof BrokerError) reject(answer);
      else resolve(answer as Exclude<Answer, BrokerError>);
    }),
  );
}

export function requireTopic(broker: Broker, name: string): Topic {
  const topic = broker.topics.byName(name);
  if (topic === undefined) throw new BrokerError('unknown-topic', `there is no topic '${name}'`);
  return topic;
}

/** A subscription with the names by which it was asked for. */
export interface NamedSubscription {
  readonly topic: string;
  readonly name: string;
  readonly subscription: QueueSubscription;
}

/** The subscription that the fields `topic` and `subscription` name, for who may do this with the topic, and that with the group. */
export function readSubscription(
  { broker, caller, fields }: AdminCall,
  { ofTopic, ofGroup }: { readonly ofTopic: AclOperation; readonly ofGroup: AclOperation },
): NamedSubscription {
  const topic = fields.text('topic');
  const name = fields.text('subscription');
  caller.require(ofTopic, 'topic', topic);
  caller.require(ofGroup, 'group', name);
  const subscription = broker.queues.find(requireTopic(broker, topic).id, name);
  if (subscription === undefined) {
    throw new BrokerError('subscription-not-found', `topic '${topic}' has no subscription '${name}'`);
  }
  return { topic, name, subscription };
}

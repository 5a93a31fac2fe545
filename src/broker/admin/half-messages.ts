/** Commands about half messages: txn.list, txn.resume, txn.drop. */
import { BrokerError } from '../../base/errors.ts';
import type { HalfOutcome } from '../half/half-messages.ts';
import type { HalfMessage, HalfMessages } from './answers.ts';
import { type AdminCommand, asked, readMax, requireTopic } from './command.ts';

/** Those that haven't ended, by their ids; `aside`: only those whose senders have not answered. */
export const listHalfMessages: AdminCommand<HalfMessages> = ({ broker, caller, fields }) => {
  const topic = fields.textIfGiven('topic');
  const aside = fields.booleanIfGiven('aside') ?? false;
  const after = fields.textIfGiven('after') ?? null;
  const max = readMax(fields);
  fields.end();
  if (topic !== undefined) {
    caller.require('describe', 'topic', topic);
    requireTopic(broker, topic);
  }
  const found = broker.halfMessages.list({ after, max, aside });
  const messages: HalfMessage[] = [];
  for (const half of found) {
    const name = broker.topics.byId(half.topicId)?.name;
    if (name === undefined || (topic !== undefined && name !== topic)) continue;
    if (!caller.sees('describe', 'topic', name)) continue;
    const { transactionId: transaction, partition, producerGroup, checks } = half;
    const nextCheckAtMs = Number.isFinite(half.nextCheckAtMs)
      ? broker.halfMessages.wallMs(half.nextCheckAtMs)
      : null;
    messages.push({
      transaction,
      topic: name,
      partition,
      producerGroup,
      preparedAtMs: broker.halfMessages.wallMs(half.preparedAtMs),
      checks,
      nextCheckAtMs,
    });
  }
  return { messages, next: found.length === max ? found.at(-1)!.transactionId : null };
};

/** Its sender is asked again, from the first check on. */
export const resumeHalfMessage: AdminCommand<object> = async ({ broker, caller, fields }) => {
  const topic = fields.text('topic');
  const transaction = fields.text('transaction');
  fields.end();
  caller.require('write', 'topic', topic);
  const { id } = requireTopic(broker, topic);
  if (broker.halfMessages.find(transaction)?.topicId !== id) {
    throw new BrokerError(
      'transactional-id-not-found',
      `topic '${topic}' has no half message of transaction '${transaction}'`,
    );
  }
  await asked<null>((done) => broker.halfMessages.resume(transaction, done));
  caller.changed('half message resumed', topic, transaction);
  return {};
};

/** It is never delivered. */
export const dropHalfMessage: AdminCommand<object> = async ({ broker, caller, fields }) => {
  const topic = fields.text('topic');
  const transactionId = fields.text('transaction');
  fields.end();
  caller.require('delete', 'topic', topic);
  const { id: topicId } = requireTopic(broker, topic);
  await asked<HalfOutcome>((done) =>
    broker.halfMessages.end({ topicId, transactionId, commit: false }, done),
  );
  caller.changed('half message dropped', topic, transactionId);
  return {};
};

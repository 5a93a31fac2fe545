/** The table of commands, and how one is run. */
import { BrokerError } from '../../base/errors.ts';
import type { Broker } from '../broker.ts';
import type { AdminCaller, AdminCommand } from './command.ts';
import { followRun, listDeadLetters, listRuns, redrive, showDeadLetters, stopRun } from './dead-letters.ts';
import { Fields } from './fields.ts';
import { dropHalfMessage, listHalfMessages, resumeHalfMessage } from './half-messages.ts';
import { peekQueue } from './peeks.ts';
import { createQueue, deleteQueue, purgeQueue, seekQueue, setQueue } from './queue-changes.ts';
import { describeQueue, explainMessage, listQueues } from './queue-looks.ts';
import { cancelDelayed, listDelayed, moveDelayed } from './schedule.ts';

const COMMANDS: ReadonlyMap<string, AdminCommand> = new Map(
  Object.entries({
    'queue.list': listQueues,
    'queue.describe': describeQueue,
    'queue.explain': explainMessage,
    'queue.peek': peekQueue,
    'queue.create': createQueue,
    'queue.set': setQueue,
    'queue.seek': seekQueue,
    'queue.purge': purgeQueue,
    'queue.delete': deleteQueue,
    'dlq.list': listDeadLetters,
    'dlq.show': showDeadLetters,
    'dlq.redrive': redrive,
    'dlq.run': followRun,
    'dlq.runs': listRuns,
    'dlq.stop': stopRun,
    'schedule.list': listDelayed,
    'schedule.cancel': cancelDelayed,
    'schedule.move': moveDelayed,
    'txn.list': listHalfMessages,
    'txn.resume': resumeHalfMessage,
    'txn.drop': dropHalfMessage,
  }),
);

/** Answers what is written as JSON. `fields`: what was read of JSON. */
export async function runAdminCommand(
  broker: Broker,
  caller: AdminCaller,
  { command, fields }: { readonly command: string; readonly fields: unknown },
): Promise<object | BrokerError> {
  const run = COMMANDS.get(command);
  if (run === undefined) {
    return new BrokerError('unsupported-version', `this broker has no command '${command.slice(0, 100)}'`);
  }
  try {
    return await run({ broker, caller, fields: new Fields(fields) });
  } catch (error) {
    if (error instanceof BrokerError) return error;
    throw error;
  }
}

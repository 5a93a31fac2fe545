/** Asking the group coordinator from a handler. */
import { assert } from '../../../base/assert.ts';
import { BrokerError } from '../../../base/errors.ts';
import type { GroupAnswer, GroupCommand } from '../../../group/commands.ts';
import type { RequestContext } from '../api.ts';
import { KAFKA_ERRORS, NO_ERROR } from '../errors.ts';

type AnswerKind = GroupAnswer['kind'];
type AnswerOf<Kind extends AnswerKind> = Extract<GroupAnswer, { kind: Kind }>;

/** Calls `done` with the error, or the answer, which must be of one of `kinds`. */
export function askGroups<Kind extends AnswerKind>(
  context: RequestContext,
  command: GroupCommand,
  { kinds, done }: { kinds: readonly Kind[]; done: (answer: AnswerOf<Kind> | BrokerError) => void },
): void {
  context.kafka.broker.groups.submit(command, (answer) => {
    if (answer instanceof BrokerError) return done(answer);
    assert(
      (kinds as readonly string[]).includes(answer.kind),
      `the group machine answered ${answer.kind} to ${command.kind}`,
    );
    done(answer as AnswerOf<Kind>);
  });
}

/** Asks that nobody is in a share group; makes it where there is none and `make` says so. */
export function whenVacant(
  context: RequestContext,
  { groupId, make }: { readonly groupId: string; readonly make: boolean },
  done: (error: BrokerError | null) => void,
): void {
  askGroups(
    context,
    { kind: 'vacant-share', groupId, make },
    {
      kinds: ['done'],
      done: (answer) => done(answer instanceof BrokerError ? answer : null),
    },
  );
}

export function errorCodeOf(error: BrokerError | null): number {
  return error === null ? NO_ERROR : KAFKA_ERRORS[error.code];
}

/** Asking the group coordinator. */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { GroupAnswer, GroupCommand } from '../group/commands.ts';
import type { Broker } from './broker.ts';

type AnswerKind = GroupAnswer['kind'];
type GroupAnswerOf<Kind extends AnswerKind> = Extract<GroupAnswer, { kind: Kind }>;

interface GroupQuestion<Kind extends AnswerKind> {
  readonly kinds: readonly Kind[];
  readonly done: (answer: GroupAnswerOf<Kind> | BrokerError) => void;
}

/** Calls `done` with the error, or the answer, which must be of one of `kinds`. */
export function askGroups<Kind extends AnswerKind>(
  { groups }: Pick<Broker, 'groups'>,
  command: GroupCommand,
  { kinds, done }: GroupQuestion<Kind>,
): void {
  groups.submit(command, (answer) => {
    if (answer instanceof BrokerError) return done(answer);
    assert(
      (kinds as readonly string[]).includes(answer.kind),
      `the group machine answered ${answer.kind} to ${command.kind}`,
    );
    done(answer as GroupAnswerOf<Kind>);
  });
}

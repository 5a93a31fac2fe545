/** What handlers of groups have in common. */
import { BrokerError } from '../../../base/errors.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import type { RequestContext } from '../api.ts';

/** Asks that nobody is in a share group; makes it where there is none and `make` says so. */
export function whenVacant(
  context: RequestContext,
  { groupId, make }: { readonly groupId: string; readonly make: boolean },
  done: (error: BrokerError | null) => void,
): void {
  askGroups(
    context.kafka.broker,
    { kind: 'vacant-share', groupId, make },
    {
      kinds: ['done'],
      done: (answer) => done(answer instanceof BrokerError ? answer : null),
    },
  );
}

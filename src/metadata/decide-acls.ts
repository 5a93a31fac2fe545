/** Decisions of the metadata machine about access rules. */
import { BrokerError } from '../base/errors.ts';
import { type Acl, type AclFilter, aclKey, checkAcl, exactAcl, picksAcl } from './acl.ts';
import { brokerText } from './broker-config.ts';
import type { CreateAcls, DeleteAcls } from './commands.ts';
import type { MetadataRecord } from './records.ts';
import type { MetadataState } from './state.ts';

/** Rules that one command may remove, as in Kafka. */
const REMOVED_MAX = 10_000;
/** Filters of a command that have to look at all rules. */
const SEARCHES_MAX = 1000;

/** Adds rules. One that is there already is no error, and no record. */
export function createAcls(
  state: MetadataState,
  { acls }: CreateAcls,
): { readonly records: readonly MetadataRecord[]; readonly answer: readonly (BrokerError | null)[] } {
  const max = Number(brokerText('polylog.acls.max', state.brokerValues));
  const added = new Map<string, Acl>();
  let full: BrokerError | null = null;
  const answer = acls.map((acl) => {
    const refusal = checkAcl(acl);
    if (refusal !== null) return refusal;
    const key = aclKey(acl);
    if (state.acls.has(key) || added.has(key)) return null;
    if (state.acls.size + added.size >= max) {
      return (full ??= new BrokerError(
        'policy-violation',
        `There are ${max} access rules, as many as there may be: remove some, or raise polylog.acls.max.`,
      ));
    }
    added.set(key, acl);
    return null;
  });
  return { records: Array.from(added.values(), (acl) => ({ kind: 'acl', acl })), answer };
}

/** Removes what the filters pick. Each filter is answered with all that it picks, also what another picks too. */
export function deleteAcls(
  state: MetadataState,
  { filters }: DeleteAcls,
): {
  readonly records: readonly MetadataRecord[];
  readonly answer: readonly (readonly Acl[] | BrokerError)[];
} {
  const removed = new Map<string, Acl>();
  let room = REMOVED_MAX;
  let searches = SEARCHES_MAX;
  const answer = filters.map((filter) => {
    const exact = exactAcl(filter);
    if (exact === null && --searches < 0) {
      const message = `A request may have ${SEARCHES_MAX} filters that leave something open: ask with several requests.`;
      return new BrokerError('invalid-request', message);
    }
    const picked = exact === null ? pick(state, filter, room + 1) : pickExact(state, exact);
    if (picked.length > room) {
      const message = `A request may remove ${REMOVED_MAX} access rules: ask for fewer at a time.`;
      return new BrokerError('invalid-request', message);
    }
    room -= picked.length;
    for (const acl of picked) removed.set(aclKey(acl), acl);
    return picked;
  });
  return { records: Array.from(removed.values(), (acl) => ({ kind: 'acl-removed', acl })), answer };
}

function pickExact(state: MetadataState, acl: Acl): Acl[] {
  const known = state.acls.get(aclKey(acl));
  return known === undefined ? [] : [known];
}

function pick(state: MetadataState, filter: AclFilter, countMax: number): Acl[] {
  const picked: Acl[] = [];
  for (const acl of state.acls.values()) {
    if (picked.length === countMax) break;
    if (picksAcl(filter, acl)) picked.push(acl);
  }
  return picked;
}

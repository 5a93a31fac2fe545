/**
 * Who a client is: what authentication finds out, and what access control and quotas ask about.
 *
 * As text a principal is `TYPE:NAME`, as in Kafka's ACLs; the name may hold further colons.
 */

export interface Principal {
  /** Authentication knows users only. */
  readonly type: 'User';
  readonly name: string;
}

/** Who has not said who it is: every client of a listener without authentication. */
export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS' };

export function userPrincipal(name: string): Principal {
  return { type: 'User', name };
}

export function formatPrincipal({ type, name }: Principal): string {
  return `${type}:${name}`;
}

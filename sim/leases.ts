/**
 * Who may use which partition of a group, and how long for sure: a member from when it is told so until it says that it
 * has given up, is told that it is none any more, or may have been given up by the broker. The broker forgets a member when
 * nothing was heard of it for a session timeout, or when it doesn't give up partitions for a rebalance timeout: neither can
 * have passed before the lesser of both has since the last request that was answered was sent. Nobody else may be told to
 * use the partition before. Restarts of the broker only make it longer; its timers don't follow the wall clock.
 */

export interface Lease {
  readonly member: string;
  /** Somebody else of the same static instance takes its place at once. */
  readonly instanceId: string | null;
  /** As `topic-partition`. */
  readonly partitions: readonly string[];
  /** In simulated time. */
  readonly untilMs: number;
}

export class Leases {
  readonly #fail: (message: string) => void;
  /** By group and member. A member that was killed keeps its lease: the broker doesn't know. */
  readonly #groups = new Map<string, Map<string, Lease>>();

  constructor(fail: (message: string) => void) {
    this.#fail = fail;
  }

  /** A member may use these from now on, and nothing else. */
  holds(group: string, lease: Lease, nowMs: number): void {
    const leases = this.#of(group);
    const { member, partitions, untilMs } = lease;
    leases.set(member, lease);
    if (untilMs <= nowMs) return;
    for (const other of leases.values()) {
      if (other.member === member || other.untilMs <= nowMs) continue;
      const both = partitions.filter((partition) => other.partitions.includes(partition));
      if (both.length === 0) continue;
      this.#fail(`${both.join(', ')} of ${group} belongs to ${other.member} and to ${member} at one time`);
    }
  }

  /** The broker has heard of the member. */
  renewed(group: string, member: string, untilMs: number): void {
    const leases = this.#of(group);
    const lease = leases.get(member);
    if (lease !== undefined) leases.set(member, { ...lease, untilMs });
  }

  /** A member uses nothing any more, and whoever was of its static instance before. */
  ended(group: string, member: string, instanceId: string | null): void {
    const leases = this.#of(group);
    leases.delete(member);
    if (instanceId === null) return;
    for (const other of leases.values()) if (other.instanceId === instanceId) leases.delete(other.member);
  }

  #of(group: string): Map<string, Lease> {
    let leases = this.#groups.get(group);
    if (leases === undefined) this.#groups.set(group, (leases = new Map()));
    return leases;
  }
}

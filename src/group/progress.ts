/**
 * How far a member has come in a group with member epochs (KIP-848, KIP-1071): each moves to the target by itself, and gives
 * up what is not its own any more before it gets what is new. `Held` is what its protocol divides, partitions or tasks.
 */

/**
 * - `stable`: has all that it is to have at its epoch.
 * - `unrevoked`: was told to give something up, and hasn't said yet that it did.
 * - `unreleased`: at its new epoch, but others still have some of what it is to have.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased';

export interface Progress<Held> {
  readonly state: MemberState;
  readonly epoch: number;
  /** The epoch before: an answer with the new one may have been lost. */
  readonly previousEpoch: number;
  readonly assigned: Held;
  /** What it has to give up, and may still use. */
  readonly revoking: Held;
}

/** Only its progress, of all that is known of a member. */
export function progressOf<Held>(member: Progress<Held>): Progress<Held> {
  const { state, epoch, previousEpoch, assigned, revoking } = member;
  return { state, epoch, previousEpoch, assigned, revoking };
}

/** Whether the member has all of the target of `assignmentEpoch`. */
export function isReconciled({ state, epoch }: Progress<unknown>, assignmentEpoch: number): boolean {
  return state === 'stable' && epoch === assignmentEpoch;
}

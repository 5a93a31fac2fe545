// What goes wrong between a command and the broker that it asks.

import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka';

/** Error codes of the protocol that commands act on. */
export const CODE = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicExists: 36,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  unknownProducerId: 59,
  nonEmptyGroup: 68,
  groupNotFound: 69,
  memberIdRequired: 79,
  resourceNotFound: 91,
} as const;

/** No broker answered, or the connection broke or stayed silent. */
export class NetworkFailure extends Error {}

/** The broker refused with an error code of the protocol. */
export class BrokerFailure extends Error {
  readonly code: number;
  /** Kafka's name of the code, e.g. `INVALID_CONFIG`. */
  readonly id: string;
  readonly retriable: boolean;

  constructor(code: number, detail?: string | null) {
    const id = protocolErrorsCodesById[code] ?? `ERROR_${code}`;
    const known = protocolErrors[id];
    super(detail || known?.message || `error code ${code}`);
    this.code = code;
    this.id = id;
    this.retriable = known?.canRetry ?? false;
  }
}

/** Undefined: nothing went wrong. */
export function failureOf(errorCode: number, message?: string | null): BrokerFailure | undefined {
  return errorCode === 0 ? undefined : new BrokerFailure(errorCode, message);
}

export function check(errorCode: number, message?: string | null): void {
  if (errorCode !== 0) throw new BrokerFailure(errorCode, message);
}

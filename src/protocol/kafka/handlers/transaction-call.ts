/** What the handlers of transactions have in common. */
import type { BrokerError } from '../../../base/errors.ts';
import { KAFKA_ERRORS } from '../errors.ts';

/** The code of an error; clients that don't know PRODUCER_FENCED (KIP-588) are told of an invalid epoch. */
export function transactionError(error: BrokerError, knowsFenced: boolean): number {
  return KAFKA_ERRORS[
    error.code === 'producer-fenced' && !knowsFenced ? 'invalid-producer-epoch' : error.code
  ];
}

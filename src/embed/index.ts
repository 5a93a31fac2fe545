/**
 * Polylog inside a program or a test: the same broker as `polylog start`, on real sockets, in the process.
 *
 * @example
 * ```ts
 * import { startBroker } from 'polylog';
 *
 * await using broker = await startBroker();
 * const kafka = new Kafka({ brokers: [broker.bootstrap] });
 * ```
 */
export { BrokerError, type BrokerErrorCode } from '../base/errors.ts';
export { type EmbeddedBroker, type StartBrokerOptions, startBroker } from './start-broker.ts';

/** What all calls of a broker share. */
import type { Broker } from '../../broker/broker.ts';
import type { Clock, Compression, Crypto, Logger } from '../../platform/ports.ts';
import type { AuditLog } from '../../security/audit.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { CheckBacks } from './check-backs.ts';
import type { Clients } from './clients.ts';
import type { LiteSubscriptions } from './lite-subscriptions.ts';
import type { ReceiptHandles } from './receipt-handle.ts';
import type { Rounds } from './rounds.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface RocketmqContext {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly compression: Compression;
  readonly audit: AuditLog;
  readonly logger: Logger;
  readonly clients: Clients;
  readonly checkBacks: CheckBacks;
  readonly rounds: Rounds;
  readonly subscriptions: Subscriptions;
  readonly lite: LiteSubscriptions;
  readonly handles: ReceiptHandles;
  readonly acknowledgements: Acknowledgements;
  /** What messages are said to be stored on. */
  readonly storeHost: string;
}

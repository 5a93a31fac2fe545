/** What all Kafka sessions of a broker share. */
import type { BlockPool } from '../../base/block-pool.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import type { Broker } from '../../broker/broker.ts';
import type { AlterResource } from '../../metadata/commands.ts';
import type { Clock, Crypto, Logger } from '../../platform/ports.ts';
import type { ClientQuotas } from '../../quota/client-quotas.ts';
import type { AuditLog } from '../../security/audit.ts';
import type { AnyApi } from './api.ts';
import type { AuthenticationPorts } from './authentication.ts';
import type { FetchSessionCache } from './fetch-session.ts';
import type { ArrivingRequests, MemoryBudget, UnsentBytes } from './memory-budget.ts';
import type { ShareSessions } from './share-session.ts';
import type { KafkaTelemetry } from './telemetry.ts';
import type { Traffic } from './traffic.ts';
import type { Turns } from './turns.ts';

/** Slabs that answers are cut from. One that waits in a connection holds all of its slab, so these are small. */
export const ANSWER_SLAB_BYTES = 2048;

export interface KafkaLimits {
  /** Largest request in bytes (socket.request.max.bytes). */
  readonly requestBytesMax: number;
  /** Bytes of requests in work on one connection; above it the connection is not read. */
  readonly connectionInflightBytesMax: number;
  /** Requests in work on one connection; above it the connection is not read. */
  readonly connectionInflightRequestsMax: number;
  /** Bytes queued for a client that does not read; above it its requests wait. */
  readonly connectionUnsentBytesMax: number;
}

export interface KafkaContext {
  readonly broker: Broker;
  readonly apis: ReadonlyMap<number, AnyApi>;
  readonly limits: KafkaLimits;
  /** Large requests take their memory from here. */
  readonly blocks: BlockPool;
  /** Writes the answers of all connections, one behind the other. */
  readonly answers: ByteWriter;
  readonly requestBudget: MemoryBudget;
  readonly arriving: ArrivingRequests;
  readonly unsent: UnsentBytes;
  readonly fetchSessions: FetchSessionCache;
  readonly shareSessions: ShareSessions;
  readonly quotas: ClientQuotas;
  /** Who works when, where there is much to do. */
  readonly turns: Turns;
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** Null where nothing shows the metrics of clients: then they aren't asked for any. */
  readonly telemetry: KafkaTelemetry | null;
  readonly crypto: Crypto;
  /** What would keep the broker from starting again after a change of its settings: null, or a sentence. */
  readonly settingsProblem: (altered: AlterResource) => Promise<string | null>;
  readonly authentication: AuthenticationPorts;
  readonly audit: AuditLog;
  readonly logger: Logger;
}

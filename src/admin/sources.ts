/** What the metrics and the health of a broker are made from. All of it is read when somebody asks, and cheap to read. */
import type { Broker } from '../broker/broker.ts';
import type { ClientTelemetry } from '../broker/client-telemetry.ts';

/** What one protocol counts. */
export interface ProtocolCounts {
  /** As it stands in the names of metrics: kafka. */
  readonly protocol: string;
  readonly connectionCount: number;
  /** Connections that were closed at once because there were too many. */
  readonly refusedConnections: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Requests that were understood, by their names. */
  requestCounts(): Iterable<readonly [name: string, count: number]>;
}

export interface AdminSources {
  readonly broker: Broker;
  readonly protocols: readonly ProtocolCounts[];
  readonly telemetry: ClientTelemetry;
  /** Whether clients can be served: the listeners are open, and the broker doesn't stop. */
  isReady(): boolean;
}

/** The HTTP side of a broker (polylog.admin.listeners), which is loaded only where it listens. */
import type { AdminServer } from '../admin/server.ts';
import type { AdminSources } from '../admin/sources.ts';
import { BrokerError } from '../base/errors.ts';
import { formatHostPort, type HostPort } from '../base/host-port.ts';
import type { Broker } from '../broker/broker.ts';
import { ClientTelemetry } from '../broker/client-telemetry.ts';
import { isLoopback } from '../metadata/listener.ts';

export interface Admin {
  /** Takes the metrics of clients. */
  readonly telemetry: ClientTelemetry;
  /** Resolves with the addresses in use; rejects with BrokerError where one can't be had. */
  listen(sources: Pick<AdminSources, 'protocols' | 'isReady'>): Promise<readonly HostPort[]>;
  close(): Promise<void>;
}

/** Null where nothing is to listen. */
export async function prepareAdmin(broker: Broker): Promise<Admin | null> {
  const { adminListeners } = broker.settings;
  if (adminListeners.length === 0) return null;
  const [{ openAdminServer }, { decodeMetrics }] = await Promise.all([
    import('../admin/server.ts'),
    import('../admin/otlp.ts'),
  ]);
  const telemetry = new ClientTelemetry({ clock: broker.clock, decode: decodeMetrics });
  const logger = broker.logLevels.logger('polylog.server');
  const servers: AdminServer[] = [];
  return {
    telemetry,
    async listen(given) {
      const sources = { ...given, broker, telemetry };
      for (const { host, port } of adminListeners) {
        const address = `http://${formatHostPort({ host, port })}`;
        try {
          servers.push(await openAdminServer({ host, port, sources, logger }));
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          const sentence = `Can't listen on ${address}: ${why}. Choose another address in polylog.admin.listeners.`;
          throw new BrokerError('invalid-config', sentence);
        }
        if (!isLoopback(host)) logger.warn({ address }, `${address} tells metrics to anybody who reaches it`);
      }
      return servers.map((server, i) => ({ host: adminListeners[i]!.host, port: server.port }));
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

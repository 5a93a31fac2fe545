/**
 * The only wiring: a broker and its listeners over a platform. The server, the in-process API and the simulator all start
 * here, with their own platform.
 */
import { BrokerError } from '../base/errors.ts';
import { type Broker, type OpenBroker, openBroker } from '../broker/broker.ts';
import type { BrokerSettings } from '../metadata/broker-settings.ts';
import { formatListener, type ListenerAddress } from '../metadata/listener.ts';
import { type HostPort, KafkaServer } from '../protocol/kafka/listener.ts';
import { openAudit } from './audit.ts';

export interface RunningBroker {
  readonly broker: Broker;
  /** Where Kafka clients connect, in the order of the settings. */
  readonly kafka: readonly HostPort[];
  readonly connectionCount: number;
  /** After log files were moved away: goes on in new ones. */
  reopenLogs(): void;
  /** Finishes what is in flight, flushes, seals. Safe to call twice. */
  close(): Promise<void>;
}

function advertisedFor(settings: BrokerSettings, index: number): ListenerAddress | null {
  const { advertised } = settings;
  return advertised[advertised.length === 1 ? 0 : index] ?? null;
}

/** Rejects with BrokerError when the data directory or a listener can't be had. */
export async function composeBroker(options: OpenBroker): Promise<RunningBroker> {
  const { platform, settings } = options;
  const audit = openAudit(platform, settings, platform.logger);
  let broker: Broker;
  try {
    broker = await openBroker(options);
  } catch (error) {
    audit.close();
    throw error;
  }
  const server = new KafkaServer({
    broker,
    platform,
    audit: audit.log,
    limits: {
      requestBytesMax: settings.requestBytesMax,
      connectionInflightBytesMax: settings.connectionInflightBytesMax,
      connectionInflightRequestsMax: settings.connectionInflightRequestsMax,
      connectionUnsentBytesMax: settings.connectionUnsentBytesMax,
    },
    // May be changed while the broker runs.
    get connectionsMax() {
      return broker.metadata.image.settings.connectionsMax;
    },
    idleMsMax: settings.connectionIdleMsMax,
    stalledMsMax: settings.connectionStalledMsMax,
    inflightBytesMax: settings.inflightBytesMax,
    unsentBytesMax: settings.unsentBytesMax,
    fetchSessionsMax: settings.fetchSessionsMax,
  });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    server.close();
    await broker.close();
    // What was answered by the close leaves at the end of the turn.
    await new Promise<void>((resolve) => platform.clock.afterTurn(resolve));
    server.destroy();
    audit.close();
  };
  const kafka: HostPort[] = [];
  try {
    for (const [index, { host, port }] of settings.listeners.entries()) {
      kafka.push(await server.listen({ host, port }, advertisedFor(settings, index)));
    }
  } catch (error) {
    await close();
    const { host, port } = settings.listeners[kafka.length]!;
    const why = error instanceof Error ? error.message : String(error);
    const sentence = `Can't listen on ${formatListener({ host, port })}: ${why}. Choose another address with --listen.`;
    throw new BrokerError('invalid-config', sentence);
  }
  return {
    broker,
    kafka,
    get connectionCount() {
      return server.connectionCount;
    },
    reopenLogs: () => audit.reopen(),
    close: () => (closing ??= close()),
  };
}

/**
 * The only wiring: a broker and its listeners over a platform. The server, the in-process API and the simulator all start
 * here, with their own platform.
 */
import { BrokerError } from '../base/errors.ts';
import type { HostPort } from '../base/host-port.ts';
import type { Broker } from '../broker/broker.ts';
import { logLevelsFrom } from '../broker/log-levels.ts';
import { type OpenBroker, openBroker } from '../broker/open.ts';
import { advertisedFor } from '../metadata/broker-settings.ts';
import { formatListener, isLoopback } from '../metadata/listener.ts';
import { type ListenerSettings, letsAnybodyIn } from '../metadata/listener-settings.ts';
import type { Logger, Platform } from '../platform/ports.ts';
import { KafkaServer, type KafkaServerOptions } from '../protocol/kafka/listener.ts';
import { type Admin, prepareAdmin } from './admin.ts';
import { Admission, principalsOf } from './admission.ts';
import { openAudit } from './audit.ts';
import type { Rocketmq, RocketmqOptions } from './rocketmq.ts';
import { certificateProblem, TlsKeeper } from './tls-keeper.ts';

export interface BoundListener extends HostPort {
  readonly name: string;
}

/** What the operating system says of an address that can't be had. */
const ADDRESS_PROBLEMS = /^listen |getaddrinfo/;
/** What else goes wrong is OpenSSL's, in its words. */
const CREDENTIALS_REMEDY =
  ' See its key and certificates (ssl.keystore.location), their password (ssl.key.password) and ssl.cipher.suites.';

export interface RunningBroker {
  readonly broker: Broker;
  /** Where Kafka clients connect, in the order of the settings. */
  readonly kafka: readonly BoundListener[];
  /** Where metrics and health are told, in the order of the settings. */
  readonly http: readonly HostPort[];
  /** Where RocketMQ's clients connect, in the order of the settings. */
  readonly rocketmq: readonly HostPort[];
  readonly connectionCount: number;
  /** After log files were moved away: goes on in new ones. */
  reopenLogs(): void;
  /** Finishes what is in flight, flushes, seals. Safe to call twice. */
  close(): Promise<void>;
}

function keeperOf(platform: Platform, broker: Broker, index: number): TlsKeeper {
  const settings = (): ListenerSettings => broker.metadata.image.settings.listeners[index]!;
  // Which listeners there are, and with which protocols, doesn't change while the broker runs.
  return new TlsKeeper({ listenerName: settings().name, platform, settings: () => settings().tls! });
}

function warnOfOpenListeners({ settings }: OpenBroker, logger: Logger): void {
  for (const listener of settings.listeners) {
    if (isLoopback(listener.host)) continue;
    const where = formatListener(listener);
    if (letsAnybodyIn(listener)) {
      logger.warn(
        { listener: where },
        `${where} lets in anybody who reaches it (polylog.allow.unauthenticated)`,
      );
    } else if (showsSecrets(listener)) {
      logger.warn({ listener: where }, `${where} takes passwords or tokens without TLS: use SASL_SSL`);
    }
  }
}

/** Whether clients send what lets anybody in, for all between to read. */
function showsSecrets({ tls, sasl }: ListenerSettings): boolean {
  if (tls !== null || sasl === null) return false;
  return sasl.mechanisms.includes('PLAIN') || sasl.mechanisms.includes('OAUTHBEARER');
}

/** Who sets up access rules and forgets what decides by them believes the door to be closed. */
function warnOfIdleRules({ settings, metadata }: Broker, logger: Logger): void {
  const { enabled, superUsers, allowIfNoAcl } = settings.access;
  if (enabled) return;
  const idle = [
    ...(superUsers.size > 0 ? ['super.users'] : []),
    ...(allowIfNoAcl ? ['allow.everyone.if.no.acl.found'] : []),
    ...([...metadata.image.acls()].length > 0 ? ['the access rules that are stored'] : []),
  ];
  if (idle.length === 0) return;
  logger.warn(
    {},
    `${idle.join(', ')} without effect: set authorizer.class.name, or everybody may do everything`,
  );
}

/** Kafka's protocol, with the bounds of the settings. */
function openKafka(
  parts: Pick<KafkaServerOptions, 'broker' | 'platform' | 'audit' | 'telemetry'>,
): KafkaServer {
  const { settings } = parts.broker;
  return new KafkaServer({
    ...parts,
    settingsProblem: (altered) => certificateProblem(parts.broker.metadata.image, altered, parts.platform),
    limits: {
      requestBytesMax: settings.requestBytesMax,
      connectionInflightBytesMax: settings.connectionInflightBytesMax,
      connectionInflightRequestsMax: settings.connectionInflightRequestsMax,
      connectionUnsentBytesMax: settings.connectionUnsentBytesMax,
    },
    idleMsMax: settings.connectionIdleMsMax,
    stalledMsMax: settings.connectionStalledMsMax,
    authenticationMsMax: settings.authenticationMsMax,
    failedAuthenticationDelayMs: settings.failedAuthenticationDelayMs,
    inflightBytesMax: settings.inflightBytesMax,
    unsentBytesMax: settings.unsentBytesMax,
    fetchSessionsMax: settings.fetchSessionsMax,
  });
}

/** Null where no listener of it is set: then nothing of it is loaded. */
async function prepareRocketmq(options: RocketmqOptions): Promise<Rocketmq | null> {
  if (options.broker.settings.rocketmq.listeners.length === 0) return null;
  const { Rocketmq } = await import('./rocketmq.ts');
  return new Rocketmq(options);
}

/** Rejects with BrokerError when the data directory or a listener can't be had. */
export async function composeBroker(options: OpenBroker): Promise<RunningBroker> {
  const { settings } = options;
  const logLevels = logLevelsFrom(options.platform.logger, settings.logLevel);
  const platform = { ...options.platform, logger: logLevels.logger('polylog.security') };
  const audit = openAudit(platform, settings, logLevels.logger('polylog.audit'));
  let broker: Broker;
  let admin: Admin | null;
  try {
    broker = await openBroker({ ...options, logLevels });
    admin = await prepareAdmin(broker);
  } catch (error) {
    audit.close();
    throw error;
  }
  const server = openKafka({ broker, platform, audit: audit.log, telemetry: admin?.telemetry ?? null });
  const admission = new Admission({ broker, platform });
  const keepers: TlsKeeper[] = [];
  // A setting that was set anew is a wish to look, even where it is what it was.
  const unwatch = broker.metadata.watch(({ brokerConfig }) => {
    if (!brokerConfig) return;
    for (const keeper of keepers) keeper.look();
    rocketmq?.look();
  });
  let rocketmq: Rocketmq | null = null;
  let isReady = false;
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    for (const keeper of keepers) keeper.stop();
    unwatch();
    isReady = false;
    server.close();
    rocketmq?.close();
    await broker.close();
    // What was answered by the close leaves at the end of the turn.
    await new Promise<void>((resolve) => platform.clock.afterTurn(resolve));
    server.destroy();
    rocketmq?.destroy();
    await admin?.close();
    audit.close();
  };
  const kafka: BoundListener[] = [];
  let http: readonly HostPort[] = [];
  let rocketmqBound: readonly HostPort[] = [];
  warnOfOpenListeners(options, platform.logger);
  warnOfIdleRules(broker, platform.logger);
  try {
    for (const [index, listener] of settings.listeners.entries()) {
      const { name, host, port, sasl, tls } = listener;
      const keeper = tls === null ? null : keeperOf(platform, broker, index);
      if (keeper !== null) keepers.push(keeper);
      const listening = await server.listen({
        name,
        host,
        port,
        advertised: advertisedFor(settings, index),
        sasl: sasl && admission.sasl(sasl),
        tls: tls && { ...tls, credentials: keeper!.credentials },
        principalOf: principalsOf(listener),
      });
      keeper?.keep(listening.listener);
      kafka.push({ name, ...listening.bound });
    }
    rocketmq = await prepareRocketmq({ broker, platform, audit: audit.log });
    if (rocketmq !== null) rocketmqBound = await rocketmq.listen();
    const protocols = rocketmq === null ? [server] : [server, rocketmq];
    if (admin !== null) http = await admin.listen({ protocols, isReady: () => isReady });
    isReady = true;
  } catch (error) {
    await close();
    if (error instanceof BrokerError) throw error;
    const listener = settings.listeners[kafka.length]!;
    const why = error instanceof Error ? error.message : String(error);
    const remedy = ADDRESS_PROBLEMS.test(why) ? ' Choose another address with --listen.' : CREDENTIALS_REMEDY;
    const sentence = `Can't listen on ${formatListener(listener)}: ${why}.${remedy}`;
    throw new BrokerError('invalid-config', sentence);
  }
  return {
    broker,
    kafka,
    http,
    rocketmq: rocketmqBound,
    get connectionCount() {
      return server.connectionCount + (rocketmq?.connectionCount ?? 0);
    },
    reopenLogs: () => audit.reopen(),
    close: () => (closing ??= close()),
  };
}

/**
 * RocketMQ's listeners (polylog.rocketmq.listeners), which are loaded only where they are set: the service, gRPC, the ports,
 * and a certificate that the broker makes itself where none is given.
 */
import { hostname } from 'node:os';
import { BrokerError } from '../base/errors.ts';
import type { Broker } from '../broker/broker.ts';
import { isLoopback } from '../metadata/listener.ts';
import { ROCKETMQ_LISTENER } from '../metadata/rocketmq-settings.ts';
import { makeSelfSigned } from '../platform/node/self-signed.ts';
import type { Disk, Platform, TlsCredentials } from '../platform/ports.ts';
import type { HostPort } from '../protocol/rocketmq/carrier.ts';
import { RocketmqService } from '../protocol/rocketmq/service.ts';
import type { AuditLog } from '../security/audit.ts';
import { GrpcServer } from './grpc-server.ts';
import { TlsKeeper } from './tls-keeper.ts';
import { TwoWayListener } from './two-way-listener.ts';

/** Beside the data: key and certificate in PEM. */
const OWN_CERTIFICATE_FILE = 'rocketmq-tls.pem';
/** Calls of one connection at a time. A client has a long poll for each queue on it. */
const STREAMS_MAX = 10_000;

export interface RocketmqOptions {
  readonly broker: Broker;
  readonly platform: Platform;
  readonly audit: AuditLog;
}

export class Rocketmq {
  /** As it stands in the names of metrics. */
  readonly protocol = 'rocketmq';
  readonly #options: RocketmqOptions;
  readonly #service: RocketmqService;
  readonly #keeper: TlsKeeper | null;
  readonly #listeners: TwoWayListener[] = [];
  readonly #servers: GrpcServer[] = [];

  /** Throws BrokerError where the certificates that are set can't be read. */
  constructor(options: RocketmqOptions) {
    this.#options = options;
    this.#service = new RocketmqService(options);
    const { broker, platform } = options;
    const settings = () => broker.metadata.image.settings.rocketmq.tls;
    const { keystoreLocation, key } = settings();
    this.#keeper =
      keystoreLocation === null && key === null
        ? null
        : new TlsKeeper({ listenerName: ROCKETMQ_LISTENER, platform, settings });
  }

  get connectionCount(): number {
    return this.#listeners.reduce((sum, { connectionCount }) => sum + connectionCount, 0);
  }

  get refusedConnections(): number {
    return this.#listeners.reduce((sum, { refusedCount }) => sum + refusedCount, 0);
  }

  get receivedBytes(): number {
    return this.#listeners.reduce((sum, listener) => sum + listener.traffic().readBytes, 0);
  }

  get sentBytes(): number {
    return this.#listeners.reduce((sum, listener) => sum + listener.traffic().writtenBytes, 0);
  }

  requestCounts(): Iterable<readonly [name: string, count: number]> {
    return this.#service.requestCounts();
  }

  /** Resolves with the addresses in use, in the order of the settings. Rejects with BrokerError where one can't be had. */
  async listen(): Promise<readonly HostPort[]> {
    const { listeners } = this.#options.broker.settings.rocketmq;
    const credentials = this.#keeper?.credentials ?? this.#ownCertificate();
    const bound: HostPort[] = [];
    for (const address of listeners) bound.push(await this.#listen(address, credentials));
    this.#keeper?.keep({
      renewTls: (renewed) => {
        for (const listener of this.#listeners) listener.renewTls(renewed);
      },
    });
    return bound;
  }

  /** The certificates may have changed. */
  look(): void {
    this.#keeper?.look();
  }

  /** Takes no new connections, and lets open calls end. */
  close(): void {
    this.#keeper?.stop();
    for (const listener of this.#listeners) listener.close();
    this.#service.close();
    for (const server of this.#servers) server.drain();
  }

  /** Ends what is left at once. */
  destroy(): void {
    for (const server of this.#servers) server.destroy();
    for (const listener of this.#listeners) listener.destroy();
  }

  async #listen({ host, port }: HostPort, credentials: TlsCredentials): Promise<HostPort> {
    const { broker, platform } = this.#options;
    const { settings } = broker;
    const { advertised, tls, accessKeys } = settings.rocketmq;
    const logger = broker.logLevels.logger('polylog.rocketmq');
    let told: HostPort = { host, port };
    const server = new GrpcServer({
      service: this.#service,
      requestBytesMax: settings.requestBytesMax,
      streamsMax: STREAMS_MAX,
      idleMsMax: settings.connectionIdleMsMax,
      advertised: () => told,
      advertisedAlways: advertised !== null,
    });
    this.#servers.push(server);
    try {
      const listener = new TwoWayListener({
        name: ROCKETMQ_LISTENER,
        host,
        port,
        gate: broker.connections,
        clock: platform.clock,
        silentMsMax: settings.authenticationMsMax,
        tls: {
          credentials,
          clientAuth: 'none',
          protocols: tls.protocols,
          cipherSuites: tls.cipherSuites,
          applicationProtocols: ['h2'],
          handshakeMsMax: settings.authenticationMsMax,
          handshakesMax: tls.handshakesMax,
          onHandshakeFailed: (remote, reason) =>
            logger.debug({ remote }, `a connection of RocketMQ's clients was not encrypted: ${reason}`),
        },
        accept: (socket) => server.take(socket),
        refused: (remote, why) =>
          logger.warn({ remote }, `a connection of RocketMQ's clients was closed: ${why}`),
      });
      await listener.listen();
      this.#listeners.push(listener);
      const reachable = ['', '0.0.0.0', '::'].includes(host) ? hostname() : host;
      told = { host: advertised?.host ?? reachable, port: advertised?.port || listener.port };
      if (!isLoopback(host) && accessKeys.size === 0)
        logger.warn({ host, port: listener.port }, "RocketMQ's listener lets in anybody who reaches it");
      return { host, port: listener.port };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      throw new BrokerError(
        'invalid-config',
        `polylog.rocketmq.listeners: can't listen on ${where}: ${why}.`,
      );
    }
  }

  /** Made at the first start, and kept beside the data. */
  #ownCertificate(): TlsCredentials {
    const { broker, platform } = this.#options;
    const path = `${broker.settings.dataDirectory}/${OWN_CERTIFICATE_FILE}`;
    const text = platform.disk.exists(path)
      ? readText(platform.disk, path)
      : this.#makeCertificate(platform.disk, path);
    return { identity: { kind: 'pem', certificates: text, key: text }, passphrase: null, trusted: null };
  }

  #makeCertificate(disk: Disk, path: string): string {
    const { broker, platform } = this.#options;
    const { listeners, advertised } = broker.settings.rocketmq;
    const named = [...listeners, ...(advertised === null ? [] : [advertised])].map(({ host }) => host);
    const hosts = new Set([...named, hostname(), 'localhost', '127.0.0.1', '::1']);
    const made = makeSelfSigned({
      commonName: 'polylog',
      hosts: [...hosts].filter((host) => !['', '0.0.0.0', '::'].includes(host)),
      nowMs: platform.clock.nowMs(),
    });
    const text = made.key + made.certificate;
    const file = disk.open(`${path}.new`, disk.exists(`${path}.new`) ? 'write' : 'create');
    file.truncate(0);
    file.writev([Buffer.from(text)], 0);
    file.datasyncSync();
    file.close();
    disk.rename(`${path}.new`, path);
    disk.syncDirectory(broker.settings.dataDirectory);
    return text;
  }
}

function readText(disk: Disk, path: string): string {
  const file = disk.open(path, 'read');
  const bytes = Buffer.alloc(file.size());
  file.readSync(bytes, 0);
  file.close();
  return bytes.toString('latin1');
}

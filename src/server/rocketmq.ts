/**
 * RocketMQ's listeners (polylog.rocketmq.listeners), which are loaded only where they are set: the service, gRPC, the ports,
 * those on which clients are told to go there (polylog.rocketmq.name.server.hint.listeners), and a certificate that the broker
 * makes itself where none is given.
 */
import { hostname } from 'node:os';
import { BrokerError } from '../base/errors.ts';
import { formatHostPort, type HostPort, isEverywhere } from '../base/host-port.ts';
import { canonicalAddress } from '../base/ip-address.ts';
import type { Broker } from '../broker/broker.ts';
import { isLoopback } from '../metadata/listener.ts';
import { ROCKETMQ_LISTENER } from '../metadata/rocketmq-settings.ts';
import { makeSelfSigned } from '../platform/node/self-signed.ts';
import type { Disk, Logger, Platform, TlsCredentials } from '../platform/ports.ts';
import { RocketmqService } from '../protocol/rocketmq/service.ts';
import type { AuditLog } from '../security/audit.ts';
import { GrpcServer } from './grpc-server.ts';
import { answerRemoting } from './remoting-hint.ts';
import { RequestMemory } from './request-memory.ts';
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
  readonly #logger: Logger;
  readonly #memory: RequestMemory;

  /** Throws BrokerError where the certificates that are set can't be read. */
  constructor(options: RocketmqOptions) {
    this.#options = options;
    this.#service = new RocketmqService(options);
    const { broker, platform } = options;
    this.#logger = broker.logLevels.logger('polylog.rocketmq');
    this.#memory = new RequestMemory(broker.settings.rocketmq.inflightBytesMax);
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
    const { listeners, hintListeners } = this.#options.broker.settings.rocketmq;
    const credentials = this.#keeper?.credentials ?? this.#ownCertificate();
    const bound: HostPort[] = [];
    for (const address of listeners) bound.push(await this.#listen(address, credentials));
    for (const address of hintListeners) await this.#listenForHints(address, credentials, bound[0]!);
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

  async #listen(address: HostPort, credentials: TlsCredentials): Promise<HostPort> {
    const { broker } = this.#options;
    const { host } = address;
    try {
      const { port } = await this.#open({ address, credentials, service: this.#service, bound: address });
      if (!isLoopback(host) && broker.settings.rocketmq.accessKeys.size === 0)
        this.#logger.warn({ host, port }, "RocketMQ's listener lets in anybody who reaches it");
      return { host, port };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BrokerError(
        'invalid-config',
        `polylog.rocketmq.listeners: can't listen on ${formatHostPort(address)}: ${why}.`,
      );
    }
  }

  /** Nobody needs it: where it can't be had, that is said in the log. */
  async #listenForHints(address: HostPort, credentials: TlsCredentials, bound: HostPort): Promise<void> {
    try {
      await this.#open({ address, credentials, service: null, bound });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const where = formatHostPort(address);
      this.#logger.info({ where }, `clients that look for a name server on ${where} are not told: ${why}`);
    }
  }

  /** Listens. `bound`: where the service is, which clients are told; port 0 stands for this port. */
  async #open(options: {
    readonly address: HostPort;
    readonly credentials: TlsCredentials;
    readonly service: RocketmqService | null;
    readonly bound: HostPort;
  }): Promise<HostPort> {
    const { address, credentials, service, bound } = options;
    const { settings, connections } = this.#options.broker;
    const { advertised, tls } = settings.rocketmq;
    const told = (localHost: string): HostPort => ({
      host: advertised?.host ?? (isEverywhere(bound.host) ? localHost : bound.host),
      port: advertised?.port || bound.port || listener.port,
    });
    // To ask for it costs more than a call does.
    const ownHost = hostname();
    const direct = (localHost: string): string =>
      formatHostPort(told(canonicalAddress(localHost) ?? localHost));
    const server = new GrpcServer({
      service,
      unserved: (path, localHost) =>
        service === null ? hintOf(direct(localHost)) : `${path} is not served here.`,
      requestBytesMax: settings.requestBytesMax,
      memory: this.#memory,
      streamsMax: STREAMS_MAX,
      idleMsMax: settings.connectionIdleMsMax,
      advertised: () => told(ownHost),
      advertisedAlways: advertised !== null,
    });
    this.#servers.push(server);
    const listener = new TwoWayListener({
      name: ROCKETMQ_LISTENER,
      ...address,
      gate: connections,
      clock: this.#options.platform.clock,
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
          this.#logger.debug({ remote }, `a connection of RocketMQ's clients was not encrypted: ${reason}`),
      },
      accept: (socket) => server.take(socket),
      acceptRemoting: (socket) => {
        const endpoint = direct(socket.localAddress ?? '');
        this.#logger.debug(
          { remote: socket.remoteAddress },
          `a client of RocketMQ 4 is told to go to ${endpoint}`,
        );
        answerRemoting(socket, { remark: hintOf(endpoint), address: endpoint });
      },
      refused: (remote, why) =>
        this.#logger.warn({ remote }, `a connection of RocketMQ's clients was closed: ${why}`),
    });
    await listener.listen();
    this.#listeners.push(listener);
    return { host: address.host, port: listener.port };
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
      hosts: [...hosts].filter((host) => !isEverywhere(host)),
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

/** What clients of another protocol show their user. */
function hintOf(endpoint: string): string {
  return (
    `This is no name server and no broker of RocketMQ 4: Polylog speaks RocketMQ 5's gRPC protocol on ${endpoint}. ` +
    `Use a client of the 5.x line (such as rocketmq-client-java) with the endpoints ${endpoint}, and no name server.`
  );
}

function readText(disk: Disk, path: string): string {
  const file = disk.open(path, 'read');
  const bytes = Buffer.alloc(file.size());
  file.readSync(bytes, 0);
  file.close();
  return bytes.toString('latin1');
}

/**
 * The certificates and keys of one TLS listener: read at start, looked at again every so often, and renewed when a file or a
 * setting has changed. What can't be used is logged once, and the listener goes on with what it has.
 */
import { BrokerError } from '../base/errors.ts';
import type { BrokerSettings } from '../metadata/broker-settings.ts';
import type { AlterResource } from '../metadata/commands.ts';
import type { MetadataImage } from '../metadata/image.ts';
import type { TlsSettings } from '../metadata/listener-settings.ts';
import { ROCKETMQ_LISTENER } from '../metadata/rocketmq-settings.ts';
import type { Files, Listener, Logger, Platform, Timer, TlsCredentials } from '../platform/ports.ts';

/** The blocks of a PEM text, each with line breaks where OpenSSL wants them: settings may have lost them. */
function pemBlocks(text: string, kind: RegExp): string[] {
  const blocks: string[] = [];
  const pattern = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;
  for (const [whole, label, body] of text.matchAll(pattern)) {
    if (!kind.test(label!)) continue;
    // A key in the old encrypted form has headers, whose line breaks can't be told anew.
    const plain = body!.includes(':') ? null : body!.replace(/\s+/g, '');
    if (plain === null) blocks.push(whole);
    else {
      const lines = plain.match(/.{1,64}/g) ?? [];
      blocks.push(`-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----`);
    }
  }
  return blocks;
}

function certificatesOf(text: string, where: string): string {
  const blocks = pemBlocks(text, /^(X509 |TRUSTED )?CERTIFICATE$/);
  if (blocks.length === 0) throw new Error(`${where} has no certificate in PEM`);
  return blocks.join('\n');
}

function keyOf(text: string, where: string): string {
  const [key] = pemBlocks(text, /PRIVATE KEY$/);
  if (key === undefined) throw new Error(`${where} has no private key in PEM`);
  return key;
}

/** Throws an Error that says what is wrong with them. */
export function readCredentials(tls: TlsSettings, files: Files): TlsCredentials {
  return { ...readIdentity(tls, files), trusted: tls.clientAuth === 'none' ? null : readTrusted(tls, files) };
}

function readIdentity(tls: TlsSettings, files: Files): Pick<TlsCredentials, 'identity' | 'passphrase'> {
  const { keystoreLocation: location } = tls;
  if (location === null) {
    const certificates = certificatesOf(tls.certificateChain ?? '', 'ssl.keystore.certificate.chain');
    const identity = { kind: 'pem', certificates, key: keyOf(tls.key ?? '', 'ssl.keystore.key') } as const;
    return { identity, passphrase: tls.keyPassword };
  }
  const bytes = files.read(location);
  if (tls.keystoreType === 'PKCS12') {
    return { identity: { kind: 'pkcs12', bytes }, passphrase: tls.keystorePassword ?? tls.keyPassword };
  }
  const text = bytes.toString('latin1');
  const identity = {
    kind: 'pem',
    certificates: certificatesOf(text, location),
    key: keyOf(text, location),
  } as const;
  return { identity, passphrase: tls.keyPassword };
}

function readTrusted(tls: TlsSettings, files: Files): string {
  const { truststoreLocation: location } = tls;
  if (location === null) {
    return certificatesOf(tls.truststoreCertificates ?? '', 'ssl.truststore.certificates');
  }
  return certificatesOf(files.read(location).toString('latin1'), location);
}

function isSame(a: TlsCredentials, b: TlsCredentials): boolean {
  if (a.trusted !== b.trusted || a.passphrase !== b.passphrase) return false;
  const [one, other] = [a.identity, b.identity];
  if (one.kind === 'pkcs12') return other.kind === 'pkcs12' && one.bytes.equals(other.bytes);
  return other.kind === 'pem' && one.certificates === other.certificates && one.key === other.key;
}

/** What speaks TLS under some settings, by the listener's name; RocketMQ makes a certificate of its own where none is set. */
function tlsOf({ listeners, rocketmq }: BrokerSettings): Map<string, TlsSettings> {
  const found = new Map<string, TlsSettings>();
  for (const { name, tls } of listeners) if (tls !== null) found.set(name, tls);
  const { keystoreLocation, key } = rocketmq.tls;
  const isSet = keystoreLocation !== null || key !== null;
  if (rocketmq.listeners.length > 0 && isSet) found.set(ROCKETMQ_LISTENER, rocketmq.tls);
  return found;
}

/**
 * What keeps the certificates and keys from being used that a change of settings names: null, or a sentence. Where the settings
 * of a listener stay as they are, its files aren't looked at: a change of something else doesn't wait for them to be mended.
 */
export async function certificateProblem(
  image: Pick<MetadataImage, 'settings' | 'settingsAfter'>,
  altered: AlterResource,
  { files, net }: Pick<Platform, 'files' | 'net'>,
): Promise<string | null> {
  const after = image.settingsAfter(altered);
  if (after === null) return null;
  const known = tlsOf(image.settings);
  for (const [name, tls] of tlsOf(after)) {
    if (JSON.stringify(tls) === JSON.stringify(known.get(name))) continue;
    try {
      await net.checkTls(readCredentials(tls, files));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return `listener ${name} could not use this key store or trust store: ${why}.`;
    }
  }
  return null;
}

export interface TlsKeeperOptions {
  readonly listenerName: string;
  readonly platform: Pick<Platform, 'files' | 'clock' | 'logger'>;
  /** As they are now: locations may change while the broker runs. */
  readonly settings: () => TlsSettings;
}

export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  readonly #logger: Logger;
  #listener: Pick<Listener, 'renewTls'> | null = null;
  /** What was tried last, used or not. */
  #tried: TlsCredentials;
  #problem: string | null = null;
  #timer: Timer | null = null;

  /** Throws BrokerError where the credentials can't be read. */
  constructor(options: TlsKeeperOptions) {
    this.#options = options;
    this.#logger = options.platform.logger;
    try {
      this.#tried = readCredentials(options.settings(), options.platform.files);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BrokerError('invalid-config', `listener ${options.listenerName}: ${why}.`);
    }
  }

  /** Those of the start. */
  get credentials(): TlsCredentials {
    return this.#tried;
  }

  /** From now on `listener` has what is in the files. */
  keep(listener: Pick<Listener, 'renewTls'>): void {
    this.#listener = listener;
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#listener = null;
  }

  #schedule(): void {
    this.#timer = this.#options.platform.clock.setTimer(this.#options.settings().reloadMs, () => {
      this.look();
      if (this.#listener !== null) this.#schedule();
    });
  }

  /** Looks for changes now. */
  look(): void {
    if (this.#listener === null) return;
    const { listenerName, settings, platform } = this.#options;
    try {
      const found = readCredentials(settings(), platform.files);
      this.#problem = null;
      if (isSame(found, this.#tried)) return;
      this.#tried = found;
      this.#listener.renewTls(found);
      this.#logger.info({ listenerName }, `listener ${listenerName}: new certificates are in use`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why === this.#problem) return;
      this.#problem = why;
      this.#logger.error(
        { listenerName },
        `listener ${listenerName}: its new certificates can't be used (${why}); it goes on with those it has`,
      );
    }
  }
}

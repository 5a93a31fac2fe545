/**
 * TLS for the network port, over node:tls. A connection is handed out when its handshake is over; handshakes are bounded in
 * time and number, and one that fails is told with a reason. Credentials can be renewed while the listener runs.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type SecureVersion,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { TlsCredentials, TlsListenerOptions } from '../ports.ts';

/** Bytes of the keys of session tickets, as Node has them. */
const TICKET_KEYS_BYTES = 48;
/** A reconnecting client is answered with these sentences in the log, not with the codes of OpenSSL. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'it did not finish in time (polylog.authentication.timeout.ms)',
  ECONNRESET: 'the client went away',
  ERR_SSL_HTTP_REQUEST: 'the client does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the client does not speak TLS, or no version of it that is served',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client speaks no version of TLS that is served (ssl.enabled.protocols)',
  ERR_SSL_NO_SHARED_CIPHER: 'client and broker have no cipher suite in common',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'the client showed no certificate (ssl.client.auth)',
};

/** Takes raw sockets and hands out those whose handshake went well, with the name in the client's certificate. */
export class TlsAcceptor {
  readonly #options: TlsListenerOptions;
  readonly #server: Server;
  #handshakes = 0;

  /** Throws an Error where the credentials can't be used. */
  constructor(options: TlsListenerOptions, accept: (socket: TLSSocket, peerName: string | null) => void) {
    this.#options = options;
    const { clientAuth, handshakeMsMax, onHandshakeFailed, applicationProtocols } = options;
    this.#server = createServer({
      ...this.#contextOptions(options.credentials),
      handshakeTimeout: handshakeMsMax,
      ...(applicationProtocols && { ALPNProtocols: [...applicationProtocols] }),
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
    });
    this.#server.on('tlsClientError', (error, socket) => {
      this.#handshakes--;
      onHandshakeFailed(remoteOf(socket), unknownCertificate(socket) ?? describe(error));
      socket.destroy();
    });
    this.#server.on('secureConnection', (socket) => {
      this.#handshakes--;
      socket.disableRenegotiation();
      const certificate = clientAuth === 'none' ? undefined : socket.getPeerX509Certificate();
      if (certificate === undefined) return accept(socket, null);
      if (socket.authorized) return accept(socket, distinguishedName(certificate.subject));
      onHandshakeFailed(remoteOf(socket), unknownCertificate(socket) ?? 'its certificate is not known');
      socket.on('error', () => undefined);
      socket.destroy();
    });
  }

  take(socket: Socket): void {
    if (this.#handshakes >= this.#options.handshakesMax) {
      const remote = remoteOf(socket);
      socket.on('error', () => undefined);
      socket.destroy();
      this.#options.onHandshakeFailed(remote, 'too many are in work (polylog.tls.handshakes.max)');
      return;
    }
    this.#handshakes++;
    this.#server.emit('connection', socket);
  }

  /** Throws an Error where they can't be used: the old ones stay then. */
  renew(credentials: TlsCredentials): void {
    const options = this.#contextOptions(credentials);
    createSecureContext(options);
    this.#server.setSecureContext(options);
    // A session that was begun under other certificates is not resumed.
    this.#server.setTicketKeys(randomBytes(TICKET_KEYS_BYTES));
  }

  #contextOptions(credentials: TlsCredentials): SecureContextOptions {
    const { protocols, cipherSuites } = this.#options;
    const versions = [...protocols].sort() as SecureVersion[];
    return {
      ...credentialOptions(credentials),
      minVersion: versions[0]!,
      maxVersion: versions.at(-1)!,
      ...(cipherSuites.length === 0 ? {} : { ciphers: cipherSuites.map(openSslName).join(':') }),
      honorCipherOrder: true,
    };
  }
}

function credentialOptions({ identity, passphrase, trusted }: TlsCredentials): SecureContextOptions {
  return {
    ...(identity.kind === 'pem'
      ? { cert: identity.certificates, key: identity.key }
      : { pfx: identity.bytes }),
    ...(passphrase === null ? {} : { passphrase }),
    ...(trusted === null ? {} : { ca: trusted }),
  };
}

/** Throws an Error where they can't be used. */
export function checkCredentials(credentials: TlsCredentials): void {
  createSecureContext(credentialOptions(credentials));
}

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
}

/** Why the client's certificate is not known; null where that isn't what is wrong. The code's type is an error's by mistake. */
function unknownCertificate({ authorizationError }: TLSSocket): string | null {
  return authorizationError ? `its certificate is not known (${String(authorizationError)})` : null;
}

function describe(error: Error & { code?: string; reason?: string }): string {
  return REASONS[error.code ?? ''] ?? error.reason ?? error.message;
}

/**
 * OpenSSL's name of a cipher suite of TLS 1.2 by that of the standard: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is
 * ECDHE-RSA-AES128-GCM-SHA256 there. Those of TLS 1.3 have one name.
 */
function openSslName(name: string): string {
  const match = /^TLS_(\w+)_WITH_(\w+)$/.exec(name);
  if (match === null) return name;
  const exchange = match[1] === 'RSA' ? '' : `${match[1]!.replaceAll('_', '-')}-`;
  const cipher = match[2]!
    .replace(/AES_(128|256)_CBC/, 'AES$1')
    .replace(/AES_(128|256)/, 'AES$1')
    .replace(/CHACHA20_POLY1305_SHA256/, 'CHACHA20-POLY1305')
    .replaceAll('_', '-');
  return exchange + cipher;
}

/** What Java writes in place of these attributes, which RFC 2253 has no names for: their number and bytes. */
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';
const IA5_STRING = 0x16;

/** The name as RFC 2253 and Java write it, `CN=a,O=b`, from Node's lines, which stand the other way round. */
function distinguishedName(subject: string): string {
  return subject
    .split('\n')
    .reverse()
    .map((line) =>
      line.replace(/^emailAddress=(.*)$/, (_, address: string) => {
        const bytes = Buffer.from(address);
        const head = Buffer.of(IA5_STRING, bytes.length);
        return `${EMAIL_ADDRESS}=#${Buffer.concat([head, bytes]).toString('hex')}`;
      }),
    )
    .join(',');
}

/** Certificates for tests (certificates/make.sh), and a connection over TLS. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

const directory = join(import.meta.dirname, 'certificates');

export type CertificateFile =
  | 'ca.pem'
  | 'broker.pem'
  | 'broker.p12'
  | 'broker-locked.pem'
  | 'renewed.pem'
  | 'client.pem'
  | 'stranger.pem';

export const certificatePath = (name: CertificateFile): string => join(directory, name);
export const certificate = (name: CertificateFile): Buffer => readFileSync(certificatePath(name));

/** Resolves when the handshake is over; rejects when the other side ends it. */
export function connectTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: certificate('ca.pem'), ...options });
    socket.once('secureConnect', () => {
      socket.removeListener('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** The key and certificate that a client shows. */
export const asClient = (name: CertificateFile): ConnectionOptions => ({
  key: certificate(name),
  cert: certificate(name),
});

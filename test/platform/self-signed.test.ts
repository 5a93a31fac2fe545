import { X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { makeSelfSigned } from '../../src/platform/node/self-signed.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

it('makes a certificate that is what it says, signed with its own key', () => {
  const nowMs = Date.UTC(2026, 10, 21);
  const hosts = ['localhost', 'mq.example', '127.0.0.1', '::1', 'fe80::1:2'];
  const certificate = new X509Certificate(
    makeSelfSigned({ commonName: 'polylog', hosts, nowMs }).certificate,
  );
  expect(certificate.subject).toBe('CN=polylog');
  expect(certificate.issuer).toBe('CN=polylog');
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.subjectAltName).toBe(
    'DNS:localhost, DNS:mq.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FE80:0:0:0:0:0:1:2',
  );
  expect(Date.parse(certificate.validFrom)).toBe(nowMs - DAY_MS);
  expect(Date.parse(certificate.validTo)).toBe(nowMs + 3650 * DAY_MS);
});

it('is good for TLS with who trusts it', async () => {
  const made = makeSelfSigned({ commonName: 'polylog', hosts: ['localhost'], nowMs: Date.now() });
  const server = createServer({ key: made.key, cert: made.certificate }, (socket) => socket.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: made.certificate });
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toBe('hello');
  expect(socket.authorized).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

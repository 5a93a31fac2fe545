// The file of --command-config: how a client gets to the broker, with the names of Kafka's client properties. Pure: the
// caller reads the files that it names.

import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { parseJaas } from '../metadata/jaas.ts';
import type { FileEntry } from '../server/config-file.ts';
import { usageError } from './errors.ts';

export type ClientMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';

export interface ClientSasl {
  readonly mechanism: ClientMechanism;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
}

/** What connections are made with; nothing: they are plain, and say not who they are. */
export interface ConnectionSecurity {
  readonly tls?: TlsOptions;
  readonly sasl?: ClientSasl;
}

const NAMES = [
  'security.protocol',
  'sasl.mechanism',
  'sasl.jaas.config',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.certificates',
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.key',
  'ssl.keystore.certificate.chain',
  'ssl.key.password',
  'ssl.endpoint.identification.algorithm',
] as const;
type Name = (typeof NAMES)[number];
type Values = ReadonlyMap<Name, string>;

const MECHANISMS: readonly ClientMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];

/** `read`: the contents of a file; throws a usage error where it can't be read. */
export function connectionSecurity(
  entries: readonly FileEntry[],
  read: (path: string) => Buffer,
): ConnectionSecurity {
  const values = new Map<Name, string>();
  for (const { name, value, line } of entries) {
    const known = NAMES.find((one) => one === name);
    if (known === undefined) {
      throw usageError(`line ${line}: ${name} is no property of connections: leave it out`);
    }
    values.set(known, value);
  }
  const protocol = values.get('security.protocol') ?? 'PLAINTEXT';
  if (!/^(SASL_)?(PLAINTEXT|SSL)$/.test(protocol)) {
    throw usageError(`security.protocol "${protocol}" must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL`);
  }
  return {
    ...(protocol.endsWith('SSL') ? { tls: tlsOptions(values, read) } : {}),
    ...(protocol.startsWith('SASL') ? { sasl: saslOptions(values) } : {}),
  };
}

function tlsOptions(values: Values, read: (path: string) => Buffer): TlsOptions {
  const trusted =
    values.get('ssl.truststore.certificates') ?? fileOf(values, 'ssl.truststore.location', read);
  if (trusted !== undefined && (values.get('ssl.truststore.type') ?? 'PEM') !== 'PEM') {
    throw usageError(
      'ssl.truststore.type must be PEM: write the certificates with `keytool -exportcert -rfc`',
    );
  }
  const check = values.get('ssl.endpoint.identification.algorithm');
  if (check !== undefined && check !== '' && check.toLowerCase() !== 'https') {
    throw usageError(
      'ssl.endpoint.identification.algorithm must be https, or empty for no check of the host',
    );
  }
  return {
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...keyOptions(values, read),
    ...(check === '' ? { checkServerIdentity: () => undefined } : {}),
  };
}

function keyOptions(values: Values, read: (path: string) => Buffer): TlsOptions {
  const store = fileOf(values, 'ssl.keystore.location', read);
  const type = values.get('ssl.keystore.type') ?? 'PEM';
  const keyPassword = values.get('ssl.key.password');
  if (type === 'PKCS12' && store !== undefined) {
    const passphrase = values.get('ssl.keystore.password') ?? keyPassword;
    return { pfx: store, ...(passphrase === undefined ? {} : { passphrase }) };
  }
  if (type !== 'PEM' && store !== undefined) throw usageError('ssl.keystore.type must be PEM or PKCS12');
  const key = values.get('ssl.keystore.key') ?? store;
  const cert = values.get('ssl.keystore.certificate.chain') ?? store;
  if (key === undefined || cert === undefined) return {};
  return { key, cert, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) };
}

function fileOf(values: Values, name: Name, read: (path: string) => Buffer): Buffer | undefined {
  const path = values.get(name);
  return path === undefined ? undefined : read(path);
}

function saslOptions(values: Values): ClientSasl {
  const mechanism = MECHANISMS.find((one) => one === values.get('sasl.mechanism'));
  if (mechanism === undefined) throw usageError(`sasl.mechanism must be one of ${MECHANISMS.join(', ')}`);
  const login = parseJaas(values.get('sasl.jaas.config') ?? '');
  if (login === null) {
    throw usageError(
      'sasl.jaas.config must be as Kafka has it, e.g. org.apache.kafka.common.security.scram.ScramLoginModule ' +
        'required username="alice" password="secret";',
    );
  }
  if (mechanism === 'OAUTHBEARER') {
    const token = login.options.get('token');
    if (token === undefined) throw usageError('sasl.jaas.config must have a token="…" for OAUTHBEARER');
    return { mechanism, token };
  }
  const [username, password] = [login.options.get('username'), login.options.get('password')];
  if (username === undefined || password === undefined) {
    throw usageError('sasl.jaas.config must have username="…" and password="…"');
  }
  return { mechanism, username, password };
}

// Figures of TLS: producing and consuming over it, with a certificate that is made for the run and checked by the client.
//
// Both brokers show the same P-256 certificate and take their defaults otherwise; what they and OpenSSL agree on is TLS 1.3.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCount, createTopic, producePass, rdkafkaConsume, rdkafkaProduce } from '../tools.ts';
import type { Broker, Figure, FigureContext, Goal, Measurement, Row } from '../types.ts';
import { passes } from './consume.ts';

const produceGoals: readonly Goal[] = [{ kind: 'ratio', to: 'kafka', op: '>=', limit: 0.8 }];
const client = 'over TLS 1.3, the certificate checked';

const rows: readonly Row[] = [
  {
    id: 'tls-produce-100',
    title: 'produce 100 B over TLS, acks=all, 1 partition',
    client: `rdkafka_performance, its defaults, ${client}`,
    unit: 'k/s',
    goals: produceGoals,
  },
  {
    id: 'tls-produce-1k',
    title: 'produce 1 KiB over TLS, acks=all, 1 partition',
    client: `rdkafka_performance, its defaults, ${client}`,
    unit: 'MB/s',
    goals: produceGoals,
  },
  {
    id: 'tls-consume-1k',
    title: 'consume 1 KiB over TLS from memory',
    client: `rdkafka_performance -C, no group, ${client}`,
    unit: 'k/s',
    goals: [],
  },
];

/** Read again and again; what was produced to measure producing is of another size in each run. */
const STORED_RECORDS = 500_000;

interface Certificate {
  /** Private key and certificate. */
  readonly keyFile: string;
  /** The certificate, which clients trust. */
  readonly trustFile: string;
}

function makeCertificate(directory: string): Certificate {
  const key = join(directory, 'key.pem');
  const trustFile = join(directory, 'certificate.pem');
  const keyFile = join(directory, 'shown.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', trustFile],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  writeFileSync(keyFile, readFileSync(key, 'utf8') + readFileSync(trustFile, 'utf8'));
  return { keyFile, trustFile };
}

/** The broker as a client of TLS sees it. */
function overTls(broker: Broker, trustFile: string): Broker {
  if (broker.tlsBootstrap === undefined) throw new Error('the broker was started without TLS');
  const clientSettings = ['security.protocol=ssl', `ssl.ca.location=${trustFile}`];
  return { ...broker, bootstrap: broker.tlsBootstrap, clientSettings };
}

export const tlsFigure: Figure = {
  name: 'tls',
  rows,
  async measure({ options, start, scratch }: FigureContext) {
    const { keyFile, trustFile } = makeCertificate(scratch);
    const broker = await start({ tlsKeyFile: keyFile });
    const tls = overTls(broker, trustFile);
    // Topics are made and counted without TLS: that is not measured.
    const produce: typeof rdkafkaProduce = (given, _, load) => rdkafkaProduce(given, tls, load);
    const pass = async (topic: string, size: number, count: number) => {
      await createTopic(options, broker, topic, 1);
      return producePass(options, broker, { produce, topic, partitions: 1, size, count });
    };
    const small = await pass('small', 100, 1_000_000);
    const large = await pass('large', 1024, 200_000);

    const count = options.smoke ? 2000 : STORED_RECORDS;
    await createTopic(options, broker, 'load', 1);
    await rdkafkaProduce(options, broker, { topic: 'load', size: 1024, count });
    const extra = await checkCount(options, broker, { name: 'load', partitions: 1, acknowledged: count });
    if (extra !== undefined) throw new Error(`the counts of this figure need an exact topic: ${extra}`);
    if (!options.smoke) await rdkafkaConsume(options, tls, 'load', count);
    const consumed = await passes({ options, broker: tls, count, consume: rdkafkaConsume });
    await broker.stop();

    const rate = ({ pass: { perSecond, usage }, note }: typeof small, scale: number): Measurement => ({
      value: perSecond * scale,
      usage,
      ...(note === undefined ? {} : { note }),
    });
    return {
      'tls-produce-100': rate(small, 1 / 1e3),
      'tls-produce-1k': rate(large, 1024 / 1e6),
      'tls-consume-1k': consumed,
    };
  },
};

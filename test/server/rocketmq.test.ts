/** RocketMQ's listener as it is in a process: gRPC, plain and over TLS on one port. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../src/embed/start-broker.ts';
import {
  CODE,
  newReceiveMessageRequest,
  newSettings,
  newTelemetryCommand,
  type QueryRouteResponse,
  readQueryRouteResponse,
  readSendMessageResponse,
  readTelemetryCommand,
  writeQueryRouteRequest,
  writeReceiveMessageRequest,
  writeSendMessageRequest,
  writeTelemetryCommand,
} from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import { WireReader, WireWriter } from '../../src/protocol/rocketmq/codec/wire.ts';
import { fromMs } from '../../src/protocol/rocketmq/time.ts';
import { framesOf, MessageReader } from '../../src/server/grpc-framing.ts';
import { messageTo, queueOf, resource } from '../support/rocketmq.ts';

const SERVICE = '/apache.rocketmq.v2.MessagingService';
const asIs = (bytes: Buffer): Buffer => bytes;

function bytesOf<Request>(write: (writer: WireWriter, request: Request) => void, request: Request): Buffer {
  const writer = new WireWriter();
  write(writer, request);
  return writer.finish();
}

let broker: EmbeddedBroker | null = null;
const directories: string[] = [];
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker?.close();
  broker = null;
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const LISTENERS = { 'polylog.rocketmq.listeners': '127.0.0.1:0' };

async function start(directory?: string, settings: Record<string, string> = {}): Promise<string> {
  broker = await startBroker({
    data: directory === undefined ? 'memory' : { directory },
    settings: { ...LISTENERS, ...settings },
  });
  return broker.rocketmqEndpoint!;
}

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'polylog-rocketmq-'));
  directories.push(made);
  return made;
}

function headers(): Metadata {
  const metadata = new Metadata();
  metadata.set('x-mq-client-id', 'me');
  return metadata;
}

function plain(endpoint: string): Client {
  const client = new Client(endpoint, credentials.createInsecure());
  clients.push(client);
  return client;
}

function secure(endpoint: string, certificate: Buffer): Client {
  const name = { 'grpc.ssl_target_name_override': 'localhost' };
  const client = new Client(endpoint, credentials.createSsl(certificate), name);
  clients.push(client);
  return client;
}

function route(client: Client, topic = 'orders'): Promise<QueryRouteResponse> {
  const writer = new WireWriter();
  writeQueryRouteRequest(writer, { topic: resource(topic), endpoints: null });
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `${SERVICE}/QueryRoute`,
      asIs,
      asIs,
      writer.finish(),
      headers(),
      (error, reply) => {
        if (error) reject(error);
        else resolve(readQueryRouteResponse(new WireReader(reply!)));
      },
    );
  });
}

function producerSettings(): Buffer {
  const writer = new WireWriter();
  writeTelemetryCommand(writer, {
    ...newTelemetryCommand(),
    settings: {
      clientType: 1,
      accessPoint: null,
      backoffPolicy: null,
      requestTimeout: null,
      publishing: { topics: [resource('orders')], maxBodySize: 0, validateMessageType: false },
      subscription: null,
      userAgent: null,
      metric: null,
    },
  });
  return writer.finish();
}

describe('the listener', () => {
  it('serves plain connections and TLS on one port', async () => {
    const data = directory();
    const endpoint = await start(data);
    const certificate = readFileSync(join(data, 'rocketmq-tls.pem'));
    for (const client of [plain(endpoint), secure(endpoint, certificate), plain(endpoint)]) {
      const { status, messageQueues } = await route(client);
      expect(status!.code).toBe(CODE.OK);
      expect(messageQueues[0]!.broker!.endpoints!.addresses[0]).toEqual({
        host: '127.0.0.1',
        port: Number(endpoint.split(':')[1]),
      });
    }
  });

  it('keeps the certificate that it has made', async () => {
    const data = directory();
    await start(data);
    const file = join(data, 'rocketmq-tls.pem');
    const certificate = readFileSync(file);
    await broker!.close();
    const endpoint = await start(data);
    expect(readFileSync(file)).toEqual(certificate);
    expect((await route(secure(endpoint, certificate))).status!.code).toBe(CODE.OK);
  });

  it('shows the certificate that is set, and makes none', async () => {
    const data = directory();
    const given = directory();
    await start(given);
    await broker!.close();
    const file = join(given, 'rocketmq-tls.pem');
    const endpoint = await start(data, { 'listener.name.rocketmq.ssl.keystore.location': file });
    expect((await route(secure(endpoint, readFileSync(file)))).status!.code).toBe(CODE.OK);
    expect(existsSync(join(data, 'rocketmq-tls.pem'))).toBe(false);
  });

  it('tells the advertised address whatever the client says', async () => {
    const endpoint = await start(undefined, { 'polylog.rocketmq.advertised.listener': 'mq.example:0' });
    const { messageQueues } = await route(plain(endpoint));
    expect(messageQueues[0]!.broker!.endpoints).toEqual({
      scheme: 3,
      addresses: [{ host: 'mq.example', port: Number(endpoint.split(':')[1]) }],
    });
  });

  it('refuses calls of what it does not serve', async () => {
    const endpoint = await start();
    const call = new Promise((_resolve, reject) => {
      const path = `${SERVICE}/Nothing`;
      plain(endpoint).makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), headers(), (error) =>
        reject(error),
      );
    });
    await expect(call).rejects.toThrow('UNIMPLEMENTED');
  });

  it('acknowledges any number of PINGs', async () => {
    const session = connectHttp2(`http://${await start()}`);
    let failure: unknown = null;
    session.on('error', (error) => {
      failure = error;
    });
    session.on('goaway', (code) => {
      failure = `GOAWAY ${code}`;
    });
    await new Promise((resolve) => session.once('connect', resolve));
    const ping = (): Promise<void> =>
      new Promise((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
    // A session of Node has ten at most that are not acknowledged.
    for (let i = 0; i < 500; i++) await Promise.all(Array.from({ length: 8 }, ping));
    expect(failure).toBeNull();
    session.destroy();
  });

  it('is not disturbed by connections that say something else', async () => {
    const endpoint = await start();
    const [host, port] = endpoint.split(':');
    for (const bytes of [Buffer.from([0x16, 1, 2, 3, 4, 5, 6, 7]), Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
      const socket = connect({ host: host!, port: Number(port) });
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect((await route(plain(endpoint))).status!.code).toBe(CODE.OK);
  });

  it('keeps the telemetry of a client that gives it 60 years', async () => {
    const session = connectHttp2(`http://${await start()}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': `${SERVICE}/Telemetry`,
      'content-type': 'application/grpc',
      'grpc-timeout': '31536000M',
      'x-mq-client-id': 'me',
    });
    for (let i = 0; i < 3; i++) {
      stream.write(framesOf([producerSettings()]));
      const reply = new MessageReader(10_000, (message) => {
        expect(readTelemetryCommand(new WireReader(message)).settings).not.toBeNull();
      });
      expect(reply.push((await once(stream, 'data'))[0])).toBeNull();
      for (let k = 0; k < 50; k++) await new Promise((resolve) => session.ping(resolve));
    }
    expect(stream.closed).toBe(false);
    session.destroy();
  });

  it('gives a message to another whose receiver goes away in the middle of it', async () => {
    const endpoint = await start();
    await route(plain(endpoint));
    const session = connectHttp2(`http://${endpoint}`, { settings: { initialWindowSize: 1000 } });
    const ask = (rpc: string, request: Buffer): ClientHttp2Stream => {
      const stream = session.request({
        ':method': 'POST',
        ':path': `${SERVICE}/${rpc}`,
        'content-type': 'application/grpc',
        'x-mq-client-id': 'me',
      });
      stream.end(framesOf([request]));
      return stream;
    };
    const sent = ask(
      'SendMessage',
      bytesOf(writeSendMessageRequest, { messages: [messageTo('orders', { body: 'x'.repeat(100_000) })] }),
    );
    sent.resume();
    await once(sent, 'end');
    const wish = bytesOf(writeReceiveMessageRequest, {
      ...newReceiveMessageRequest(),
      group: resource('billing'),
      messageQueue: queueOf('orders'),
      batchSize: 1,
      autoRenew: true,
      longPollingTimeout: fromMs(20_000),
    });
    const cut = ask('ReceiveMessage', wish);
    await once(cut, 'data');
    cut.close(constants.NGHTTP2_CANCEL);
    const whole = ask('ReceiveMessage', wish);
    let bytes = 0;
    whole.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(whole, 'end');
    expect(bytes).toBeGreaterThan(100_000);
    session.destroy();
  });

  it('ends open streams when the broker stops', async () => {
    const stream = plain(await start()).makeBidiStreamRequest(`${SERVICE}/Telemetry`, asIs, asIs, headers());
    stream.write(producerSettings());
    const [first] = (await new Promise((resolve) => stream.once('data', (...args) => resolve(args)))) as [
      Buffer,
    ];
    expect(readTelemetryCommand(new WireReader(first)).settings!.publishing!.maxBodySize).toBeGreaterThan(0);
    const ended = new Promise((resolve) => stream.once('end', resolve));
    stream.resume();
    await broker!.close();
    await ended;
  });

  it('keeps a stream open that may take years', async () => {
    const client = plain(await start());
    const deadline = Date.now() + 5 * 365 * 86_400_000;
    const stream = client.makeBidiStreamRequest(`${SERVICE}/Telemetry`, asIs, asIs, headers(), { deadline });
    const ended = new Promise<string>((resolve) => {
      stream.on('error', ({ message }) => resolve(message));
      stream.on('end', () => resolve('it has ended'));
    });
    // Settings of no kind of client: an answer that comes later than a timer of no time.
    const writer = new WireWriter();
    writeTelemetryCommand(writer, { ...newTelemetryCommand(), settings: newSettings() });
    for (let i = 0; i < 20; i++) {
      const answer = new Promise<string>((resolve) => stream.once('data', () => resolve('answered')));
      stream.write(writer.finish());
      expect(await Promise.race([answer, ended])).toBe('answered');
    }
    stream.cancel();
    await ended;
  });

  it('is refused where anybody could reach it', async () => {
    const started = startBroker({ data: 'memory', settings: { 'polylog.rocketmq.listeners': ':0' } });
    await expect(started).rejects.toThrow('polylog.allow.unauthenticated');
  });

  it('says so where its address is taken', async () => {
    const endpoint = await start();
    const second = startBroker({ data: 'memory', settings: { 'polylog.rocketmq.listeners': endpoint } });
    await expect(second).rejects.toThrow(`polylog.rocketmq.listeners: can't listen on ${endpoint}`);
  });
});

describe('the memory of requests', () => {
  function sendRequest(bytes: number): Buffer {
    const writer = new WireWriter();
    writeSendMessageRequest(writer, { messages: [messageTo('orders', { body: Buffer.alloc(bytes, 'x') })] });
    return framesOf([writer.finish()]);
  }

  /** A call of SendMessage with these first bytes of its request; `answer`: of the reply, when it has ended. */
  function open(
    session: ClientHttp2Session,
    bytes: Buffer,
  ): { stream: ClientHttp2Stream; answer: Promise<number> } {
    const stream = session.request({
      ':method': 'POST',
      ':path': `${SERVICE}/SendMessage`,
      'content-type': 'application/grpc',
      'x-mq-client-id': 'me',
    });
    let code = -1;
    const reader = new MessageReader(10_000, (message) => {
      code = readSendMessageResponse(new WireReader(message)).status!.code;
    });
    stream.on('data', (chunk) => reader.push(chunk));
    stream.on('error', () => undefined);
    stream.write(bytes);
    return { stream, answer: new Promise((resolve) => stream.once('end', () => resolve(code))) };
  }

  it('is bounded over all connections: many that are slow are refused, and hold up nobody', async () => {
    const boundBytes = 1024 * 1024;
    const endpoint = await start(undefined, { 'polylog.rocketmq.inflight.bytes': String(boundBytes) });
    expect((await route(plain(endpoint))).status!.code).toBe(CODE.OK);
    const request = sendRequest(40_000);
    const sessions = Array.from({ length: 100 }, () => connectHttp2(`http://${endpoint}`));
    // 4 MB of requests of which the last byte is missing.
    const slow = sessions.map((session) => open(session, request.subarray(0, -1)));
    const refused: number[] = [];
    await new Promise<void>((resolve) => {
      const least = slow.length - Math.floor(boundBytes / request.length);
      for (const { answer } of slow) {
        void answer.then((code) => {
          if (refused.push(code) === least) resolve();
        });
      }
    });
    expect(new Set(refused)).toEqual(new Set([CODE.TOO_MANY_REQUESTS]));
    for (let i = 0; i < 50; i++) {
      const { stream, answer } = open(sessions[i]!, request);
      stream.end();
      expect(await answer).toBe(CODE.OK);
    }
    // Those who are left may still end what they have begun.
    const last = slow.at(-1)!;
    last.stream.end(request.subarray(-1));
    expect(await last.answer).toBe(CODE.OK);
    for (const session of sessions) session.destroy();
  });

  it('is free again when requests are answered', async () => {
    const endpoint = await start(undefined, { 'polylog.rocketmq.inflight.bytes': '65536' });
    expect((await route(plain(endpoint))).status!.code).toBe(CODE.OK);
    const session = connectHttp2(`http://${endpoint}`);
    for (let i = 0; i < 50; i++) {
      // It says no end: what it has sent is answered all the same.
      const { stream, answer } = open(session, sendRequest(30_000));
      expect(await answer).toBe(CODE.OK);
      stream.destroy();
    }
    session.destroy();
  });
});

/** Clients that came to the wrong port, or speak RocketMQ's older protocol, are told where to go. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../src/embed/start-broker.ts';
import { binaryRequest, jsonRequest, readAnswer } from '../support/remoting.ts';

let broker: EmbeddedBroker | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await broker?.close();
  broker = null;
});

/** A port that is free, for now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function start(settings: Record<string, string> = {}): Promise<string> {
  const listeners = { 'polylog.rocketmq.listeners': '127.0.0.1:0' };
  broker = await startBroker({ data: 'memory', settings: { ...listeners, ...settings } });
  return broker.rocketmqEndpoint!;
}

async function startWithHint(): Promise<{ endpoint: string; hintPort: number }> {
  const hintPort = await freePort();
  const setting = { 'polylog.rocketmq.name.server.hint.listeners': `127.0.0.1:${hintPort}` };
  return { endpoint: await start(setting), hintPort };
}

function open(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port });
  sockets.push(socket);
  socket.on('error', () => undefined);
  return socket;
}

async function ask(socket: Socket, request: Buffer): Promise<ReturnType<typeof readAnswer>> {
  socket.write(request);
  const [answer] = await once(socket, 'data');
  return readAnswer(answer);
}

const portOf = (endpoint: string): number => Number(endpoint.split(':')[1]);
const send = (opaque: number): { code: number; opaque: number; flag: number } => ({
  code: 310,
  opaque,
  flag: 0,
});

function call(address: string, channel = credentials.createInsecure()): Promise<Error> {
  const client = new Client(address, channel, { 'grpc.ssl_target_name_override': 'localhost' });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const metadata = new Metadata();
  metadata.set('x-mq-client-id', 'me');
  const path = '/apache.rocketmq.v2.MessagingService/QueryRoute';
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), metadata, (error) => {
      client.close();
      if (error === null) reject(new Error('the call was served'));
      else resolve(error);
    });
  });
}

describe("RocketMQ's listener", () => {
  it('answers clients of the older protocol, each request of them', async () => {
    const endpoint = await start();
    const socket = open(portOf(endpoint));
    for (const [opaque, request] of [jsonRequest, binaryRequest].entries()) {
      const { header } = await ask(socket, request(send(opaque), Buffer.from('a body')));
      expect(header).toMatchObject({ opaque, flag: 1, code: 3 });
      expect(header.remark).toContain(endpoint);
    }
  });

  it('answers them over TLS', async () => {
    const endpoint = await start();
    const socket = connectTls({ host: '127.0.0.1', port: portOf(endpoint), rejectUnauthorized: false });
    sockets.push(socket);
    const { header } = await ask(socket, jsonRequest(send(1)));
    expect(header.remark).toContain(endpoint);
  });

  it('ends a connection that says something else behind the first byte', async () => {
    const socket = open(portOf(await start()));
    socket.write(Buffer.from([0, 0xff, 0xff, 0xff, 9, 0xff, 0xff, 0xff]));
    await once(socket, 'close');
  });

  it('answers many who send and read nothing, and reads them no further than that', async () => {
    const endpoint = await start();
    const socket = open(portOf(endpoint));
    socket.pause();
    const requests = Buffer.concat(Array.from({ length: 2000 }, (_, i) => jsonRequest(send(i))));
    // Until its own buffer, and those of the network, are full.
    while (socket.writableLength < 4 * requests.length) {
      socket.write(requests);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { header } = await ask(open(portOf(endpoint)), jsonRequest(send(1)));
    expect(header.remark).toContain(endpoint);
  });
});

describe('the hint on the port of a name server', () => {
  it('answers clients of the older protocol', async () => {
    const { endpoint, hintPort } = await startWithHint();
    const socket = open(hintPort);
    const route = await ask(socket, jsonRequest({ code: 105, opaque: 1, flag: 0 }));
    expect(JSON.parse(route.body).brokerDatas[0].brokerAddrs).toEqual({ 0: endpoint });
    const { header } = await ask(socket, jsonRequest(send(2)));
    expect(header.remark).toContain(endpoint);
  });

  it('refuses calls of gRPC, plain and over TLS', async () => {
    const { endpoint, hintPort } = await startWithHint();
    const trusting = credentials.createSsl(null, null, null, { rejectUnauthorized: false });
    for (const channel of [undefined, trusting]) {
      const { message } = await call(`127.0.0.1:${hintPort}`, channel);
      expect(message).toContain('UNIMPLEMENTED');
      expect(message).toContain(endpoint);
    }
  });

  it('names the advertised address', async () => {
    const hintPort = await freePort();
    await start({
      'polylog.rocketmq.advertised.listener': 'mq.example:7777',
      'polylog.rocketmq.name.server.hint.listeners': `127.0.0.1:${hintPort}`,
    });
    const { header } = await ask(open(hintPort), jsonRequest(send(1)));
    expect(header.remark).toContain('mq.example:7777');
  });

  it('does not keep the broker from starting where its address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const endpoint = await start({ 'polylog.rocketmq.name.server.hint.listeners': `127.0.0.1:${port}` });
    const { header } = await ask(open(portOf(endpoint)), jsonRequest(send(1)));
    expect(header.remark).toContain(endpoint);
    other.close();
  });
});

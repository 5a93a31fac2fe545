/** A broker and RocketMQ's service in this process, without sockets; and a client that says what it is told to say. */

import { afterEach, beforeEach } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type { Platform } from '../../src/platform/ports.ts';
import type { Caller, OpenCall } from '../../src/protocol/rocketmq/carrier.ts';
import * as messages from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import { WireReader, WireWriter } from '../../src/protocol/rocketmq/codec/wire.ts';
import type { AnyRpc } from '../../src/protocol/rocketmq/rpc.ts';
import { RocketmqService } from '../../src/protocol/rocketmq/service.ts';
import { fromMs } from '../../src/protocol/rocketmq/time.ts';
import { type AuditLog, NO_AUDIT_LOG } from '../../src/security/audit.ts';
import { openMemoryBroker } from './memory-broker.ts';

type Write<T> = (writer: WireWriter, value: T) => void;
type Read<T> = (reader: WireReader) => T;

/** The client's side of an RPC. */
export interface ClientRpc<Request, Response> {
  readonly name: string;
  readonly write: Write<Request>;
  readonly read: Read<Response>;
}

const rpc = <Request, Response>(
  name: string,
  write: Write<Request>,
  read: Read<Response>,
): ClientRpc<Request, Response> => ({ name, write, read });

export const QUERY_ROUTE = rpc(
  'QueryRoute',
  messages.writeQueryRouteRequest,
  messages.readQueryRouteResponse,
);
export const QUERY_ASSIGNMENT = rpc(
  'QueryAssignment',
  messages.writeQueryAssignmentRequest,
  messages.readQueryAssignmentResponse,
);
export const HEARTBEAT = rpc('Heartbeat', messages.writeHeartbeatRequest, messages.readHeartbeatResponse);
export const TERMINATE = rpc(
  'NotifyClientTermination',
  messages.writeNotifyClientTerminationRequest,
  messages.readNotifyClientTerminationResponse,
);
export const SEND = rpc('SendMessage', messages.writeSendMessageRequest, messages.readSendMessageResponse);
export const TELEMETRY = rpc('Telemetry', messages.writeTelemetryCommand, messages.readTelemetryCommand);

export const RECEIVE = rpc(
  'ReceiveMessage',
  messages.writeReceiveMessageRequest,
  messages.readReceiveMessageResponse,
);
export const ACK = rpc('AckMessage', messages.writeAckMessageRequest, messages.readAckMessageResponse);
export const CHANGE_INVISIBLE = rpc(
  'ChangeInvisibleDuration',
  messages.writeChangeInvisibleDurationRequest,
  messages.readChangeInvisibleDurationResponse,
);
export const FORWARD_TO_DEAD_LETTERS = rpc(
  'ForwardMessageToDeadLetterQueue',
  messages.writeForwardMessageToDeadLetterQueueRequest,
  messages.readForwardMessageToDeadLetterQueueResponse,
);
export const SYNC_LITE = rpc(
  'SyncLiteSubscription',
  messages.writeSyncLiteSubscriptionRequest,
  messages.readSyncLiteSubscriptionResponse,
);
export const RECALL = rpc(
  'RecallMessage',
  messages.writeRecallMessageRequest,
  messages.readRecallMessageResponse,
);
export const END_TRANSACTION = rpc(
  'EndTransaction',
  messages.writeEndTransactionRequest,
  messages.readEndTransactionResponse,
);
export const PULL = rpc('PullMessage', messages.writePullMessageRequest, messages.readPullMessageResponse);
export const QUERY_OFFSET = rpc(
  'QueryOffset',
  messages.writeQueryOffsetRequest,
  messages.readQueryOffsetResponse,
);
export const GET_OFFSET = rpc('GetOffset', messages.writeGetOffsetRequest, messages.readGetOffsetResponse);
export const UPDATE_OFFSET = rpc(
  'UpdateOffset',
  messages.writeUpdateOffsetRequest,
  messages.readUpdateOffsetResponse,
);

export interface TestRocketmq {
  readonly broker: Broker;
  readonly service: RocketmqService;
  client(headers?: Readonly<Record<string, string>>): RocketmqClient;
  close(): Promise<void>;
}

/** A service for each test of a file, with a client that knows topic `orders`. */
export function eachWithOrders(platform: () => Partial<Platform> = () => ({})): {
  rocketmq: TestRocketmq;
  client: RocketmqClient;
} {
  const here = {} as { rocketmq: TestRocketmq; client: RocketmqClient };
  beforeEach(async () => {
    here.rocketmq = await startRocketmq({ platform: platform() });
    here.client = here.rocketmq.client();
    await here.client.call(QUERY_ROUTE, { topic: resource('orders'), endpoints: null });
  });
  afterEach(() => here.rocketmq.close());
  return here;
}

/** `settings` by name. */
export async function startRocketmq(
  options: {
    readonly settings?: Readonly<Record<string, string>>;
    readonly audit?: AuditLog;
    readonly platform?: Partial<Platform>;
  } = {},
): Promise<TestRocketmq> {
  const { broker, platform } = await openMemoryBroker(options);
  const service = new RocketmqService({ broker, platform, audit: options.audit ?? NO_AUDIT_LOG });
  let clients = 0;
  return {
    broker,
    service,
    client: (headers = {}) =>
      new RocketmqClient(service, { 'x-mq-client-id': `client-${++clients}`, ...headers }),
    async close() {
      service.close();
      await broker.close();
    },
  };
}

/** What came back of a call that is open. */
export class ClientCall<Request, Response> {
  readonly #rpc: ClientRpc<Request, Response>;
  readonly #open: OpenCall;
  readonly #received: Response[] = [];
  #waiting: (() => void) | null = null;
  #failure: Error | null = null;
  isOver = false;

  constructor(
    {
      service,
      caller,
      name,
    }: { readonly service: RocketmqService; readonly caller: Caller; readonly name: string },
    clientRpc: ClientRpc<Request, Response>,
  ) {
    this.#rpc = clientRpc;
    const found: AnyRpc | undefined = [...service.rpcs()].find((one) => one.name === name);
    if (found === undefined) throw new Error(`${name} is not served`);
    const wake = (): void => this.#waiting?.();
    this.#open = service.open(found, caller, {
      write: (bytes) => {
        this.#received.push(clientRpc.read(new WireReader(bytes)));
        wake();
      },
      end: () => {
        this.isOver = true;
        wake();
      },
      fail: (status, message) => {
        this.isOver = true;
        this.#failure = new Error(`${status}: ${message}`);
        wake();
      },
    });
  }

  send(request: Request): void {
    const writer = new WireWriter();
    this.#rpc.write(writer, request);
    this.#open.message(writer.finish());
  }

  sendBytes(bytes: Buffer): void {
    this.#open.message(bytes);
  }

  ended(): void {
    this.#open.ended();
  }

  gone(): void {
    this.#open.gone();
  }

  /** The next reply; rejects when the call has failed, or is over without one. */
  async next(): Promise<Response> {
    for (;;) {
      const reply = this.#received.shift();
      if (reply !== undefined) return reply;
      if (this.#failure !== null) throw this.#failure;
      if (this.isOver) throw new Error('the call is over');
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** All replies, when the call is over. */
  async all(): Promise<Response[]> {
    const replies: Response[] = [];
    while (!this.isOver || this.#received.length > 0 || this.#failure !== null) {
      if (this.isOver && this.#received.length === 0 && this.#failure !== null) throw this.#failure;
      try {
        replies.push(await this.next());
      } catch (error) {
        if (this.#failure !== null) throw error;
      }
    }
    return replies;
  }
}

export class RocketmqClient {
  readonly #service: RocketmqService;
  readonly #caller: Caller;

  constructor(service: RocketmqService, headers: Readonly<Record<string, string>>) {
    this.#service = service;
    this.#caller = {
      header: (name) => headers[name] ?? null,
      remote: '127.0.0.1:50000',
      remoteHost: '127.0.0.1',
      advertised: { host: 'mq.example', port: 8081 },
      advertisedAlways: false,
      patienceMs: Number.POSITIVE_INFINITY,
    };
  }

  open<Request, Response>(clientRpc: ClientRpc<Request, Response>): ClientCall<Request, Response> {
    const { name } = clientRpc;
    return new ClientCall({ service: this.#service, caller: this.#caller, name }, clientRpc);
  }

  /** One request, one reply. */
  call<Request, Response>(clientRpc: ClientRpc<Request, Response>, request: Request): Promise<Response> {
    const call = this.open(clientRpc);
    call.send(request);
    call.ended();
    return call.next();
  }
}

export const queueOf = (topic: string, id = 0): messages.MessageQueue => ({
  topic: resource(topic),
  id,
  permission: messages.PERMISSION.READ_WRITE,
  broker: null,
  acceptMessageTypes: [],
});

export const resource = (name: string, resourceNamespace = ''): messages.Resource => ({
  resourceNamespace,
  name,
});

type ReceiveWish = Partial<messages.ReceiveMessageRequest> & {
  readonly topicName?: string;
  readonly groupName?: string;
  readonly waitMs?: number;
};

/** As a simple consumer asks that doesn't wait, where nothing else is said. */
export const receiveRequest = ({
  topicName = 'orders',
  groupName = 'billing',
  waitMs = 0,
  ...fields
}: ReceiveWish = {}): messages.ReceiveMessageRequest => ({
  ...messages.newReceiveMessageRequest(),
  group: resource(groupName),
  messageQueue: queueOf(topicName),
  batchSize: 10,
  invisibleDuration: fromMs(60_000),
  longPollingTimeout: fromMs(waitMs),
  ...fields,
});

/** What a consumer is given. */
export async function receiveMessages(
  client: RocketmqClient,
  wish?: ReceiveWish,
): Promise<messages.Message[]> {
  const call = client.open(RECEIVE);
  call.send(receiveRequest(wish));
  call.ended();
  return messagesIn(await call.all());
}

export const messagesIn = (replies: readonly messages.ReceiveMessageResponse[]): messages.Message[] =>
  replies.flatMap(({ message }) => (message === null ? [] : [message]));

let ids = 0;

/** A message as clients make it. */
export function messageTo(
  topic: string,
  fields: Partial<messages.SystemProperties> & {
    readonly body?: Buffer | string;
    readonly properties?: Readonly<Record<string, string>>;
  } = {},
): messages.Message {
  const { body = 'body', properties = {}, ...system } = fields;
  return {
    topic: resource(topic),
    userProperties: new Map(Object.entries(properties)),
    body: Buffer.from(body),
    systemProperties: {
      ...messages.newSystemProperties(),
      messageId: `id-${++ids}`,
      messageType: messages.MESSAGE_TYPE.NORMAL,
      bodyEncoding: messages.ENCODING.IDENTITY,
      bornHost: 'here',
      ...system,
    },
  };
}

/** Sets a setting of a group, as an operator does. */
export async function alterGroup(broker: Broker, group: string, name: string, value: string): Promise<void> {
  const changes = [{ name, operation: 'set', value }] as const;
  const resource = { kind: 'group', name: group } as const;
  const answer = await new Promise<readonly (BrokerError | null)[] | BrokerError>((resolve) =>
    broker.metadata.propose(
      { kind: 'alter-configs', resources: [{ resource, mode: 'incremental', changes }], validateOnly: false },
      resolve,
    ),
  );
  const error = answer instanceof BrokerError ? answer : answer[0];
  if (error) throw error;
}

// A client's connection to a broker: frames, correlation, and the requests that members of a group need. Answers
// come in the order of the requests, as Kafka's protocol has it.

import { connect, type Socket } from 'node:net';
import { ByteReader } from '../../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { API_KEY } from '../../../../src/protocol/kafka/codec/api-keys.ts';
import {
  type ConsumerGroupDescribeResponseGroup,
  readConsumerGroupDescribeResponse,
  writeConsumerGroupDescribeRequest,
} from '../../../../src/protocol/kafka/codec/generated/consumer-group-describe.ts';
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  readConsumerGroupHeartbeatResponse,
  writeConsumerGroupHeartbeatRequest,
} from '../../../../src/protocol/kafka/codec/generated/consumer-group-heartbeat.ts';
import {
  defaultFindCoordinatorRequest,
  readFindCoordinatorResponse,
  writeFindCoordinatorRequest,
} from '../../../../src/protocol/kafka/codec/generated/find-coordinator.ts';
import { readResponseHeader, writeRequestHeader } from '../../../../src/protocol/kafka/codec/header.ts';

const HEARTBEAT_VERSION = 1;
const DESCRIBE_VERSION = 0;
const COORDINATOR_VERSION = 4;

interface Waiting {
  done(frame: Buffer): void;
  fail(error: Error): void;
}

interface Call<T> {
  readonly apiKey: number;
  readonly apiVersion: number;
  write(w: ByteWriter): void;
  read(r: ByteReader): T;
}

export class Connection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #received: Buffer = Buffer.alloc(0);
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#failAll(error));
    socket.on('close', () => this.#failAll(new Error('the broker closed the connection')));
  }

  /** `bootstrap`: HOST:PORT. */
  static open(bootstrap: string): Promise<Connection> {
    const [host, port] = bootstrap.split(':');
    return new Promise((resolve, reject) => {
      const socket = connect({ host: host!, port: Number(port), noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  close(): void {
    this.#socket.removeAllListeners();
    this.#socket.destroy();
  }

  heartbeat(request: ConsumerGroupHeartbeatRequest): Promise<ConsumerGroupHeartbeatResponse> {
    return this.#call({
      apiKey: API_KEY.ConsumerGroupHeartbeat,
      apiVersion: HEARTBEAT_VERSION,
      write: (w) => writeConsumerGroupHeartbeatRequest(w, request, HEARTBEAT_VERSION),
      read: (r) => readConsumerGroupHeartbeatResponse(r, HEARTBEAT_VERSION),
    });
  }

  async describe(groupId: string): Promise<ConsumerGroupDescribeResponseGroup> {
    const request = { groupIds: [groupId], includeAuthorizedOperations: false };
    const answer = await this.#call({
      apiKey: API_KEY.ConsumerGroupDescribe,
      apiVersion: DESCRIBE_VERSION,
      write: (w) => writeConsumerGroupDescribeRequest(w, request, DESCRIBE_VERSION),
      read: (r) => readConsumerGroupDescribeResponse(r, DESCRIBE_VERSION),
    });
    const group = answer.groups[0];
    if (group === undefined) throw new Error(`the broker does not describe ${groupId}`);
    return group;
  }

  /** The error code of the group's coordinator: 0 when it is there. Kafka makes its topic of offsets when it is asked. */
  async coordinatorError(groupId: string): Promise<number> {
    const request = { ...defaultFindCoordinatorRequest(), coordinatorKeys: [groupId] };
    const answer = await this.#call({
      apiKey: API_KEY.FindCoordinator,
      apiVersion: COORDINATOR_VERSION,
      write: (w) => writeFindCoordinatorRequest(w, request, COORDINATOR_VERSION),
      read: (r) => readFindCoordinatorResponse(r, COORDINATOR_VERSION),
    });
    return answer.coordinators[0]?.errorCode ?? -1;
  }

  #call<T>({ apiKey, apiVersion, write, read }: Call<T>): Promise<T> {
    const correlationId = ++this.#correlationId;
    const w = new ByteWriter(256);
    const size = w.reserveInt32();
    writeRequestHeader(w, { apiKey, apiVersion, correlationId, clientId: 'members' });
    write(w);
    w.patchInt32(size, w.byteLength - 4);
    this.#socket.write(w.finishContiguous());
    return new Promise<T>((resolve, fail) => {
      const done = (frame: Buffer): void => {
        const r = new ByteReader(frame);
        const got = readResponseHeader(r, apiKey, apiVersion);
        if (got !== correlationId) fail(new Error(`answer ${got} came where ${correlationId} was due`));
        else resolve(read(r));
      };
      this.#waiting.push({ done, fail });
    });
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      const frame = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      const next = this.#waiting.shift();
      if (next === undefined) throw new Error('the broker sent an answer that nobody asked for');
      next.done(frame);
    }
  }

  #failAll(error: Error): void {
    for (const { fail } of this.#waiting.splice(0)) fail(error);
  }
}

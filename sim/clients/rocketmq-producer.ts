/**
 * A simulated RocketMQ producer: normal messages, messages of a group, delayed ones, and half messages, of which it says itself what is to
 * become of them, or waits until it is asked. Nothing is sent twice.
 */
import {
  CLIENT_TYPE,
  CODE,
  ENCODING,
  type EndTransactionRequest,
  MESSAGE_TYPE,
  newEndTransactionRequest,
  newSettings,
  newSystemProperties,
  readEndTransactionResponse,
  readSendMessageResponse,
  type Settings,
  type SystemProperties,
  type TelemetryCommand,
  TRANSACTION_RESOLUTION,
  writeEndTransactionRequest,
  writeSendMessageRequest,
} from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../src/protocol/rocketmq/time.ts';
import type { RocketmqHistory } from '../rocketmq-history.ts';
import { Disconnected } from './client.ts';
import { named, RocketmqClient } from './rocketmq-client.ts';

export interface RocketmqProducerOptions {
  readonly topic: string;
  readonly messages: number;
  readonly groups: number;
  readonly delayMsMax: number;
  readonly pauseMsMax: number;
}

const SEND = {
  name: 'SendMessage',
  write: writeSendMessageRequest,
  read: readSendMessageResponse,
};
const END = {
  name: 'EndTransaction',
  write: writeEndTransactionRequest,
  read: readEndTransactionResponse,
};
const CHECK_MS_MAX = 2000;

export class RocketmqProducer extends RocketmqClient {
  options!: RocketmqProducerOptions;
  history!: RocketmqHistory;
  done = false;
  #sent = 0;

  async run(): Promise<void> {
    const { messages, pauseMsMax } = this.options;
    while (this.#sent < messages) {
      try {
        await this.#send();
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      }
      await this.sleep(this.prng.int(1 + pauseMsMax));
    }
    this.done = true;
    // It is still asked, for which it has to be connected.
    for (;;) {
      await this.sleep(1000);
      await this.#end('nobody', 'commit');
    }
  }

  protected override settings(): Settings {
    const publishing = { topics: [named(this.options.topic)], maxBodySize: 0, validateMessageType: false };
    return { ...newSettings(), clientType: CLIENT_TYPE.PRODUCER, publishing };
  }

  protected override asked({ recoverOrphanedTransactionCommand: command }: TelemetryCommand): void {
    if (command === null || this.prng.chance(0.2)) return;
    const id = command.message!.body.toString();
    void this.#end(command.transactionId, this.history.wanted(id));
  }

  async #send(): Promise<void> {
    const { prng } = this;
    const id = `${this.name}-${this.#sent++}`;
    const kind = prng.pick(['normal', 'group', 'delay', 'half'] as const);
    const group = kind === 'group' ? `${this.name}-g${prng.int(this.options.groups)}` : null;
    const deliverAtMs = kind === 'delay' ? this.clock.nowMs() + prng.int(this.options.delayMsMax) : 0;
    const half = kind === 'half' ? prng.pick(['commit', 'commit', 'rollback'] as const) : null;
    this.history.sending({ id, group, deliverAtMs, half });
    const fields: Record<typeof kind, Partial<SystemProperties>> = {
      normal: { messageType: MESSAGE_TYPE.NORMAL },
      group: { messageType: MESSAGE_TYPE.FIFO, messageGroup: group },
      delay: { messageType: MESSAGE_TYPE.DELAY, deliveryTimestamp: fromMs(deliverAtMs) },
      half: {
        messageType: MESSAGE_TYPE.TRANSACTION,
        orphanedTransactionRecoveryDuration: fromMs(prng.int(CHECK_MS_MAX)),
      },
    };
    const message = {
      topic: named(this.options.topic),
      userProperties: new Map<string, string>(),
      body: Buffer.from(id),
      systemProperties: {
        ...newSystemProperties(),
        messageId: id,
        bodyEncoding: ENCODING.IDENTITY,
        bornHost: this.name,
        ...fields[kind],
      },
    };
    const [response] = await this.ask(SEND, { messages: [message] });
    const [entry] = response!.entries;
    if (response!.status?.code !== CODE.OK || entry?.status?.code !== CODE.OK) return this.sleep(50);
    this.history.stored(id);
    if (half !== null && prng.chance(0.6)) await this.#end(entry.transactionId, half);
  }

  async #end(transactionId: string, half: 'commit' | 'rollback'): Promise<void> {
    const { COMMIT, ROLLBACK } = TRANSACTION_RESOLUTION;
    const request: EndTransactionRequest = {
      ...newEndTransactionRequest(),
      topic: named(this.options.topic),
      transactionId,
      resolution: half === 'commit' ? COMMIT : ROLLBACK,
    };
    try {
      await this.ask(END, request);
    } catch (error) {
      // It is asked again.
      if (!(error instanceof Disconnected)) throw error;
    }
  }
}

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Client, TopicInfo } from '../../src/cli/client.ts';
import { Sender } from '../../src/cli/sender.ts';

const STORAGE_ERROR = 56;
const TIMEOUT_MS = 10_000;

const topic: TopicInfo = {
  name: 't',
  id: '',
  internal: false,
  errorCode: 0,
  partitions: [{ partition: 0, leader: 1, leaderEpoch: 0, replicas: [1], isr: [1] }],
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A broker that takes `tookMs` to answer each request with the next of these codes, and with the last from then on. */
function brokerOf(tookMs: number, codes: readonly number[]): { client: Client; attempts: () => number } {
  let attempts = 0;
  const client: Pick<Client, 'timeoutMs' | 'producerId' | 'topics' | 'produce'> = {
    timeoutMs: TIMEOUT_MS,
    producerId: async () => ({ id: 1, epoch: 0 }),
    topics: async () => [topic],
    async produce() {
      vi.setSystemTime(Date.now() + tookMs);
      const errorCode = codes[Math.min(attempts++, codes.length - 1)]!;
      return [{ partition: 0, errorCode, message: null, baseOffset: 0 }];
    },
  };
  return { client: client as Client, attempts: () => attempts };
}

/** Pushes records that make a batch each. */
async function send(client: Client, batches: number): Promise<Sender> {
  const sender = new Sender({ client, topic, acks: -1, compression: 'none', batchBytes: 100 });
  const value = Buffer.alloc(90);
  for (let i = 0; i < batches; i++) await sender.push({ key: null, value, headers: [] });
  await sender.finish();
  return sender;
}

it('gives up what has waited for the timeout, not each batch after a timeout of its own', async () => {
  const { client, attempts } = brokerOf(4000, [STORAGE_ERROR]);
  const sender = await send(client, 4);
  expect(sender).toMatchObject({ sent: 0, failed: 4, firstFailure: { code: STORAGE_ERROR } });
  // The first is tried at 0, 4 and 8 s; behind it each has its one attempt.
  expect(attempts()).toBe(6);
});

it('tries again until the broker takes it', async () => {
  const { client } = brokerOf(1000, [STORAGE_ERROR, STORAGE_ERROR, 0]);
  expect(await send(client, 3)).toMatchObject({ sent: 3, failed: 0 });
});

/** What is told of delayed and half messages. */
import { expect, it } from 'vitest';
import type { AdminSources } from '../../src/admin/sources.ts';
import { waitingFamilies } from '../../src/admin/waiting-metrics.ts';
import { MESSAGE_TYPE } from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../src/protocol/rocketmq/time.ts';
import { END_TRANSACTION, eachWithOrders, messageTo, RECALL, resource, SEND } from '../support/rocketmq.ts';

const here = eachWithOrders();

/** Values of a family, by the values of their labels. */
function values(name: string): Record<string, number> {
  const sources = { broker: here.rocketmq.broker } as AdminSources;
  const family = [...waitingFamilies(sources)].find((one) => one.name === name)!;
  const key = (labels: readonly (readonly [string, string])[], suffix: string): string =>
    labels.map(([, value]) => value).join() || suffix;
  return Object.fromEntries(
    [...family.samples].map(({ labels, suffix, value }) => [key(labels, suffix ?? ''), value]),
  );
}

async function delay(atMs: number): Promise<string> {
  const message = messageTo('orders', {
    messageType: MESSAGE_TYPE.DELAY,
    deliveryTimestamp: fromMs(atMs),
  });
  const { entries } = await here.client.call(SEND, { messages: [message] });
  return entries[0]!.recallHandle;
}

it('counts delayed messages, and how late they were', async () => {
  const { topics } = here.rocketmq.broker;
  const { stream } = topics.partition(topics.byName('orders')!, 0)!;
  const handle = await delay(Date.now() + 3_600_000);
  await delay(Date.now() + 3_600_000);
  await delay(Date.now() - 1000);
  while (stream.highWatermark === 0) await new Promise((resolve) => setImmediate(resolve));
  await here.client.call(RECALL, { topic: resource('orders'), recallHandle: handle });
  expect(values('polylog_scheduled_messages')).toEqual({ '': 1 });
  expect(values('polylog_scheduled_messages_total')).toEqual({ fired: 1, cancelled: 1, dropped: 0 });
  expect(values('polylog_scheduled_late_seconds')).toMatchObject({ '+Inf': 1, _count: 1 });
});

it('counts half messages and what became of them', async () => {
  for (const resolution of [1, 2, null]) {
    const message = messageTo('orders', { messageType: MESSAGE_TYPE.TRANSACTION });
    const { entries } = await here.client.call(SEND, { messages: [message] });
    if (resolution === null) continue;
    const { messageId, transactionId } = entries[0]!;
    await here.client.call(END_TRANSACTION, {
      topic: resource('orders'),
      messageId,
      transactionId,
      resolution: resolution as 1 | 2,
      source: 1,
      traceContext: '',
    });
  }
  expect(values('polylog_half_messages')).toEqual({ open: 1, aside: 0 });
  const ends = { prepared: 3, checked: 0, set_aside: 0, committed: 1, rolled_back: 1 };
  expect(values('polylog_half_messages_total')).toEqual(ends);
});

// The figures of RocketMQ's protocol that the Java client itself limits, with the official Go client: on both brokers the same.

import { rocketmqGoLoad } from '../rocketmq.ts';
import type { Figure } from '../types.ts';
import { delay, type RocketmqClient, rate, receive, SIZE } from './rocketmq-kinds.ts';

const THREADS = 64;
const DELAY_THREADS = 32;
const RECEIVERS = '16 receivers of 32';
const go: RocketmqClient = {
  load: rocketmqGoLoad,
  name: 'drivers/rocketmq-go on rocketmq-clients/golang/v5',
  warmS: 3,
  backlog: 80_000,
};

function late(count: number): Figure {
  const much = count.toLocaleString('en');
  return delay(go, {
    id: `rocketmq-go-delay-${count}`,
    title: `gRPC delayed by 5 s, ${much} at once: p99 late, to the simple consumer, Go client`,
    how: `${DELAY_THREADS} senders, ${RECEIVERS}`,
    count,
    args: [DELAY_THREADS],
  });
}

export const rocketmqGoFigures: readonly Figure[] = [
  rate(go, {
    id: 'rocketmq-go-send',
    title: `gRPC send, 1 KiB, ${THREADS} threads, Go client`,
    args: ['send', 'load', 1, SIZE, THREADS],
  }),
  receive(go, {
    id: 'rocketmq-go-receive',
    title: 'gRPC receive + ack 1 KiB, simple consumer, Go client',
    how: RECEIVERS,
  }),
  rate(go, {
    id: 'rocketmq-go-transactions',
    title: `gRPC half message + commit, 1 KiB, ${THREADS} threads, Go client`,
    type: 'TRANSACTION',
    args: ['transactions', 'load', SIZE, THREADS],
  }),
  late(1000),
  late(10_000),
];

import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import type { QueueSubscription, Queues, SettleEntry, SettleRequest } from '../../../src/broker/queues.ts';
import type { Clock } from '../../../src/platform/ports.ts';
import { Acknowledgements } from '../../../src/protocol/rocketmq/acknowledgements.ts';

type Done = Parameters<Queues['settle']>[1];

const entry = (offset: number): SettleEntry => ({
  ...{ partition: 0, first: offset, last: offset, lease: 1, action: 'ack' as const, ms: 0 },
});

function world() {
  const asked: { request: SettleRequest; done: Done }[] = [];
  const turns: (() => void)[] = [];
  const queues = { settle: (request: SettleRequest, done: Done) => asked.push({ request, done }) };
  const clock = { afterTurn: (run: () => void) => turns.push(run) };
  const acknowledgements = new Acknowledgements(queues as unknown as Queues, clock as unknown as Clock);
  return { acknowledgements, asked, endTurn: () => turns.splice(0).forEach((run) => void run()) };
}

describe('acknowledgements of one turn', () => {
  const one = { id: 1 } as QueueSubscription;
  const other = { id: 2 } as QueueSubscription;

  it('are one settlement for each subscription, and each caller hears of its own', () => {
    const { acknowledgements, asked, endTurn } = world();
    const heard: unknown[] = [];
    acknowledgements.add(one, [entry(1), entry(2)], (results) => heard.push(['a', results]));
    acknowledgements.add(other, [entry(9)], (results) => heard.push(['b', results]));
    acknowledgements.add(one, [entry(3)], (results) => heard.push(['c', results]));
    expect(asked).toEqual([]);
    endTurn();
    expect(
      asked.map(({ request }) => [request.subscription, request.entries.map(({ first }) => first)]),
    ).toEqual([
      [one, [1, 2, 3]],
      [other, [9]],
    ]);
    const late = new BrokerError('invalid-delivery', 'too late');
    asked[0]!.done([0, late, 0]);
    asked[1]!.done([0]);
    expect(heard).toEqual([
      ['a', [0, late]],
      ['c', [0]],
      ['b', [0]],
    ]);
  });

  it('that are refused together are refused each', () => {
    const { acknowledgements, asked, endTurn } = world();
    const heard: unknown[] = [];
    for (let i = 0; i < 2; i++) acknowledgements.add(one, [entry(i)], (results) => heard.push(results));
    endTurn();
    const full = new BrokerError('storage-full', 'full');
    asked[0]!.done(full);
    expect(heard).toEqual([full, full]);
  });

  it('begin anew with the next turn, and where there are very many', () => {
    const { acknowledgements, asked, endTurn } = world();
    for (let i = 0; i < 1500; i++) acknowledgements.add(one, [entry(i)], () => undefined);
    expect(asked.map(({ request }) => request.entries.length)).toEqual([1000]);
    endTurn();
    acknowledgements.add(one, [entry(1)], () => undefined);
    endTurn();
    expect(asked.map(({ request }) => request.entries.length)).toEqual([1000, 500, 1]);
  });
});

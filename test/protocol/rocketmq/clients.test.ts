import { beforeEach, describe, expect, it } from 'vitest';
import { type ClientStream, Clients } from '../../../src/protocol/rocketmq/clients.ts';
import { TestClock } from '../../machine/support/test-clock.ts';

let clock: TestClock;
let lost: string[];
let left: string[];
let clients: Clients;

beforeEach(() => {
  clock = new TestClock();
  lost = [];
  left = [];
  clients = new Clients(
    clock,
    (consumer) => lost.push(consumer),
    (id) => left.push(id),
  );
});

const stream = (): ClientStream => ({ write: () => undefined, end: () => undefined });

describe('a client', () => {
  it('is forgotten when it says nothing, unless it has a stream', () => {
    clients.seen('silent');
    clients.opened(clients.seen('open')!, stream());
    clock.advance(200_000);
    expect([...clients.all()].map(({ id }) => id)).toEqual(['open']);
    expect(lost).toEqual(['silent #0']);
    expect(left).toEqual(['silent']);
  });

  it('loses what it had soon after its stream has ended', () => {
    const client = clients.seen('a')!;
    const first = stream();
    clients.opened(client, first);
    clients.ended(client, first);
    clock.advance(2999);
    expect(lost).toEqual([]);
    clock.advance(1);
    expect(lost).toEqual(['a #0']);
  });

  it('keeps it for a while where it comes back', () => {
    const client = clients.seen('a')!;
    const first = stream();
    clients.opened(client, first);
    clients.ended(client, first);
    expect(clients.consumerName('a')).toBe('a #1');
    clients.opened(client, stream());
    clock.advance(59_999);
    expect(lost).toEqual([]);
    clock.advance(1);
    expect(lost).toEqual(['a #0']);
  });

  it('loses all that it ever had when it says goodbye', () => {
    const client = clients.seen('a')!;
    const first = stream();
    clients.opened(client, first);
    clients.opened(client, stream());
    clients.leave('a');
    expect(lost).toEqual(['a #0', 'a #1']);
    clock.advance(100_000);
    expect(lost).toHaveLength(2);
  });
});

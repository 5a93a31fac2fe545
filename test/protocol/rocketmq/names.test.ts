import { describe, expect, it } from 'vitest';
import { CODE } from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { partitionOfGroup } from '../../../src/protocol/rocketmq/message-group.ts';
import { deadLetterTopic, groupName, topicName } from '../../../src/protocol/rocketmq/names.ts';
import { resource } from '../../support/rocketmq.ts';

describe('names of topics', () => {
  it.each([
    ['orders', '', '', 'orders'],
    ['orders', 'shop', '', 'shop.orders'],
    ['orders', '', 'shop', 'shop.orders'],
    ['orders', 'own', 'shop', 'own.orders'],
    ['a.b_c-d', '', '', 'a.b_c-d'],
    ['a%b', '', '', 'a.b'],
    ['%DLQ%billing', '', '', '.DLQ.billing'],
    ['%DLQ%billing', 'shop', '', '.DLQ.shop.billing'],
  ])('%s in "%s" of a call in "%s" is %s', (name, own, ofCall, expected) => {
    expect(topicName(resource(name, own), ofCall)).toBe(expected);
  });

  it('gives dead letters the topic that clients ask for', () => {
    const group = groupName(resource('billing', 'shop'), '') as string;
    expect(deadLetterTopic(group)).toBe(topicName(resource('%DLQ%billing', 'shop'), ''));
  });

  it.each(['', 'a|b', 'a b', 'ä', 'x'.repeat(128)])('refuses "%s"', (name) => {
    expect(topicName(resource(name), '')).toMatchObject({ code: CODE.ILLEGAL_TOPIC });
    expect(groupName(resource(name), '')).toMatchObject({ code: CODE.ILLEGAL_CONSUMER_GROUP });
  });

  it('refuses what has no name at all', () => {
    expect(topicName(null, 'shop')).toMatchObject({ code: CODE.ILLEGAL_TOPIC });
  });
});

it('keeps the namespace of a group in its name', () => {
  expect(groupName(resource('billing', 'shop'), '')).toBe('shop%billing');
});

/** What Guava's `LongMath.mod(Hashing.sipHash24().hashBytes(group).asLong(), queues)` gives. */
function mod(group: string, queues: number): number {
  const mask = (1n << 64n) - 1n;
  const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
  let [a, b, c, d] = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n];
  const [k0, k1] = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n];
  [a, b, c, d] = [a ^ k0, b ^ k1, c ^ k0, d ^ k1];
  const round = (): void => {
    a = (a + b) & mask;
    b = rotate(b, 13n) ^ a;
    a = rotate(a, 32n);
    c = (c + d) & mask;
    d = rotate(d, 16n) ^ c;
    a = (a + d) & mask;
    d = rotate(d, 21n) ^ a;
    c = (c + b) & mask;
    b = rotate(b, 17n) ^ c;
    c = rotate(c, 32n);
  };
  const bytes = Buffer.from(group);
  const padded = Buffer.alloc((bytes.length & ~7) + 8);
  bytes.copy(padded);
  padded[padded.length - 1] = bytes.length & 0xff;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    d ^= word;
    round();
    round();
    a ^= word;
  }
  c ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  const n = BigInt(queues);
  return Number(((BigInt.asIntN(64, a ^ b ^ c ^ d) % n) + n) % n);
}

it('gives a message group the queue that clients would choose', () => {
  for (let i = 0; i < 500; i++) {
    const group = `group-${i}-${'ä'.repeat(i % 9)}`;
    for (const queues of [1, 2, 3, 8, 1000, 199_999]) {
      expect(partitionOfGroup(group, queues)).toBe(mod(group, queues));
    }
  }
});

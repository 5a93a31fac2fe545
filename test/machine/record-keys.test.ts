import { expect, test } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import { textKey, topicKey } from '../../src/machine/record-keys.ts';

test('the bytes of keys are part of the disk format', () => {
  expect(textKey(1, 0, 'grüße').toString('hex')).toBe('01006772c3bcc39f65');
  expect(textKey(20, 3, '').toString('hex')).toBe('1403');
  const id = Buffer.from('000102030405060708090a0b0c0d0eff', 'hex');
  expect(topicKey(4, 0, uuidFromBytes(id)).toString('hex')).toBe('0400000102030405060708090a0b0c0d0eff');
});

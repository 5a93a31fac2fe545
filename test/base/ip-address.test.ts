import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../src/base/ip-address.ts';

describe('an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:1', '10.0.0.1'],
    ['::1', '::1'],
    ['::', '::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['010.1.1.1', '10.1.1.1'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '1:2',
    '::1::',
    ':::',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '::1%',
    '1.1.1.1%a',
  ])('%j is none', (text) => {
    expect(canonicalAddress(text)).toBeNull();
  });

  it('has one form, which is an address of the same groups', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = canonicalAddress(text);
        expect(canonical).not.toBeNull();
        expect(isIP(canonical!)).not.toBe(0);
        expect(canonicalAddress(canonical!)).toBe(canonical);
        const host = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        expect(canonicalAddress(host)).toBe(canonical);
      }),
    );
  });
});

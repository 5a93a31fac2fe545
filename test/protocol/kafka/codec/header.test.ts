import { describe, expect, test } from 'vitest';
import { ByteReader, MalformedError } from '../../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import {
  API_KEY,
  APIS,
  apiInfo,
  isFlexible,
  isSupported,
} from '../../../../src/protocol/kafka/codec/api-keys.ts';
import {
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from '../../../../src/protocol/kafka/codec/header.ts';

const hex = (fill: (w: ByteWriter) => void): string => {
  const w = new ByteWriter();
  fill(w);
  return w.finishContiguous().toString('hex');
};

describe('request header', () => {
  test('version 1 ends with the client id', () => {
    const header = { apiKey: 3, apiVersion: 8, correlationId: 258, clientId: 'me' };
    const bytes = hex((w) => writeRequestHeader(w, header));
    expect(bytes).toBe('0003' + '0008' + '00000102' + '0002' + '6d65');
    expect(readRequestHeader(new ByteReader(Buffer.from(bytes, 'hex')))).toEqual(header);
  });

  test('version 2 has tagged fields, and still no compact client id', () => {
    const header = { apiKey: 3, apiVersion: 9, correlationId: 258, clientId: 'me' };
    const bytes = hex((w) => writeRequestHeader(w, header));
    expect(bytes).toBe('0003' + '0009' + '00000102' + '0002' + '6d65' + '00');
    const r = new ByteReader(Buffer.from(`${bytes.slice(0, -2)}01050100ff`, 'hex'));
    expect(readRequestHeader(r)).toEqual(header);
    expect(r.remaining).toBe(1);
  });

  test('a null client id, and an unknown API', () => {
    const header = { apiKey: 1000, apiVersion: 99, correlationId: -1, clientId: null };
    const bytes = hex((w) => writeRequestHeader(w, header));
    expect(bytes).toBe('03e8' + '0063' + 'ffffffff' + 'ffff');
    expect(readRequestHeader(new ByteReader(Buffer.from(bytes, 'hex')))).toEqual(header);
  });

  test('an ApiVersions request newer than known is read with its flexible header', () => {
    const r = new ByteReader(Buffer.from('0012' + '0063' + '00000001' + 'ffff' + '00' + '0203', 'hex'));
    expect(readRequestHeader(r).apiVersion).toBe(0x63);
    expect(r.remaining).toBe(2);
  });

  test('half a header is malformed', () => {
    expect(() => readRequestHeader(new ByteReader(Buffer.from('0003000800', 'hex')))).toThrow(MalformedError);
  });
});

describe('response header', () => {
  test.each([
    [API_KEY.Metadata, 8, '00000007'],
    [API_KEY.Metadata, 9, '0000000700'],
    [API_KEY.ApiVersions, 0, '00000007'],
    [API_KEY.ApiVersions, 4, '00000007'],
    [API_KEY.SaslHandshake, 1, '00000007'],
    [API_KEY.OffsetDelete, 0, '00000007'],
    [API_KEY.DescribeCluster, 0, '0000000700'],
  ])('of API %i version %i', (key, version, bytes) => {
    expect(hex((w) => writeResponseHeader(w, key, version, 7))).toBe(bytes);
    const r = new ByteReader(Buffer.from(bytes, 'hex'));
    expect(readResponseHeader(r, key, version)).toBe(7);
    r.expectEnd();
  });
});

describe('table of APIs', () => {
  test('by key and by name', () => {
    expect(API_KEY.Produce).toBe(0);
    expect(API_KEY.DescribeTopicPartitions).toBe(75);
    expect(apiInfo(1)).toMatchObject({ name: 'Fetch', minVersion: 4, maxVersion: 18, firstFlexible: 12 });
    for (const key of [-1, 4, 82, 32767]) expect(apiInfo(key)).toBeUndefined();
    for (const api of APIS) expect(apiInfo(API_KEY[api.name])).toBe(api);
  });

  test('versions', () => {
    expect([11, 12, 99].map((version) => isFlexible(API_KEY.Fetch, version))).toEqual([false, true, true]);
    expect([3, 4, 18, 19].map((version) => isSupported(API_KEY.Fetch, version))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(isFlexible(API_KEY.SaslHandshake, 1)).toBe(false);
    expect(isFlexible(999, 1)).toBe(false);
    expect(isSupported(999, 0)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import { ALL_BROKERS, decodeRecord, encodeRecord, type MetadataRecord } from '../../src/metadata/records.ts';

const id = uuidFromBytes(Buffer.from(Array.from({ length: 16 }, (_, i) => 240 + i)));

const TOPIC: MetadataRecord = {
  kind: 'topic',
  id,
  name: 'orders',
  createdMs: 1_700_000_000_000,
  partitionCount: 1_000_000,
  placement: [0, 300],
  overrides: new Map([['retention.ms', '9223372036854775807']]),
};

const CREDENTIAL = {
  iterations: 16_384,
  salt: Buffer.from('salt'),
  storedKey: Buffer.alloc(32, 1),
  serverKey: Buffer.alloc(32, 2),
};

describe('a stored record', () => {
  it.each<MetadataRecord>([
    { kind: 'cluster', id },
    TOPIC,
    { kind: 'topic-removed', id },
    { kind: 'broker-config', brokerId: ALL_BROKERS, values: new Map([['max.connections', '5']]) },
    { kind: 'broker-config', brokerId: 7, values: new Map() },
    { kind: 'scram', user: 'zoë', mechanism: 'SCRAM-SHA-256', credential: CREDENTIAL },
    { kind: 'scram', user: 'zoë', mechanism: 'SCRAM-SHA-512', credential: null },
    { kind: 'secret', secret: Buffer.alloc(32, 7) },
    { kind: 'resource-config', type: 'client-metrics', name: 'all', values: new Map([['match', '']]) },
    { kind: 'resource-config', type: 'client-metrics', name: 'none', values: new Map() },
    {
      kind: 'resource-config',
      type: 'group',
      name: 'g',
      values: new Map([['consumer.session.timeout.ms', '45000']]),
    },
  ])('$kind is read as it was written', (record) => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it('has the layout that the file describes', () => {
    const { key, value } = encodeRecord(TOPIC);
    expect(key.toString('hex')).toBe('02f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
    expect(value!.toString('hex')).toBe(
      '01' +
        `07${Buffer.from('orders').toString('hex')}` +
        '0000018bcfe56800' +
        'c0843d' +
        '0200ac02' +
        `010d${Buffer.from('retention.ms').toString('hex')}14${Buffer.from('9223372036854775807').toString('hex')}`,
    );
    expect(encodeRecord({ kind: 'broker-config', brokerId: -1, values: new Map() })).toEqual({
      key: Buffer.from('03ffffffff', 'hex'),
      value: null,
    });
  });

  it('is refused where it is newer, cut short or too long', () => {
    const { key, value } = encodeRecord(TOPIC);
    const newer = Buffer.from(value!);
    newer[0] = 2;
    expect(() => decodeRecord({ key, value: newer })).toThrow(/format 2/);
    expect(() => decodeRecord({ key: Buffer.of(99), value })).toThrow(/kind 99/);
    expect(() => decodeRecord({ key: Buffer.of(1), value: null })).toThrow(/cluster/);
    expect(() => decodeRecord({ key: Buffer.concat([key, key]), value })).toThrow();
    expect(() => decodeRecord({ key, value: Buffer.concat([value!, Buffer.of(0)]) })).toThrow();
    for (let length = 0; length < value!.length; length++) {
      expect(() => decodeRecord({ key, value: value!.subarray(0, length) })).toThrow();
    }
  });
});

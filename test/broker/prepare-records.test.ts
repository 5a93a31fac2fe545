import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { prepareRecords } from '../../src/broker/prepare-records.ts';
import type { TopicConfig } from '../../src/metadata/topic-config.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import {
  batchBaseSequence,
  batchCompression,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordCount,
} from '../../src/record/batch.ts';
import { buildBatch, type RecordInput } from '../../src/record/build.ts';
import { recordsSection } from '../../src/record/section.ts';
import { type ProduceRules, stampLogAppendTime, validateProducedBatch } from '../../src/record/validate.ts';
import { recordKey, walkRecords } from '../../src/record/walk.ts';

const NOW = 1_000_000;
const options = { compression: nodeCompression, bytesMax: 1 << 20 };
const CODECS = [0, 1, 2, 3, 4] as const;

const topic = (config: Partial<TopicConfig> = {}): TopicConfig =>
  ({
    maxMessageBytes: 1 << 20,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
    timestampAfterMaxMs: 1000,
    compression: null,
    compaction: null,
    ...config,
  }) as TopicConfig;

function prepare(batch: Buffer, config: TopicConfig): Buffer | BrokerError {
  const rules: ProduceRules = {
    bytesMax: config.maxMessageBytes,
    nowMs: NOW,
    timestampType: config.timestampType,
    timestampBeforeMaxMs: config.timestampBeforeMaxMs,
    timestampAfterMaxMs: config.timestampAfterMaxMs,
    zstdAllowed: true,
  };
  return (
    validateProducedBatch(batch, rules) ?? prepareRecords(batch, config, { rules, options, namedMax: 5 })
  );
}

const records: readonly RecordInput[] = Array.from({ length: 50 }, (_, i) => ({
  key: Buffer.from(`key ${i}`),
  value: Buffer.from('value '.repeat(20)),
  timestampMs: NOW - (i % 7) * 100,
}));

const batchOf = (codec: CompressionCodec, of = records): Buffer =>
  buildBatch(of, {
    timestampMs: NOW,
    codec,
    compression: nodeCompression,
    producerId: 12,
    producerEpoch: 3,
    baseSequence: 44,
  });

const code = (result: Buffer | BrokerError): string => (result instanceof BrokerError ? result.code : 'ok');
const COMPACTION = {} as NonNullable<TopicConfig['compaction']>;

describe('compression.type', () => {
  it('stores every compression as the one of the topic, and the same records of the same producer', () => {
    for (const sent of CODECS) {
      for (const codec of CODECS) {
        const batch = batchOf(sent);
        const stored = prepare(batch, topic({ compression: { codec, level: undefined } })) as Buffer;
        if (sent === codec) expect(stored).toBe(batch);
        expect(batchCompression(stored)).toBe(codec);
        expect(batchRecordCount(stored)).toBe(50);
        expect([batchProducerId(stored), batchProducerEpoch(stored), batchBaseSequence(stored)]).toEqual([
          12, 3, 44,
        ]);
        expect(batchMaxTimestamp(stored)).toBe(NOW);
        expect(recordsSection(stored, options).equals(recordsSection(batchOf(0), options))).toBe(true);
        // As whole as what a client sends.
        expect(code(prepare(stored, topic()))).toBe('ok');
      }
    }
  });

  it('takes the level, and stamps the time of the broker afterwards', () => {
    const sizes = [1, 9].map(
      (level) => (prepare(batchOf(0), topic({ compression: { codec: 1, level } })) as Buffer).length,
    );
    expect(sizes[1]).toBeLessThan(sizes[0]!);
    const config = topic({ compression: { codec: 4, level: -5 }, timestampType: 'LogAppendTime' });
    const stored = prepare(batchOf(1), config) as Buffer;
    stampLogAppendTime(stored, NOW + 5);
    expect(batchMaxTimestamp(stored)).toBe(NOW + 5);
  });

  it('refuses what is too large in the compression of the topic, or says more records than it has', () => {
    const compressed = batchOf(1);
    const config = topic({ compression: { codec: 0, level: undefined }, maxMessageBytes: compressed.length });
    expect(code(prepare(compressed, config))).toBe('batch-too-large');
    const bomb = batchOf(1, [{ key: null, value: Buffer.alloc(2 << 20) }]);
    expect(code(prepare(bomb, topic({ compression: { codec: 4, level: undefined } })))).toBe(
      'invalid-record',
    );
  });
});

describe('a compacted topic', () => {
  it.each(CODECS)('refuses a record without a key, with compression %i', (codec) => {
    const config = topic({ compaction: COMPACTION });
    expect(code(prepare(batchOf(codec), config))).toBe('ok');
    const keyless = [...records.slice(0, 3), { key: null, value: Buffer.from('v') }];
    expect(code(prepare(batchOf(codec, keyless), config))).toBe('invalid-record');
    // An empty key is one.
    const empty = [{ key: Buffer.alloc(0), value: null }];
    expect(code(prepare(batchOf(codec, empty), config))).toBe('ok');
  });
});

describe('message.timestamp.before.max.ms', () => {
  it.each(CODECS)('holds for each record, with compression %i', (codec) => {
    const old = [
      { key: null, value: null },
      { key: null, value: null, timestampMs: NOW - 501 },
    ];
    expect(code(prepare(batchOf(codec, old), topic({ timestampBeforeMaxMs: 501 })))).toBe('ok');
    expect(code(prepare(batchOf(codec, old), topic({ timestampBeforeMaxMs: 500 })))).toBe(
      'invalid-timestamp',
    );
    const stamped = topic({ timestampBeforeMaxMs: 500, timestampType: 'LogAppendTime' });
    expect(code(prepare(batchOf(codec, old), stamped))).toBe('ok');
  });
});

it('leaves other batches as they are', () => {
  const batch = batchOf(1);
  expect(prepare(batch, topic())).toBe(batch);
  const keys: (string | undefined)[] = [];
  const section = recordsSection(batch, options);
  walkRecords(section, 50, (record) => keys.push(recordKey(section, record)?.toString()));
  expect(keys[49]).toBe('key 49');
});

/** docs/protocols/kafka.md says of every key which versions are served: it must be what ApiVersions tells clients. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../../../src/embed/start-broker.ts';
import { apiInfo } from '../../../src/protocol/kafka/codec/api-keys.ts';
import { API_VERSIONS } from '../../support/kafka-apis.ts';
import { TestClient } from '../../support/kafka-client.ts';

interface Row {
  key: number;
  name: string;
  kafka: string;
  here: string;
}

const page = readFileSync(join(import.meta.dirname, '../../../docs/protocols/kafka.md'), 'utf8');
const rows: Row[] = Array.from(
  page.matchAll(/^\| (\d+) \| (\w+) \| ([\d–]+) \| ([\d–]*) \|.*\|$/gm),
  ([, key, name, kafka, here]) => ({ key: Number(key), name: name!, kafka: kafka!, here: here! }),
);

function rangeText(min: number, max: number): string {
  return min === max ? String(min) : `${min}–${max}`;
}

describe('the table of keys in docs/protocols/kafka.md', () => {
  it('has each key once, in order, with its name', () => {
    const keys = rows.map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
    expect(keys.length).toBeGreaterThan(70);
    for (const { key, name, here } of rows) if (here !== '') expect(apiInfo(key)?.name).toBe(name);
  });

  it('has the versions that a client is told', async () => {
    // With everything on that switches an API on.
    const settings = { 'polylog.admin.listeners': 'http://127.0.0.1:0' };
    await using broker = await startBroker({ data: 'memory', settings });
    const client = await TestClient.connect(broker.bootstrap);
    const { apiKeys } = await client.call(API_VERSIONS, {}, 0);
    await client.close();
    const told = apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
      apiKey,
      rangeText(minVersion, maxVersion),
    ]);
    const written = rows.filter(({ here }) => here !== '').map(({ key, here }) => [key, here]);
    expect(told.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(written);
  });

  it('serves no less than Kafka where a key is served', () => {
    expect(rows.filter(({ kafka, here }) => here !== '' && here !== kafka)).toEqual([]);
  });
});

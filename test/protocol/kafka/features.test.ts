/** Features as a client sees them: ApiVersions and UpdateFeatures. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { API_VERSIONS, UPDATE_FEATURES } from '../../support/kafka-apis.ts';
import { TestClient } from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let client: TestClient;

beforeAll(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' };
const metadataUpdate = (level: number, fields: object = {}) => ({
  featureUpdates: [
    { feature: 'metadata.version', maxVersionLevel: level, allowDowngrade: false, upgradeType: 1, ...fields },
  ],
});

describe('ApiVersions', () => {
  it('tells supported and finalized features, with their epoch', async () => {
    const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch } = await client.call(
      API_VERSIONS,
      software,
    );
    expect(supportedFeatures).toContainEqual({ name: 'metadata.version', minVersion: 30, maxVersion: 30 });
    expect(finalizedFeatures).toContainEqual({
      name: 'metadata.version',
      minVersionLevel: 30,
      maxVersionLevel: 30,
    });
    expect(finalizedFeaturesEpoch).toBe(0);
  });

  it('leaves supported features with a lowest level of 0 out of version 3', async () => {
    const { supportedFeatures } = await client.call(API_VERSIONS, software, 3);
    expect(supportedFeatures).toEqual([{ name: 'metadata.version', minVersion: 30, maxVersion: 30 }]);
  });
});

describe('UpdateFeatures', () => {
  it('tells a success for each feature up to version 1', async () => {
    const results = [{ feature: 'metadata.version', errorCode: 0, errorMessage: null }];
    expect(await client.call(UPDATE_FEATURES, metadataUpdate(30), 0)).toMatchObject({
      errorCode: 0,
      results,
    });
    expect(await client.call(UPDATE_FEATURES, metadataUpdate(30), 1)).toMatchObject({
      errorCode: 0,
      results,
    });
    expect(await client.call(UPDATE_FEATURES, metadataUpdate(30), 2)).toMatchObject({
      errorCode: 0,
      results: [],
    });
  });

  it('refuses with INVALID_UPDATE_VERSION and a sentence', async () => {
    const refused = { errorCode: 95, results: [] };
    const unknownType = metadataUpdate(30, { upgradeType: 4 });
    expect(await client.call(UPDATE_FEATURES, metadataUpdate(7))).toMatchObject({
      ...refused,
      errorMessage: "No feature was updated: metadata.version can't have level 7: it takes 30.",
    });
    expect(await client.call(UPDATE_FEATURES, unknownType)).toMatchObject(refused);
    const unknown = metadataUpdate(1, { feature: 'kraft.version', upgradeType: 2 });
    expect(await client.call(UPDATE_FEATURES, unknown)).toMatchObject(refused);
  });
});

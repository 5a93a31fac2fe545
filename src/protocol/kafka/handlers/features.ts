/** UpdateFeatures (key 57), and what ApiVersions says of features. KIP-584, KIP-778, KIP-1022. */
import { BrokerError } from '../../../base/errors.ts';
import type { FeatureUpdate, FeatureUpgradeType } from '../../../metadata/commands.ts';
import { defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import type { ApiVersionsResponse } from '../codec/generated/api-versions.ts';
import {
  readUpdateFeaturesRequest,
  type UpdateFeaturesRequest,
  type UpdateFeaturesRequestFeatureUpdate,
  type UpdateFeaturesResponse,
  writeUpdateFeaturesResponse,
} from '../codec/generated/update-features.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowedCluster } from './authorize.ts';

/** From this version of ApiVersions on, clients understand a feature whose lowest level is 0. */
const LEVEL_ZERO_VERSION = 4;
/** Up to this version of UpdateFeatures a success is told for each feature. */
const RESULTS_VERSION_MAX = 1;

const UPGRADE_TYPES: readonly (FeatureUpgradeType | undefined)[] = [
  undefined,
  'upgrade',
  'safe-downgrade',
  'unsafe-downgrade',
];

type FeatureFields = Pick<
  ApiVersionsResponse,
  'supportedFeatures' | 'finalizedFeatures' | 'finalizedFeaturesEpoch'
>;

/** What ApiVersions says of features. Each has one finalized level, which stands in both ends of Kafka's range. */
export function featureFields(context: RequestContext): FeatureFields {
  const { image } = context.kafka.broker.metadata;
  const { supportedFeatures, features } = image;
  return {
    supportedFeatures: Array.from(supportedFeatures, ([name, { min, max }]) => ({
      name,
      minVersion: min,
      maxVersion: max,
    })).filter(({ minVersion }) => minVersion > 0 || context.apiVersion >= LEVEL_ZERO_VERSION),
    finalizedFeaturesEpoch: features.epoch,
    finalizedFeatures: Array.from(features.levels, ([name, level]) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  };
}

function updateOf({
  feature,
  maxVersionLevel,
  allowDowngrade,
  upgradeType,
}: UpdateFeaturesRequestFeatureUpdate): FeatureUpdate | BrokerError {
  const type = allowDowngrade ? 'safe-downgrade' : UPGRADE_TYPES[upgradeType];
  if (type === undefined) {
    const sentence = `upgrade type ${upgradeType} of ${feature} is not 1 (upgrade), 2 (safe) or 3 (unsafe downgrade)`;
    return new BrokerError('invalid-update-version', sentence);
  }
  return { name: feature, level: maxVersionLevel, upgradeType: type };
}

async function update(context: RequestContext, request: UpdateFeaturesRequest): Promise<BrokerError | null> {
  const updates: FeatureUpdate[] = [];
  for (const wanted of request.featureUpdates) {
    const one = updateOf(wanted);
    if (one instanceof BrokerError) return one;
    updates.push(one);
  }
  const { validateOnly } = request;
  const answer = await context.kafka.broker.propose({ kind: 'update-features', updates, validateOnly });
  if (answer instanceof BrokerError) return answer;
  if (answer.error === null && !validateOnly) {
    for (const { name, level } of updates) {
      audited(context, { change: 'feature changed', subject: name, detail: `level ${level}` });
    }
  }
  return answer.error;
}

async function handle(
  context: RequestContext,
  request: UpdateFeaturesRequest,
): Promise<UpdateFeaturesResponse> {
  const error = isAllowedCluster(context, 'alter') ? await update(context, request) : denied('cluster');
  if (error !== null) {
    const errorMessage = `No feature was updated: ${error.message}`;
    return { throttleTimeMs: 0, errorCode: KAFKA_ERRORS[error.code], errorMessage, results: [] };
  }
  const told = context.apiVersion <= RESULTS_VERSION_MAX ? request.featureUpdates : [];
  const results = told.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: null }));
  return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, results };
}

export const updateFeatures = defineAsyncApi({
  key: API_KEY.UpdateFeatures,
  authorization: ['alter cluster'],
  read: readUpdateFeaturesRequest,
  write: writeUpdateFeaturesResponse,
  handle,
});

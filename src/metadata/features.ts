/**
 * Feature levels (KIP-584, KIP-1022): switches of the whole cluster that an operator turns once all of it can follow.
 * A client learns the levels from ApiVersions and UpdateFeatures changes them.
 *
 * A new cluster gets the default levels, and they are kept with its metadata from then on: a newer broker doesn't raise
 * them. What has no level has level 0, which means that the feature is off.
 */
import { BrokerError } from '../base/errors.ts';
import type { FeatureUpdate } from './commands.ts';

export type FeatureName =
  | 'metadata.version'
  | 'transaction.version'
  | 'group.version'
  | 'streams.version'
  | 'share.version';

export interface Feature {
  /** Lowest and highest level, inclusive. */
  readonly min: number;
  readonly max: number;
  /** The level of a new cluster. */
  readonly level: number;
}

/** Kafka's number of the metadata of its release 4.3. */
const METADATA_4_3 = 30;

/** Kafka's features that mean something here, with its names and numbers. */
export const FEATURES: ReadonlyMap<FeatureName, Feature> = new Map<FeatureName, Feature>([
  // Tells clients and tools which release of Kafka to take this for. Our own records have versions of their own.
  ['metadata.version', { min: METADATA_4_3, max: METADATA_4_3, level: METADATA_4_3 }],
  // 1: kept in flexible records, which means nothing here. 2: KIP-890, a new epoch for each transaction.
  ['transaction.version', { min: 0, max: 2, level: 2 }],
  // 1: KIP-848, the consumer protocol.
  ['group.version', { min: 0, max: 1, level: 1 }],
  // 1: KIP-1071, the streams protocol.
  ['streams.version', { min: 0, max: 1, level: 1 }],
  // 1: KIP-932, share groups.
  ['share.version', { min: 0, max: 1, level: 1 }],
]);

/** Levels by name; what is not there has level 0. */
export type FeatureValues = ReadonlyMap<string, number>;

/** The features of a cluster as they are now. Not changed: another object follows it. */
export class FinalizedFeatures {
  /** Rises with each change. -1: none has ever been given. */
  readonly epoch: number;
  /** Without those of level 0. */
  readonly levels: FeatureValues;

  constructor(epoch: number, levels: FeatureValues) {
    this.epoch = epoch;
    this.levels = levels;
  }

  /** 0 where the feature is off. */
  level(name: FeatureName): number {
    return this.levels.get(name) ?? 0;
  }
}

export const NO_FEATURES = new FinalizedFeatures(-1, new Map());

/** The levels of a new cluster. */
export function defaultFeatures(): FinalizedFeatures {
  return new FinalizedFeatures(0, new Map(Array.from(FEATURES, ([name, { level }]) => [name, level])));
}

/** Null, or why a broker of this version can't serve a cluster of these levels. */
export function unsupportedFeature({ levels }: FinalizedFeatures): BrokerError | null {
  for (const [name, level] of levels) {
    const feature = FEATURES.get(name as FeatureName);
    if (feature !== undefined && level >= feature.min && level <= feature.max) continue;
    return new BrokerError(
      'unsupported-format',
      `The cluster's feature ${name} is at level ${level}, which this version of Polylog doesn't know: ` +
        'start a newer version, or lower the level with it first.',
    );
  }
  return null;
}

/**
 * The features after all updates, the same object where nothing changes; or why not one of them is made. Going down never
 * loses anything here, so that a safe downgrade is allowed wherever an unsafe one is.
 */
export function updateFeatures(
  before: FinalizedFeatures,
  updates: readonly FeatureUpdate[],
): FinalizedFeatures | BrokerError {
  const levels = new Map(before.levels);
  const seen = new Set<string>();
  let changed = false;
  for (const update of updates) {
    const { name, level } = update;
    if (seen.has(name)) {
      return new BrokerError('invalid-request', `The request updates ${name} twice: update it once.`);
    }
    seen.add(name);
    const current = levels.get(name) ?? 0;
    const refusal = refuse(update, current);
    if (refusal !== null) return new BrokerError('invalid-update-version', refusal);
    if (level === current) continue;
    changed = true;
    if (level === 0) levels.delete(name);
    else levels.set(name, level);
  }
  return changed ? new FinalizedFeatures(before.epoch + 1, levels) : before;
}

function refuse({ name, level, upgradeType }: FeatureUpdate, current: number): string | null {
  const feature = FEATURES.get(name as FeatureName);
  if (feature === undefined) return `There is no feature ${name}.`;
  const { min, max } = feature;
  if (level < min || level > max) {
    const range = min === max ? `${min}` : `${min} to ${max}`;
    return `${name} can't have level ${level}: it takes ${range}.`;
  }
  if (level < current && upgradeType === 'upgrade') {
    return `${name} is at level ${current}, above ${level}: ask for a safe or an unsafe downgrade to lower it.`;
  }
  return null;
}

/**
 * Generated from schema/update-features.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Changes feature levels of the cluster (KIP-584, KIP-778).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface UpdateFeaturesRequestFeatureUpdate {
  feature: string;
  maxVersionLevel: number;
  /** Versions 0. */
  allowDowngrade: boolean;
  /** Versions 1+, default 1. */
  upgradeType: number;
}

/** With the default in every field. */
export function defaultUpdateFeaturesRequestFeatureUpdate(): UpdateFeaturesRequestFeatureUpdate {
  return {
    feature: '',
    maxVersionLevel: 0,
    allowDowngrade: false,
    upgradeType: 1,
  };
}

export function readUpdateFeaturesRequestFeatureUpdate(r: ByteReader, version: number): UpdateFeaturesRequestFeatureUpdate {
  const feature: string = r.compactString();
  const maxVersionLevel: number = r.int16();
  const allowDowngrade: boolean = version <= 0 ? r.boolean() : false;
  const upgradeType: number = version >= 1 ? r.int8() : 1;
  r.skipTaggedFields();
  return { feature, maxVersionLevel, allowDowngrade, upgradeType };
}

export function writeUpdateFeaturesRequestFeatureUpdate(w: ByteWriter, m: UpdateFeaturesRequestFeatureUpdate, version: number): void {
  w.compactString(m.feature);
  w.int16(m.maxVersionLevel);
  if (version <= 0) {
    w.boolean(m.allowDowngrade);
  } else if (m.allowDowngrade) throw new UnsupportedFieldError('UpdateFeaturesRequestFeatureUpdate.allowDowngrade', version);
  if (version >= 1) {
    w.int8(m.upgradeType);
  } else if (m.upgradeType !== 1) throw new UnsupportedFieldError('UpdateFeaturesRequestFeatureUpdate.upgradeType', version);
  w.int8(0);
}

export interface UpdateFeaturesRequest {
  /** Default 60000. */
  timeoutMs: number;
  featureUpdates: UpdateFeaturesRequestFeatureUpdate[];
  /** Versions 1+. */
  validateOnly: boolean;
}

/** With the default in every field. */
export function defaultUpdateFeaturesRequest(): UpdateFeaturesRequest {
  return {
    timeoutMs: 60000,
    featureUpdates: [],
    validateOnly: false,
  };
}

export function readUpdateFeaturesRequest(r: ByteReader, version: number): UpdateFeaturesRequest {
  const timeoutMs: number = r.int32();
  const featureUpdates: UpdateFeaturesRequestFeatureUpdate[] = [];
  const featureUpdatesCount = r.compactArrayLength(5);
  for (let i = 0; i < featureUpdatesCount; i++) featureUpdates.push(readUpdateFeaturesRequestFeatureUpdate(r, version));
  const validateOnly: boolean = version >= 1 ? r.boolean() : false;
  r.skipTaggedFields();
  return { timeoutMs, featureUpdates, validateOnly };
}

export function writeUpdateFeaturesRequest(w: ByteWriter, m: UpdateFeaturesRequest, version: number): void {
  w.int32(m.timeoutMs);
  w.compactArrayLength(m.featureUpdates.length);
  for (const item of m.featureUpdates) writeUpdateFeaturesRequestFeatureUpdate(w, item, version);
  if (version >= 1) {
    w.boolean(m.validateOnly);
  } else if (m.validateOnly) throw new UnsupportedFieldError('UpdateFeaturesRequest.validateOnly', version);
  w.int8(0);
}

export interface UpdateFeaturesResponseResult {
  feature: string;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultUpdateFeaturesResponseResult(): UpdateFeaturesResponseResult {
  return {
    feature: '',
    errorCode: 0,
    errorMessage: '',
  };
}

export function readUpdateFeaturesResponseResult(r: ByteReader, version: number): UpdateFeaturesResponseResult {
  const feature: string = r.compactString();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { feature, errorCode, errorMessage };
}

export function writeUpdateFeaturesResponseResult(w: ByteWriter, m: UpdateFeaturesResponseResult, version: number): void {
  w.compactString(m.feature);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface UpdateFeaturesResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  /** Versions 0-1, ignorable. */
  results: UpdateFeaturesResponseResult[];
}

/** With the default in every field. */
export function defaultUpdateFeaturesResponse(): UpdateFeaturesResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
    results: [],
  };
}

export function readUpdateFeaturesResponse(r: ByteReader, version: number): UpdateFeaturesResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const results: UpdateFeaturesResponseResult[] = [];
  if (version <= 1) {
    const resultsCount = r.compactArrayLength(5);
    for (let i = 0; i < resultsCount; i++) results.push(readUpdateFeaturesResponseResult(r, version));
  }
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, results };
}

export function writeUpdateFeaturesResponse(w: ByteWriter, m: UpdateFeaturesResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  if (version <= 1) {
    w.compactArrayLength(m.results.length);
    for (const item of m.results) writeUpdateFeaturesResponseResult(w, item, version);
  }
  w.int8(0);
}

/**
 * Generated from schema/api-versions.schema by `npm run codec`. Do not edit: change the schema.
 *
 * What the broker speaks; the first request on a connection. Its response always has header version 0.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface ApiVersionsRequest {
  /** Versions 3+, ignorable. */
  clientSoftwareName: string;
  /** Versions 3+, ignorable. */
  clientSoftwareVersion: string;
}

/** With the default in every field. */
export function defaultApiVersionsRequest(): ApiVersionsRequest {
  return {
    clientSoftwareName: '',
    clientSoftwareVersion: '',
  };
}

export function readApiVersionsRequest(r: ByteReader, version: number): ApiVersionsRequest {
  const clientSoftwareName: string = version >= 3 ? r.compactString() : '';
  const clientSoftwareVersion: string = version >= 3 ? r.compactString() : '';
  if (version >= 3) r.skipTaggedFields();
  return { clientSoftwareName, clientSoftwareVersion };
}

export function writeApiVersionsRequest(w: ByteWriter, m: ApiVersionsRequest, version: number): void {
  if (version >= 3) {
    w.compactString(m.clientSoftwareName);
  }
  if (version >= 3) {
    w.compactString(m.clientSoftwareVersion);
  }
  if (version >= 3) w.int8(0);
}

export interface ApiVersionsResponseApiKey {
  apiKey: number;
  minVersion: number;
  maxVersion: number;
}

/** With the default in every field. */
export function defaultApiVersionsResponseApiKey(): ApiVersionsResponseApiKey {
  return {
    apiKey: 0,
    minVersion: 0,
    maxVersion: 0,
  };
}

export function readApiVersionsResponseApiKey(r: ByteReader, version: number): ApiVersionsResponseApiKey {
  const apiKey: number = r.int16();
  const minVersion: number = r.int16();
  const maxVersion: number = r.int16();
  if (version >= 3) r.skipTaggedFields();
  return { apiKey, minVersion, maxVersion };
}

export function writeApiVersionsResponseApiKey(w: ByteWriter, m: ApiVersionsResponseApiKey, version: number): void {
  w.int16(m.apiKey);
  w.int16(m.minVersion);
  w.int16(m.maxVersion);
  if (version >= 3) w.int8(0);
}

export interface ApiVersionsResponseSupportedFeature {
  /** Versions 3+. */
  name: string;
  /** Versions 3+. */
  minVersion: number;
  /** Versions 3+. */
  maxVersion: number;
}

/** With the default in every field. */
export function defaultApiVersionsResponseSupportedFeature(): ApiVersionsResponseSupportedFeature {
  return {
    name: '',
    minVersion: 0,
    maxVersion: 0,
  };
}

export function readApiVersionsResponseSupportedFeature(r: ByteReader, version: number): ApiVersionsResponseSupportedFeature {
  const name: string = r.compactString();
  const minVersion: number = r.int16();
  const maxVersion: number = r.int16();
  r.skipTaggedFields();
  return { name, minVersion, maxVersion };
}

export function writeApiVersionsResponseSupportedFeature(w: ByteWriter, m: ApiVersionsResponseSupportedFeature, version: number): void {
  w.compactString(m.name);
  w.int16(m.minVersion);
  w.int16(m.maxVersion);
  w.int8(0);
}

export interface ApiVersionsResponseFinalizedFeature {
  /** Versions 3+. */
  name: string;
  /** Versions 3+. */
  maxVersionLevel: number;
  /** Versions 3+. */
  minVersionLevel: number;
}

/** With the default in every field. */
export function defaultApiVersionsResponseFinalizedFeature(): ApiVersionsResponseFinalizedFeature {
  return {
    name: '',
    maxVersionLevel: 0,
    minVersionLevel: 0,
  };
}

export function readApiVersionsResponseFinalizedFeature(r: ByteReader, version: number): ApiVersionsResponseFinalizedFeature {
  const name: string = r.compactString();
  const maxVersionLevel: number = r.int16();
  const minVersionLevel: number = r.int16();
  r.skipTaggedFields();
  return { name, maxVersionLevel, minVersionLevel };
}

export function writeApiVersionsResponseFinalizedFeature(w: ByteWriter, m: ApiVersionsResponseFinalizedFeature, version: number): void {
  w.compactString(m.name);
  w.int16(m.maxVersionLevel);
  w.int16(m.minVersionLevel);
  w.int8(0);
}

export interface ApiVersionsResponse {
  errorCode: number;
  apiKeys: ApiVersionsResponseApiKey[];
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  /** Versions 3+, tag 0, ignorable. */
  supportedFeatures: ApiVersionsResponseSupportedFeature[];
  /** Versions 3+, tag 1, ignorable, default -1. */
  finalizedFeaturesEpoch: number;
  /** Versions 3+, tag 2, ignorable. */
  finalizedFeatures: ApiVersionsResponseFinalizedFeature[];
  /** Versions 3+, tag 3, ignorable. */
  zkMigrationReady: boolean;
}

/** With the default in every field. */
export function defaultApiVersionsResponse(): ApiVersionsResponse {
  return {
    errorCode: 0,
    apiKeys: [],
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeaturesEpoch: -1,
    finalizedFeatures: [],
    zkMigrationReady: false,
  };
}

export function readApiVersionsResponse(r: ByteReader, version: number): ApiVersionsResponse {
  const errorCode: number = r.int16();
  const apiKeys: ApiVersionsResponseApiKey[] = [];
  const apiKeysCount = version >= 3 ? r.compactArrayLength(7) : r.arrayLength(6);
  for (let i = 0; i < apiKeysCount; i++) apiKeys.push(readApiVersionsResponseApiKey(r, version));
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  let supportedFeatures: ApiVersionsResponseSupportedFeature[] = [];
  let finalizedFeaturesEpoch: number = -1;
  let finalizedFeatures: ApiVersionsResponseFinalizedFeature[] = [];
  let zkMigrationReady: boolean = false;
  if (version >= 3) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0) {
        const end = r.enterTaggedField();
        supportedFeatures = [];
        const supportedFeaturesCount = r.compactArrayLength(6);
        for (let i = 0; i < supportedFeaturesCount; i++) supportedFeatures.push(readApiVersionsResponseSupportedFeature(r, version));
        r.leaveTaggedField(end);
      } else if (tag === 1) {
        const end = r.enterTaggedField();
        finalizedFeaturesEpoch = r.int64();
        r.leaveTaggedField(end);
      } else if (tag === 2) {
        const end = r.enterTaggedField();
        finalizedFeatures = [];
        const finalizedFeaturesCount = r.compactArrayLength(6);
        for (let i = 0; i < finalizedFeaturesCount; i++) finalizedFeatures.push(readApiVersionsResponseFinalizedFeature(r, version));
        r.leaveTaggedField(end);
      } else if (tag === 3) {
        const end = r.enterTaggedField();
        zkMigrationReady = r.boolean();
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { errorCode, apiKeys, throttleTimeMs, supportedFeatures, finalizedFeaturesEpoch, finalizedFeatures, zkMigrationReady };
}

export function writeApiVersionsResponse(w: ByteWriter, m: ApiVersionsResponse, version: number): void {
  w.int16(m.errorCode);
  if (version >= 3) { w.compactArrayLength(m.apiKeys.length); } else { w.arrayLength(m.apiKeys.length); }
  for (const item of m.apiKeys) writeApiVersionsResponseApiKey(w, item, version);
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  if (version >= 3) {
    let tags = 0;
    if (m.supportedFeatures.length !== 0) tags++;
    if (m.finalizedFeaturesEpoch !== -1) tags++;
    if (m.finalizedFeatures.length !== 0) tags++;
    if (m.zkMigrationReady) tags++;
    w.unsignedVarint(tags);
    if (m.supportedFeatures.length !== 0) {
      w.unsignedVarint(0);
      const nested = w.nested();
      nested.compactArrayLength(m.supportedFeatures.length);
      for (const item of m.supportedFeatures) writeApiVersionsResponseSupportedFeature(nested, item, version);
      w.writeNested(nested);
    }
    if (m.finalizedFeaturesEpoch !== -1) {
      w.unsignedVarint(1);
      w.unsignedVarint(8);
      w.int64(m.finalizedFeaturesEpoch);
    }
    if (m.finalizedFeatures.length !== 0) {
      w.unsignedVarint(2);
      const nested = w.nested();
      nested.compactArrayLength(m.finalizedFeatures.length);
      for (const item of m.finalizedFeatures) writeApiVersionsResponseFinalizedFeature(nested, item, version);
      w.writeNested(nested);
    }
    if (m.zkMigrationReady) {
      w.unsignedVarint(3);
      w.unsignedVarint(1);
      w.boolean(m.zkMigrationReady);
    }
  }
}

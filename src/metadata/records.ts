/**
 * What the metadata machine logs. Each record holds the whole of what its key names, so that the latest one of a key
 * counts and a null value removes it.
 *
 * Layout of keys: one byte for the kind, then
 *   1 cluster  nothing
 *   2 topic    uuid, 16 bytes
 *   3 broker   int32 broker id, -1 for the default of all brokers
 *   4 features nothing
 *   5 scram    int8 mechanism (1 SCRAM-SHA-256, 2 SCRAM-SHA-512), then the user's name in UTF-8
 *   6 acl      uint8 resource type, uint8 pattern type, uint8 operation, uint8 permission (the numbers of Kafka's
 *              protocol), compact strings resource name, principal, host: the whole of a rule
 *   7 quota    unsigned varint count, then for each int8 type (1 user, 2 client id, 3 ip) and compact nullable string
 *              name (null: the default of the type)
 *   8 secret   nothing
 *   9 resource uint8 resource type (16 client metrics, 32 groups), compact string name
 *
 * Layout of values: one byte for the format, now 1, then
 *   cluster  uuid
 *   topic    compact string name, int64 time of creation in ms, unsigned varint partitions,
 *            unsigned varint count of shards and each as unsigned varint (partition p lives in shard p mod count),
 *            settings
 *   broker   settings
 *   features int64 epoch, unsigned varint count, then for each compact string name, int16 level above 0
 *   scram    unsigned varint iterations, compact bytes salt, stored key, server key
 *   acl      nothing
 *   quota    unsigned varint count, then for each compact string key, float64 value
 *   secret   compact bytes: what made-up salts of unknown users are derived from
 *   resource settings
 *   settings: unsigned varint count, then for each compact string name, compact string value
 * Strings, varints and uuids are Kafka's (base/byte-reader.ts).
 */
import { assert } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { readUuid, type Uuid } from '../base/uuid.ts';
import type { StoredRecord } from '../machine/machine.ts';
import type { Acl } from './acl.ts';
import { decodeAclKey, encodeAclKey } from './acl-record.ts';
import { FinalizedFeatures } from './features.ts';
import { KEY_QUOTA, quotaKey, readQuotaEntity, readQuotaValues, writeQuotaValues } from './quota-records.ts';
import type { Quota, QuotaKey } from './quotas.ts';
import {
  decodeScram,
  decodeSecret,
  KEY_SCRAM,
  KEY_SECRET,
  type ScramRecord,
  type SecretRecord,
  scramKey,
  writeCredential,
} from './user-records.ts';

/** The id under which the default of all brokers is kept. */
export const ALL_BROKERS = -1;

export interface ClusterRecord {
  readonly kind: 'cluster';
  readonly id: Uuid;
}

export interface TopicRecord {
  readonly kind: 'topic';
  readonly id: Uuid;
  readonly name: string;
  readonly createdMs: number;
  readonly partitionCount: number;
  /** Shards by number; partition p lives in placement[p mod length]. Never empty. */
  readonly placement: readonly number[];
  /** Canonical values by name. */
  readonly overrides: ReadonlyMap<string, string>;
}

export interface TopicRemovedRecord {
  readonly kind: 'topic-removed';
  readonly id: Uuid;
}

export interface BrokerConfigRecord {
  readonly kind: 'broker-config';
  /** ALL_BROKERS for the default of all. */
  readonly brokerId: number;
  /** Canonical values by name; empty: none is left. */
  readonly values: ReadonlyMap<string, string>;
}

/** Settings of what is neither a topic nor a broker. */
export interface ResourceConfigRecord {
  readonly kind: 'resource-config';
  readonly type: 'client-metrics' | 'group';
  readonly name: string;
  /** Canonical values by name; empty: the resource is gone. */
  readonly values: ReadonlyMap<string, string>;
}

export interface FeaturesRecord {
  readonly kind: 'features';
  readonly features: FinalizedFeatures;
}

export interface AclRecord {
  readonly kind: 'acl' | 'acl-removed';
  readonly acl: Acl;
}

export interface QuotaRecord extends Quota {
  readonly kind: 'quota';
  /** Empty: none is left. */
  readonly values: ReadonlyMap<QuotaKey, number>;
}

export type MetadataRecord =
  | ClusterRecord
  | TopicRecord
  | TopicRemovedRecord
  | BrokerConfigRecord
  | FeaturesRecord
  | AclRecord
  | QuotaRecord
  | ScramRecord
  | SecretRecord
  | ResourceConfigRecord;

const KEY_CLUSTER = 1;
const KEY_TOPIC = 2;
const KEY_BROKER = 3;
const KEY_FEATURES = 4;
const KEY_ACL = 6;
const KEY_RESOURCE = 9;
const FORMAT = 1;
/** Kafka's number of the resource type. */
const TYPE_CLIENT_METRICS = 16;
const TYPE_GROUP = 32;

function keyOf(record: MetadataRecord): Buffer {
  switch (record.kind) {
    case 'cluster':
      return Buffer.of(KEY_CLUSTER);
    case 'topic':
    case 'topic-removed':
      return Buffer.from(String.fromCharCode(KEY_TOPIC) + record.id, 'latin1');
    case 'broker-config': {
      const key = Buffer.allocUnsafe(5);
      key[0] = KEY_BROKER;
      key.writeInt32BE(record.brokerId, 1);
      return key;
    }
    case 'features':
      return Buffer.of(KEY_FEATURES);
    case 'resource-config': {
      const writer = new ByteWriter(32);
      writer.int8(KEY_RESOURCE);
      writer.int8(record.type === 'group' ? TYPE_GROUP : TYPE_CLIENT_METRICS);
      writer.compactString(record.name);
      return writer.finishContiguous();
    }
    case 'acl':
    case 'acl-removed':
      return encodeAclKey(KEY_ACL, record.acl);
    case 'quota':
      return quotaKey(record.entity);
    case 'scram':
      return scramKey(record);
    case 'secret':
      return Buffer.of(KEY_SECRET);
  }
}

export function encodeRecord(record: MetadataRecord): StoredRecord {
  const key = keyOf(record);
  if (record.kind === 'topic-removed' || record.kind === 'acl-removed') return { key, value: null };
  if ('values' in record && record.values.size === 0) return { key, value: null };
  const writer = new ByteWriter(128);
  writer.int8(FORMAT);
  switch (record.kind) {
    case 'cluster':
      writer.uuid(record.id);
      break;
    case 'topic':
      writer.compactString(record.name);
      writer.int64(record.createdMs);
      writer.unsignedVarint(record.partitionCount);
      writer.unsignedVarint(record.placement.length);
      for (const shard of record.placement) writer.unsignedVarint(shard);
      writeSettings(writer, record.overrides);
      break;
    case 'broker-config':
    case 'resource-config':
      writeSettings(writer, record.values);
      break;
    case 'features':
      writeFeatures(writer, record.features);
      break;
    case 'acl':
      break;
    case 'quota':
      writeQuotaValues(writer, record.values);
      break;
    case 'scram':
      if (record.credential === null) return { key, value: null };
      writeCredential(writer, record.credential);
      break;
    case 'secret':
      writer.compactBytes(record.secret);
      break;
  }
  return { key, value: writer.finishContiguous() };
}

function writeSettings(writer: ByteWriter, values: ReadonlyMap<string, string>): void {
  writer.unsignedVarint(values.size);
  for (const [name, value] of values) {
    writer.compactString(name);
    writer.compactString(value);
  }
}

function writeFeatures(writer: ByteWriter, { epoch, levels }: FinalizedFeatures): void {
  writer.int64(epoch);
  writer.unsignedVarint(levels.size);
  for (const [name, level] of levels) {
    writer.compactString(name);
    writer.int16(level);
  }
}

/** Throws on anything that this version doesn't know. */
export function decodeRecord({ key, value }: StoredRecord): MetadataRecord {
  const keyReader = new ByteReader(key);
  const kind = keyReader.uint8();
  const reader = value === null ? null : openValue(value);
  const record = decodeKind(kind, keyReader, reader);
  keyReader.expectEnd();
  reader?.expectEnd();
  return record;
}

function openValue(value: Buffer): ByteReader {
  const reader = new ByteReader(value);
  const format = reader.uint8();
  if (format !== FORMAT)
    throw new Error(`a metadata record has format ${format}; this version reads ${FORMAT}`);
  return reader;
}

function decodeKind(kind: number, key: ByteReader, value: ByteReader | null): MetadataRecord {
  switch (kind) {
    case KEY_CLUSTER:
      if (value === null) throw new Error('the id of the cluster is removed, which no version does');
      return { kind: 'cluster', id: value.uuid() };
    case KEY_TOPIC: {
      const id = readUuid(key.slice(16), 0);
      return value === null ? { kind: 'topic-removed', id } : decodeTopic(id, value);
    }
    case KEY_BROKER: {
      const brokerId = key.int32();
      return { kind: 'broker-config', brokerId, values: value === null ? new Map() : readSettings(value) };
    }
    case KEY_RESOURCE: {
      const type = key.uint8();
      if (type !== TYPE_CLIENT_METRICS && type !== TYPE_GROUP) {
        throw new Error(`resource type ${type} is unknown to this version`);
      }
      const name = key.compactString();
      const values = value === null ? new Map() : readSettings(value);
      return {
        kind: 'resource-config',
        type: type === TYPE_GROUP ? 'group' : 'client-metrics',
        name,
        values,
      };
    }
    case KEY_FEATURES:
      if (value === null) throw new Error('the features are removed, which no version does');
      return { kind: 'features', features: readFeatures(value) };
    case KEY_ACL:
      return { kind: value === null ? 'acl-removed' : 'acl', acl: decodeAclKey(key) };
    case KEY_QUOTA: {
      const entity = readQuotaEntity(key);
      return { kind: 'quota', entity, values: value === null ? new Map() : readQuotaValues(value) };
    }
    case KEY_SCRAM:
      return decodeScram(key, value);
    case KEY_SECRET:
      return decodeSecret(value);
    default:
      throw new Error(`a metadata record of kind ${kind} is unknown to this version`);
  }
}

function decodeTopic(id: Uuid, reader: ByteReader): TopicRecord {
  const name = reader.compactString();
  const createdMs = reader.int64();
  const partitionCount = reader.unsignedVarint();
  const placement: number[] = [];
  for (let count = reader.unsignedVarint(); count > 0; count--) placement.push(reader.unsignedVarint());
  assert(placement.length > 0 && partitionCount > 0, 'a topic has partitions, and they live somewhere');
  return { kind: 'topic', id, name, createdMs, partitionCount, placement, overrides: readSettings(reader) };
}

function readSettings(reader: ByteReader): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (let count = reader.unsignedVarint(); count > 0; count--) {
    const name = reader.compactString();
    values.set(name, reader.compactString());
  }
  return values;
}

function readFeatures(reader: ByteReader): FinalizedFeatures {
  const epoch = reader.int64();
  const levels = new Map<string, number>();
  for (let count = reader.unsignedVarint(); count > 0; count--) {
    const name = reader.compactString();
    levels.set(name, reader.int16());
  }
  return new FinalizedFeatures(epoch, levels);
}

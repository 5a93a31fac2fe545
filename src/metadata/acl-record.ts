/** The stored form of an access rule: all of it is the record's key (records.ts has the layout). */
import type { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { ACL_OPERATIONS, ACL_RESOURCE_TYPES, type Acl } from './acl.ts';

/** Kafka's numbers: 0 is unknown, 1 any, and for operations 2 all. */
const FIRST_NUMBER = 2;
const PATTERN_NUMBERS = { literal: 3, prefixed: 4 } as const;
const PERMISSION_NUMBERS = { deny: 2, allow: 3 } as const;

export function encodeAclKey(kind: number, acl: Acl): Buffer {
  const writer = new ByteWriter(128);
  writer.int8(kind);
  writer.int8(ACL_RESOURCE_TYPES.indexOf(acl.resourceType) + FIRST_NUMBER);
  writer.int8(PATTERN_NUMBERS[acl.patternType]);
  writer.int8(ACL_OPERATIONS.indexOf(acl.operation) + FIRST_NUMBER);
  writer.int8(PERMISSION_NUMBERS[acl.permission]);
  writer.compactString(acl.resourceName);
  writer.compactString(acl.principal);
  writer.compactString(acl.host);
  return writer.finishContiguous();
}

/** Reads what follows the kind. Throws on a number that this version doesn't know. */
export function decodeAclKey(key: ByteReader): Acl {
  const resourceType = known(ACL_RESOURCE_TYPES[key.uint8() - FIRST_NUMBER]);
  const patternNumber = key.uint8();
  const operation = known(ACL_OPERATIONS[key.uint8() - FIRST_NUMBER]);
  const permissionNumber = key.uint8();
  return {
    resourceType,
    patternType: nameOf(PATTERN_NUMBERS, patternNumber),
    operation,
    permission: nameOf(PERMISSION_NUMBERS, permissionNumber),
    resourceName: key.compactString(),
    principal: key.compactString(),
    host: key.compactString(),
  };
}

function nameOf<Name extends string>(numbers: Readonly<Record<Name, number>>, number: number): Name {
  return known((Object.keys(numbers) as Name[]).find((name) => numbers[name] === number));
}

function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('an access rule has a number that is unknown to this version');
  return value;
}

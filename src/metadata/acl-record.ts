/** The stored form of an access rule: all of it is the record's key (records.ts has the layout). */
import type { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import type { Acl } from './acl.ts';
import {
  ACL_OPERATION_NUMBERS,
  ACL_PATTERN_NUMBERS,
  ACL_PERMISSION_NUMBERS,
  ACL_RESOURCE_NUMBERS,
  aclWord,
} from './acl-numbers.ts';

export function encodeAclKey(kind: number, acl: Acl): Buffer {
  const writer = new ByteWriter(128);
  writer.int8(kind);
  writer.int8(ACL_RESOURCE_NUMBERS[acl.resourceType]);
  writer.int8(ACL_PATTERN_NUMBERS[acl.patternType]);
  writer.int8(ACL_OPERATION_NUMBERS[acl.operation]);
  writer.int8(ACL_PERMISSION_NUMBERS[acl.permission]);
  writer.compactString(acl.resourceName);
  writer.compactString(acl.principal);
  writer.compactString(acl.host);
  return writer.finishContiguous();
}

/** Reads what follows the kind. Throws on a number that this version doesn't know. */
export function decodeAclKey(key: ByteReader): Acl {
  return {
    resourceType: known(ACL_RESOURCE_NUMBERS, key.uint8()),
    patternType: known(ACL_PATTERN_NUMBERS, key.uint8()),
    operation: known(ACL_OPERATION_NUMBERS, key.uint8()),
    permission: known(ACL_PERMISSION_NUMBERS, key.uint8()),
    resourceName: key.compactString(),
    principal: key.compactString(),
    host: key.compactString(),
  };
}

function known<Word extends string>(numbers: Readonly<Record<Word, number>>, number: number): Word {
  const word = aclWord(numbers, number);
  if (word === undefined) throw new Error('an access rule has a number that is unknown to this version');
  return word;
}

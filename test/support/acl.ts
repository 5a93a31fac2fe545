/** An access rule that lets alice read the topic orders, but for `fields`. */
import type { Acl } from '../../src/metadata/acl.ts';

export function acl(fields: Partial<Acl> = {}): Acl {
  return {
    resourceType: 'topic',
    resourceName: 'orders',
    patternType: 'literal',
    principal: 'User:alice',
    host: '*',
    operation: 'read',
    permission: 'allow',
    ...fields,
  };
}

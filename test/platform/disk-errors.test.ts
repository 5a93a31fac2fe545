import { expect, it } from 'vitest';
import { diskError } from '../../src/platform/node/disk.ts';

it('tells a full disk from one without descriptors, and takes what it does not know for a broken one', () => {
  const code = (name: string): string => diskError({ code: name, message: 'no' }, '/x').code;
  expect(['ENOSPC', 'EDQUOT'].map(code)).toEqual(['full', 'full']);
  expect(['EMFILE', 'ENFILE'].map(code)).toEqual(['no-descriptors', 'no-descriptors']);
  expect(['ENOENT', 'EEXIST', 'ENOTDIR', 'EROFS', 'EACCES'].map(code)).toEqual([
    'not-found',
    'exists',
    'exists',
    'read-only',
    'permission',
  ]);
  expect(['EIO', 'EWHATEVER'].map(code)).toEqual(['io', 'io']);
});

import { expect, it } from 'vitest';
import { diskError } from '../../src/platform/node/disk.ts';

it('takes what may pass for a full disk, and what it does not know for a broken one', () => {
  const code = (name: string): string => diskError({ code: name, message: 'no' }, '/x').code;
  expect(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].map(code)).toEqual(['full', 'full', 'full', 'full']);
  expect(['ENOENT', 'EEXIST', 'EROFS', 'EACCES'].map(code)).toEqual([
    'not-found',
    'exists',
    'read-only',
    'permission',
  ]);
  expect(['EIO', 'EWHATEVER'].map(code)).toEqual(['io', 'io']);
});

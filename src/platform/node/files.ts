/** Small files, read at once. */
import { readFileSync } from 'node:fs';
import type { Files } from '../ports.ts';

export const nodeFiles: Files = {
  read(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new Error(`there is no file ${path}`);
      throw new Error(code === 'EACCES' ? `the broker may not read ${path}` : message);
    }
  },
};

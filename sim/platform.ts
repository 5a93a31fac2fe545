/** What a broker in a simulated world runs on: the parts that are the same in all of them, beside those of its machine. */
import { nodeFiles } from '../src/platform/node/files.ts';
import { nodeTokens } from '../src/platform/node/tokens.ts';
import type { Platform } from '../src/platform/ports.ts';
import { simCrypto } from './crypto.ts';

export function simPlatform(
  machine: Pick<Platform, 'clock' | 'disk' | 'net' | 'random' | 'compression' | 'logger'>,
): Platform {
  return {
    ...machine,
    crypto: simCrypto,
    tokens: nodeTokens,
    files: nodeFiles,
    // No world asks for a file of log lines.
    openLogFile: (path) => {
      throw new Error(`there is no log file ${path} in a simulated world`);
    },
  };
}

/** The platform of a real process. */
import { nodeClock } from '../platform/node/clock.ts';
import { nodeCompression } from '../platform/node/compression.ts';
import { nodeCrypto } from '../platform/node/crypto.ts';
import { nodeDisk } from '../platform/node/disk.ts';
import { nodeFiles } from '../platform/node/files.ts';
import { openLogFile } from '../platform/node/log-file.ts';
import { nodeNet } from '../platform/node/net.ts';
import { createNodeRandom } from '../platform/node/random.ts';
import { nodeTokens } from '../platform/node/tokens.ts';
import type { Disk, Logger, Platform } from '../platform/ports.ts';

export function nodePlatform(logger: Logger, disk: Disk = nodeDisk): Platform {
  return {
    clock: nodeClock,
    disk,
    net: nodeNet,
    random: createNodeRandom(),
    crypto: nodeCrypto,
    tokens: nodeTokens,
    files: nodeFiles,
    compression: nodeCompression,
    logger,
    openLogFile,
  };
}

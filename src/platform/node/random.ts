/** Randomness from the operating system. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../ports.ts';

export const nodeRandom: Random = { bytes: (length) => randomBytes(length) };

/** The assignors by the names under which clients (`group.remote.assignor`) and `group.consumer.assignors` know them. */
import type { Assignor } from './assignor.ts';
import { assignRange } from './range.ts';
import { assignSameRackFirst } from './same-rack-first.ts';
import { assignConsistentHash, assignHash, assignRandom, assignRoundRobin } from './spread.ts';
import { assignUniform } from './uniform.ts';

export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map([
  ['uniform', assignUniform],
  ['range', assignRange],
  ['round-robin', assignRoundRobin],
  ['random', assignRandom],
  ['hash', assignHash],
  ['consistent-hash', assignConsistentHash],
  ['same-rack-first', assignSameRackFirst],
]);

/** The RPCs that are served. What isn't here is answered UNIMPLEMENTED. */
import type { AnyRpc } from '../rpc.ts';
import { lifecycleRpcs } from './lifecycle.ts';
import { routeRpcs } from './routes.ts';
import { sendRpc } from './send.ts';

export const rocketmqRpcs: ReadonlyMap<string, AnyRpc> = new Map(
  [...routeRpcs, ...lifecycleRpcs, sendRpc].map((rpc): [string, AnyRpc] => [rpc.name, rpc]),
);

/** The RPCs that are served. What isn't here is answered UNIMPLEMENTED. */
import type { AnyRpc } from '../rpc.ts';
import { lifecycleRpcs } from './lifecycle.ts';
import { receiveRpc } from './receive.ts';
import { routeRpcs } from './routes.ts';
import { sendRpc } from './send.ts';
import { settleRpcs } from './settle.ts';

export const rocketmqRpcs: ReadonlyMap<string, AnyRpc> = new Map(
  [...routeRpcs, ...lifecycleRpcs, sendRpc, receiveRpc, ...settleRpcs].map((rpc): [string, AnyRpc] => [
    rpc.name,
    rpc,
  ]),
);

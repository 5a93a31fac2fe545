/** The RPCs that are served. What isn't here is answered UNIMPLEMENTED. */
import type { AnyRpc } from '../rpc.ts';
import { endTransactionRpc } from './end-transaction.ts';
import { lifecycleRpcs } from './lifecycle.ts';
import { liteRpc } from './lite.ts';
import { offsetRpcs } from './offsets.ts';
import { pullRpc } from './pull.ts';
import { recallRpc } from './recall.ts';
import { receiveRpc } from './receive.ts';
import { routeRpcs } from './routes.ts';
import { sendRpc } from './send.ts';
import { settleRpcs } from './settle.ts';

export const rocketmqRpcs: ReadonlyMap<string, AnyRpc> = new Map(
  [
    ...routeRpcs,
    ...lifecycleRpcs,
    sendRpc,
    recallRpc,
    endTransactionRpc,
    receiveRpc,
    ...settleRpcs,
    liteRpc,
    pullRpc,
    ...offsetRpcs,
  ].map((rpc): [string, AnyRpc] => [rpc.name, rpc]),
);

// `polylog txn`: half messages, which wait for their sender's word.

import type { Command } from 'commander';
import { defineTxnEnd } from './txn-end.ts';
import { defineTxnList } from './txn-list.ts';

export function define(txn: Command): void {
  defineTxnList(txn);
  defineTxnEnd(txn);
}

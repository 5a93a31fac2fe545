/**
 * Gives out producer ids, each once in the life of the data. Ids are logged in blocks, so that most requests cost
 * nothing; what is left of a block at a crash is never used.
 */
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import type { Machine } from '../machine/machine.ts';

export const PRODUCER_ID_BLOCK = 1000;

export interface ProducerIdState {
  /** First id that no block holds. */
  nextBlock: number;
}

/** Reserves a block; the answer is its first id. */
export interface ReserveBlock {
  readonly kind: 'reserve-block';
}

export interface BlockReserved {
  readonly nextBlock: number;
}

const KEY = Buffer.from('next-producer-id');
const FORMAT = 1;

export const producerIdMachine: Machine<ProducerIdState, ReserveBlock, BlockReserved, number> = {
  name: 'producer id',
  initial: () => ({ nextBlock: 0 }),
  decide(state, _command, token) {
    const { nextBlock } = state;
    return {
      records: [{ nextBlock: nextBlock + PRODUCER_ID_BLOCK }],
      replies: [{ to: token, answer: nextBlock }],
    };
  },
  apply(state, record) {
    state.nextBlock = record.nextBlock;
  },
  *snapshot(state) {
    yield { nextBlock: state.nextBlock };
  },
  resume: () => [],
  encode({ nextBlock }) {
    const writer = new ByteWriter(16);
    writer.int8(FORMAT);
    writer.int64(nextBlock);
    return { key: KEY, value: writer.finishContiguous() };
  },
  decode({ value }) {
    const reader = new ByteReader(value ?? Buffer.alloc(0));
    const format = reader.int8();
    if (format !== FORMAT) throw new Error(`format ${format} of a producer id record`);
    return { nextBlock: reader.int64() };
  },
};

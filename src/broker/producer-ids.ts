/** Producer ids for whoever asks, taken from logged blocks. */
import { BrokerError } from '../base/errors.ts';
import type { MachineRunner } from '../machine/runner.ts';
import {
  type BlockReserved,
  PRODUCER_ID_BLOCK,
  type ProducerIdState,
  type ReserveBlock,
} from '../transaction/producer-ids.ts';

type OnProducerId = (id: number | BrokerError) => void;

export class ProducerIds {
  readonly #runner: MachineRunner<ProducerIdState, ReserveBlock, BlockReserved, number>;
  #next = 0;
  #left = 0;
  readonly #waiting: OnProducerId[] = [];

  constructor(runner: MachineRunner<ProducerIdState, ReserveBlock, BlockReserved, number>) {
    this.#runner = runner;
  }

  /** Gives an id that nobody had before, or why there is none now. */
  next(done: OnProducerId): void {
    if (this.#left > 0) {
      this.#left--;
      return done(this.#next++);
    }
    this.#waiting.push(done);
    if (this.#waiting.length > 1) return;
    this.#runner.submit({ kind: 'reserve-block' }, (first) => this.#reserved(first));
  }

  #reserved(first: number | BrokerError): void {
    const waiting = this.#waiting.splice(0);
    if (!(first instanceof BrokerError)) {
      this.#next = first;
      this.#left = PRODUCER_ID_BLOCK;
    }
    for (const done of waiting) {
      if (first instanceof BrokerError) done(first);
      else this.next(done);
    }
  }
}

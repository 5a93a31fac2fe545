/**
 * The port behind which metadata lives: embedded in the broker's own log (embedded-store.ts), or later in etcd, which
 * feeds the same image by its watch.
 */
import type { BrokerError } from '../base/errors.ts';
import type { AnswerTo, MetadataCommand } from './commands.ts';
import type { MetadataDelta, MetadataImage } from './image.ts';

export type OnMetadataChange = (delta: MetadataDelta) => void;

export interface MetadataStore {
  /** What is known now. It follows every change; listeners of `watch` are called after it. */
  readonly image: MetadataImage;
  /**
   * Asks for a change. `onAnswer` is called exactly once, when the change is durable; its error means that nothing has
   * happened (a full disk, a broker that stops), while refusals of single topics or resources are in the answer.
   */
  propose<Command extends MetadataCommand>(
    command: Command,
    onAnswer: (answer: AnswerTo<Command> | BrokerError) => void,
  ): void;
  /** Calls `onChange` after each change, in the turn in which the image changes. Returns how to stop it. */
  watch(onChange: OnMetadataChange): () => void;
}

/** Metadata in a stream of the broker's own log: the machine, run by the kit, behind the port. */
import type { BrokerError } from '../base/errors.ts';
import type { OnAnswer } from '../machine/runner.ts';
import type { Acl } from './acl.ts';
import type { AnswerTo, MetadataAnswer, MetadataCommand } from './commands.ts';
import { NO_FEATURES, unsupportedFeature } from './features.ts';
import { type MetadataDelta, MetadataImage } from './image.ts';
import { createMetadataMachine, type MetadataMachine } from './machine.ts';
import type { MetadataRecord } from './records.ts';
import type { MetadataState, StateOptions, Topic } from './state.ts';
import type { MetadataStore, OnMetadataChange } from './store-port.ts';

/** What is needed of the kit's runner. */
export interface MetadataRunner {
  readonly state: MetadataState;
  start(): Promise<void>;
  submit(command: MetadataCommand, onAnswer: OnAnswer<MetadataAnswer>): void;
  close(reason: BrokerError): void;
}

export interface EmbeddedStoreOptions extends StateOptions {
  /** Makes the runner of the machine, over the log. */
  readonly run: (machine: MetadataMachine) => MetadataRunner;
}

export class EmbeddedMetadataStore implements MetadataStore {
  readonly image: MetadataImage;
  readonly #runner: MetadataRunner;
  readonly #listeners = new Set<OnMetadataChange>();
  #changes: DeltaBuilder | null = null;

  constructor(options: EmbeddedStoreOptions) {
    const machine = createMetadataMachine(options);
    this.#runner = options.run({ ...machine, apply: (state, record) => this.#apply(state, record) });
    this.image = new MetadataImage(() => this.#runner.state);
  }

  /**
   * Reads the log and gives a new cluster its id and its secret, from INITIAL_RANDOM_BYTES random bytes, and its feature levels. Rejects with BrokerError
   * where the log can't be read or written, or has feature levels of a newer version. Listeners are not told of what was
   * there before.
   */
  async start(randomBytes: Buffer): Promise<void> {
    await this.#runner.start();
    const unsupported = unsupportedFeature(this.image.features);
    if (unsupported !== null) throw unsupported;
    const { clusterId, features, decoySecret } = this.image;
    if (clusterId !== '' && features !== NO_FEATURES && decoySecret.length > 0) return;
    await new Promise<void>((resolve, reject) => {
      this.propose({ kind: 'initialize', randomBytes }, (answer) => {
        if (answer instanceof Error) reject(answer);
        else resolve();
      });
    });
  }

  propose<Command extends MetadataCommand>(
    command: Command,
    onAnswer: (answer: AnswerTo<Command> | BrokerError) => void,
  ): void {
    const outer = this.#changes;
    const changes = new DeltaBuilder();
    this.#changes = changes;
    try {
      // The machine answers each kind of command with the kind's answer.
      this.#runner.submit(command, onAnswer as OnAnswer<MetadataAnswer>);
    } finally {
      this.#changes = outer;
    }
    const delta = changes.build();
    if (delta !== null) for (const listener of [...this.#listeners]) listener(delta);
  }

  watch(onChange: OnMetadataChange): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  close(reason: BrokerError): void {
    this.#runner.close(reason);
  }

  #apply(state: MetadataState, record: MetadataRecord): void {
    const changes = this.#changes;
    // A snapshot in the background makes a state of its own: nothing changes by it.
    if (changes === null || state !== this.#runner.state) {
      state.apply(record);
      return;
    }
    const before = record.kind === 'topic-removed' ? state.topicsById.get(record.id) : undefined;
    const known = record.kind === 'topic' && state.topicsById.has(record.id);
    state.apply(record);
    if (before !== undefined) changes.deleted.push(before);
    if (record.kind === 'topic')
      (known ? changes.changed : changes.created).push(state.topicsById.get(record.id)!);
    if (record.kind === 'broker-config') changes.brokerConfig = true;
    if (record.kind === 'acl') changes.aclsAdded.push(record.acl);
    if (record.kind === 'acl-removed') changes.aclsRemoved.push(record.acl);
    if (record.kind === 'quota') changes.quotas = true;
  }
}

class DeltaBuilder {
  readonly created: Topic[] = [];
  readonly deleted: Topic[] = [];
  readonly changed: Topic[] = [];
  readonly aclsAdded: Acl[] = [];
  readonly aclsRemoved: Acl[] = [];
  brokerConfig = false;
  quotas = false;

  /** Null where nothing changed. */
  build(): MetadataDelta | null {
    const { created, deleted, changed, aclsAdded, aclsRemoved, brokerConfig, quotas } = this;
    const changes = created.length + deleted.length + changed.length + aclsAdded.length + aclsRemoved.length;
    if (changes === 0 && !brokerConfig && !quotas) return null;
    return { created, deleted, changed, aclsAdded, aclsRemoved, brokerConfig, quotas };
  }
}

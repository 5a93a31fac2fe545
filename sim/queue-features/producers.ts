/** Those who publish, in transactions too; and where what they published comes to stand, which the model is told. */
import { assert } from '../../src/base/assert.ts';
import { BrokerError } from '../../src/base/errors.ts';
import type { StoredMessage } from '../../src/broker/stored-messages.ts';
import { buildBatch, type RecordInput } from '../../src/record/build.ts';
import { headerOf, publish } from '../queue-host.ts';
import type { FeatureLetters } from './letters.ts';
import { type FeatureWorld, LEVELS, SLOT_MS, TAGS, TOPIC } from './world.ts';

const KEYS = 4;

export class FeatureProducers {
  readonly #world: FeatureWorld;
  readonly #letters: FeatureLetters;
  #names = 0;
  /** Published in this slot: where each must come to stand. */
  readonly #expected = new Map<string, { readonly partition: number; readonly isOpen: boolean }>();
  /** Open transactions: producer ids by partition. */
  readonly #open = new Map<number, number>();

  constructor(world: FeatureWorld, letters: FeatureLetters) {
    this.#world = world;
    this.#letters = letters;
  }

  async publish(): Promise<void> {
    const { prng, model, readers, host, broker, nowMs: timestampMs, counts } = this.#world;
    const index = prng.int(model.partitions.length);
    const partition = this.#world.partition(TOPIC, index);
    const codec = prng.chance(0.1) ? { codec: 1 as const, compression: host.compression } : {};
    const batch = buildBatch(this.#drawRecords(index), { timestampMs, ...codec });
    const isRefused = readers.some((reader) => reader.model.isFull);
    const { error } = await this.#world.settled(publish(broker, { partition, batch, timeoutMs: 10_000 }));
    assert((error?.code ?? null) === (isRefused ? 'queue-full' : null), 'a full queue refuses');
    if (!isRefused) return;
    this.#expected.clear();
    counts.refused++;
  }

  #drawRecords(partition: number): RecordInput[] {
    const { prng, hasHeaders, levels, nowMs } = this.#world;
    return Array.from({ length: prng.between(1, 5) }, () => {
      const id = `m${this.#names++}`;
      const header = (key: string, value: string | number) => ({ key, value: Buffer.from(String(value)) });
      const headers = [header('tag', prng.pick(TAGS))];
      const ttlMs = prng.pick([0, 0, 0, 2500, 15_500]);
      if (hasHeaders && ttlMs > 0) headers.push(header('ttl-ms', ttlMs));
      let target = partition;
      if (hasHeaders && levels > 1 && prng.chance(0.5)) {
        const level = prng.int(LEVELS + 1);
        headers.push(header('priority', level));
        target = partition - (partition % LEVELS) + Math.min(level, LEVELS - 1);
      }
      this.#expected.set(id, { partition: target, isOpen: false });
      const key = prng.chance(0.2) ? null : Buffer.from(`k${prng.int(KEYS)}`);
      const timestampMs = nowMs - SLOT_MS * prng.int(3);
      return { key, value: Buffer.from(id), timestampMs, headers };
    });
  }

  /** Begins a transaction, or ends the one that is open. */
  async transaction(): Promise<void> {
    const { prng, model } = this.#world;
    const index = prng.int(model.partitions.length);
    const producerId = this.#open.get(index);
    if (producerId === undefined) await this.#begin(index);
    else await this.#end(index, producerId);
  }

  async #begin(index: number): Promise<void> {
    const { broker, nowMs: timestampMs } = this.#world;
    const partition = this.#world.partition(TOPIC, index);
    const records = this.#drawRecords(index).map(({ headers, ...record }) => ({
      ...record,
      headers: headers!.filter(({ key }) => key !== 'priority'),
    }));
    for (const { value } of records)
      this.#expected.set(value!.toString(), { partition: index, isOpen: true });
    const producerId = 1000 + this.#names;
    const producer = { producerId, producerEpoch: 0, baseSequence: 0, transactional: true };
    const batch = buildBatch(records, { timestampMs, ...producer });
    this.#open.set(index, producerId);
    await this.#world.called<null>((done) => {
      const entries = [{ stream: partition.stream, batch }];
      const outcome = broker.log.append({ entries, durability: 'fsync', onCommitted: () => done(null) });
      if (outcome instanceof BrokerError) done(outcome);
      else partition.producers.note(batch, outcome.baseOffsets[0]!, timestampMs);
    });
  }

  async #end(index: number, producerId: number): Promise<void> {
    const { prng, readers, broker } = this.#world;
    this.#open.delete(index);
    const commit = prng.chance(0.5);
    const marker = { producerId, producerEpoch: 0, coordinatorEpoch: 0, commit };
    await this.#world.called<null>((done) =>
      broker.writeEndMarker(this.#world.partition(TOPIC, index), marker, done),
    );
    for (const one of readers.flatMap(({ model }) => model.partitions[index]!))
      if (one.kind === 'open') one.kind = commit ? 'message' : 'nothing';
  }

  /** What is new in the topic: published, or put back. */
  async read(): Promise<void> {
    const { model, host, broker } = this.#world;
    for (let index = 0; index < model.partitions.length; index++) {
      const { stream } = this.#world.partition(TOPIC, index);
      const { length } = model.partitions[index]!;
      if (stream.highWatermark === length) continue;
      for (const message of await this.#world.settled(host.read(broker, stream, length))) {
        this.#fill(index, message.offset);
        this.#add(index, message);
      }
      this.#fill(index, stream.highWatermark);
    }
  }

  #add(index: number, message: StoredMessage): void {
    const id = message.value!.toString();
    const expected = this.#expected.get(id);
    const owner = expected === undefined ? this.#letters.cameBack(message, index) : null;
    if (expected !== undefined)
      assert(expected.partition === index, `${id} is in ${index}, and belongs into ${expected.partition}`);
    this.#expected.delete(id);
    const kind = expected?.isOpen === true ? 'open' : 'message';
    const what = {
      kind,
      id,
      key: message.key?.toString() ?? null,
      tag: headerOf(message, 'tag')!,
      owner,
      timestampMs: message.timestampMs,
      ttlMs: this.#world.hasHeaders ? Number(headerOf(message, 'ttl-ms') ?? 0) : 0,
    } as const;
    for (const { model } of this.#world.readers) model.add(index, what);
  }

  /** Offsets without a message. */
  #fill(index: number, to: number): void {
    const nothing = { id: '', key: null, tag: '', owner: null, timestampMs: 0, ttlMs: 0 };
    for (const { model } of this.#world.readers) {
      while (model.partitions[index]!.length < to) model.add(index, { kind: 'nothing', ...nothing });
    }
  }

  check(): void {
    assert(this.#expected.size === 0, `${[...this.#expected.keys()].join()} was published, and is not there`);
  }
}

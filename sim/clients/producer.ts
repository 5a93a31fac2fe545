/**
 * A simulated producer: several partitions, several requests in flight, each acks, every compression; idempotent ones
 * keep sequences and retry in order, as KIP-98 says, others retry or don't, as drawn.
 *
 * For each partition there is a lane: batches in order, sent or waiting. When one of them fails, the lane stops until
 * none is in flight, and begins again with the first that isn't answered.
 */

import type { Uuid } from '../../src/base/uuid.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import type { ProduceResponse } from '../../src/protocol/kafka/codec/generated/produce.ts';
import { buildBatch } from '../../src/record/build.ts';
import type { Sent } from '../history.ts';
import { ERROR, INIT_PRODUCER_ID, PRODUCE } from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { NEW_PRODUCER_ID } from './idempotent.ts';
import { type KnownTopic, learnTopics } from './metadata.ts';
import { valueFor } from './records.ts';

export interface ProducerOptions {
  readonly topics: readonly string[];
  /** -1: all. */
  readonly acks: -1 | 0 | 1;
  readonly idempotent: boolean;
  /** Whether a batch whose outcome isn't known is sent again. Always so for idempotent ones. */
  readonly retries: boolean;
  readonly codec: CompressionCodec;
  readonly recordsMax: number;
  readonly batchRecordsMax: number;
  readonly valueBytesMax: number;
  readonly inFlightMax: number;
  /** Longest pause between two sends, ms. */
  readonly pauseMsMax: number;
}

interface Batch {
  readonly values: Sent[];
  readonly sizes: number[];
  sequence: number;
  state: 'waiting' | 'inFlight';
}

interface Lane {
  readonly topic: KnownTopic;
  readonly partition: number;
  readonly batches: Batch[];
  nextSequence: number;
  order: number;
  /** Stopped by a failure, until none is in flight. */
  broken: boolean;
}

/** Refusals after which the batch may be sent again. */
const RETRIABLE: readonly number[] = [
  ERROR.unknownTopicOrPartition,
  ERROR.leaderNotAvailable,
  ERROR.notLeaderOrFollower,
  ERROR.requestTimedOut,
  ERROR.coordinatorLoading,
  ERROR.notEnoughReplicas,
  ERROR.notEnoughReplicasAfterAppend,
  ERROR.storageError,
  ERROR.unknownTopicId,
];
/** Errors that don't say that the batch was not appended. */
const UNSURE: readonly number[] = [
  ERROR.requestTimedOut,
  ERROR.notEnoughReplicasAfterAppend,
  ERROR.storageError,
  -1,
];

export class Producer extends SimClient {
  options!: ProducerOptions;
  readonly #lanes: Lane[] = [];
  #producerId = -1;
  #epoch = -1;
  #records = 0;
  #inFlight = 0;
  #mustInit = false;
  /** All values have an outcome. */
  done = false;

  async run(): Promise<void> {
    await this.#learn();
    while (!this.done) {
      if (this.#mustInit && this.#inFlight === 0) await this.#init();
      await this.connect();
      await this.#sendSome();
      this.done =
        this.#records >= this.options.recordsMax && this.#lanes.every((lane) => lane.batches.length === 0);
      if (!this.done) await this.sleep(this.prng.int(1 + this.options.pauseMsMax));
    }
  }

  async #learn(): Promise<void> {
    const topics = await learnTopics(this, this.options.topics);
    for (const topic of topics.values()) {
      for (let partition = 0; partition < topic.partitions; partition++) {
        this.#lanes.push({ topic, partition, batches: [], nextSequence: 0, order: 0, broken: false });
      }
    }
    this.#mustInit = this.options.idempotent;
  }

  async #init(): Promise<void> {
    try {
      const response = await this.call(INIT_PRODUCER_ID, NEW_PRODUCER_ID);
      if (response.errorCode !== ERROR.none) {
        this.note(`InitProducerId: error ${response.errorCode}`);
        await this.sleep(100);
        return;
      }
      this.#producerId = response.producerId;
      this.#epoch = response.producerEpoch;
      this.world.history.producerId(response.producerId, response.producerEpoch, this.name);
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
      return;
    }
    this.#mustInit = false;
    for (const lane of this.#lanes) {
      lane.nextSequence = 0;
      lane.broken = false;
      for (const batch of lane.batches) {
        batch.sequence = lane.nextSequence;
        lane.nextSequence += batch.values.length;
      }
    }
  }

  /** One request with a batch of each of some lanes, if there is anything to send. */
  async #sendSome(): Promise<void> {
    if (this.#mustInit || this.#inFlight >= this.options.inFlightMax) return;
    const zstd = this.options.codec === 4;
    const max = this.#lanes.some((lane) => lane.topic.id === ZERO_UUID) ? 12 : PRODUCE.maxVersion;
    const version = Math.max(await this.version(PRODUCE, max), zstd ? 7 : 3);
    if (!this.connected || this.#mustInit) return;
    const chosen: { lane: Lane; batch: Batch }[] = [];
    for (const lane of this.prng.shuffle([...this.#lanes])) {
      if (chosen.length > 0 && this.prng.chance(0.4)) continue;
      const batch = this.#nextBatch(lane);
      if (batch !== null) chosen.push({ lane, batch });
    }
    if (chosen.length > 0) this.#sendRequest(chosen, version);
  }

  #nextBatch(lane: Lane): Batch | null {
    if (lane.broken) return null;
    // Without idempotence a second batch in flight could overtake the first after a failure: allowed, but not ordered.
    const inFlight = lane.batches.filter((batch) => batch.state === 'inFlight').length;
    if (inFlight >= Math.min(5, this.options.inFlightMax)) return null;
    const waiting = lane.batches.find((batch) => batch.state === 'waiting');
    if (waiting !== undefined) return waiting;
    const left = this.options.recordsMax - this.#records;
    if (left <= 0) return null;
    const count = Math.min(left, this.prng.between(1, this.options.batchRecordsMax));
    const batch: Batch = { values: [], sizes: [], sequence: lane.nextSequence, state: 'waiting' };
    for (let i = 0; i < count; i++) this.#addValue(lane, batch);
    lane.nextSequence += count;
    lane.batches.push(batch);
    return batch;
  }

  #addValue(lane: Lane, batch: Batch): void {
    const { history } = this.world;
    const { acks, idempotent, valueBytesMax } = this.options;
    const { name } = lane.topic;
    const order = lane.order++;
    const sent: Sent = {
      value: `${this.name}.${name}.${lane.partition}.${order}`,
      producer: this.name,
      topic: name,
      partition: lane.partition,
      order,
      idempotent,
      durable: acks === -1 && history.topics.get(name)!.durable,
      attempts: 0,
      lossesBefore: 0,
      outcome: 'pending',
      offset: -1,
      mustSurvive: false,
    };
    history.sending(sent);
    this.#records++;
    batch.values.push(sent);
    batch.sizes.push(this.prng.chance(0.05) ? valueBytesMax * 4 : this.prng.int(valueBytesMax));
  }

  #encode(batch: Batch): Buffer {
    const records = batch.values.map((sent, i) => ({
      key: Buffer.from(sent.value),
      value: valueFor(sent.value, batch.sizes[i]!),
    }));
    return buildBatch(records, {
      timestampMs: this.clock.nowMs(),
      producerId: this.#producerId,
      producerEpoch: this.#epoch,
      baseSequence: this.options.idempotent ? batch.sequence : -1,
      codec: this.options.codec,
      compression: this.world.compression,
    });
  }

  #sendRequest(chosen: { lane: Lane; batch: Batch }[], version: number): void {
    const topics = new Map<
      string,
      { name: string; topicId: Uuid; partitionData: { index: number; records: Buffer }[] }
    >();
    for (const { lane, batch } of chosen) {
      const { name, id } = lane.topic;
      let topic = topics.get(name);
      if (topic === undefined) {
        topic = { name, topicId: id, partitionData: [] };
        topics.set(name, topic);
      }
      topic.partitionData.push({ index: lane.partition, records: this.#encode(batch) });
      batch.state = 'inFlight';
      for (const sent of batch.values) this.world.history.attempt(sent);
    }
    const { acks } = this.options;
    const request = { transactionalId: null, acks, timeoutMs: 4000, topicData: [...topics.values()] };
    if (acks === 0) {
      this.sendOnly(PRODUCE, request, version);
      for (const { lane, batch } of chosen) this.#drop(lane, batch, 'unknown');
      return;
    }
    this.#inFlight++;
    this.send(PRODUCE, request, version)
      .then((bytes) => this.#answered(chosen, this.decode(PRODUCE, bytes, version), version))
      .catch((error: unknown) => {
        if (!(error instanceof Disconnected)) throw error;
        for (const { lane, batch } of chosen) this.#unsure(lane, batch);
      })
      .catch((error: unknown) => this.fail(String((error as Error).stack)))
      .finally(() => {
        this.#inFlight--;
      });
  }

  #answered(chosen: { lane: Lane; batch: Batch }[], response: ProduceResponse, version: number): void {
    for (const { lane, batch } of chosen) {
      const result = response.responses
        .find((topic) => (version >= 13 ? topic.topicId === lane.topic.id : topic.name === lane.topic.name))
        ?.partitionResponses.find((partition) => partition.index === lane.partition);
      if (result === undefined) {
        this.fail(`the answer to Produce ${version} has no ${lane.topic.name}-${lane.partition}`);
        this.#unsure(lane, batch);
      } else if (result.errorCode === ERROR.none) this.#acked(lane, batch, result.baseOffset);
      else this.#refused(lane, batch, result.errorCode);
    }
  }

  #acked(lane: Lane, batch: Batch, baseOffset: number): void {
    if (lane.batches[0] !== batch && this.options.idempotent) {
      this.fail(`a batch of ${lane.topic.name}-${lane.partition} was acknowledged before an earlier one`);
    }
    batch.values.forEach((sent, i) => {
      this.world.history.acked(sent, baseOffset < 0 ? -1 : baseOffset + i);
    });
    lane.batches.splice(lane.batches.indexOf(batch), 1);
    this.#settle(lane);
  }

  #refused(lane: Lane, batch: Batch, errorCode: number): void {
    const { history } = this.world;
    this.note(`Produce ${lane.topic.name}-${lane.partition}: error ${errorCode}`);
    if (this.options.idempotent && errorCode === ERROR.duplicateSequence) {
      // Appended earlier, at an offset that the broker no longer knows.
      for (const sent of batch.values) history.acked(sent, -1);
      lane.batches.splice(lane.batches.indexOf(batch), 1);
      this.#settle(lane);
      return;
    }
    const first = lane.batches[0] === batch;
    if (errorCode === ERROR.outOfOrderSequence && first && batch.values[0]!.durable) {
      this.fail(`(11) ${batch.values[0]!.value} is the next in sequence and was refused as out of order`);
    }
    const sure = !UNSURE.includes(errorCode) && batch.values[0]!.attempts === 1;
    const fatal = this.options.idempotent && !RETRIABLE.includes(errorCode) && first;
    if (fatal) {
      for (const one of [...lane.batches]) {
        if (one === batch) this.#drop(lane, one, sure ? 'refused' : 'unknown');
      }
      this.#mustInit = true;
      lane.broken = true;
    } else if (this.options.idempotent) this.#again(lane, batch);
    else if (sure) this.#drop(lane, batch, 'refused');
    else this.#unsure(lane, batch);
  }

  /** It isn't known whether the batch was appended. */
  #unsure(lane: Lane, batch: Batch): void {
    if (!lane.batches.includes(batch)) return;
    if (this.options.idempotent || this.options.retries) this.#again(lane, batch);
    else this.#drop(lane, batch, 'unknown');
  }

  #again(lane: Lane, batch: Batch): void {
    batch.state = 'waiting';
    lane.broken = true;
    this.#settle(lane);
  }

  #drop(lane: Lane, batch: Batch, outcome: 'refused' | 'unknown'): void {
    for (const sent of batch.values) {
      if (outcome === 'refused') this.world.history.refused(sent);
      else this.world.history.unknown(sent);
    }
    lane.batches.splice(lane.batches.indexOf(batch), 1);
    this.#settle(lane);
  }

  /** A broken lane begins again once nothing of it is in flight, after a pause. */
  #settle(lane: Lane): void {
    if (!lane.broken || lane.batches.some((batch) => batch.state === 'inFlight')) return;
    this.clock.setTimer(this.prng.between(10, 200), () => {
      if (!this.#mustInit) lane.broken = false;
    });
  }
}

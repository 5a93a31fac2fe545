/**
 * A client that means no good, or was written badly: garbage, half requests, sizes of 2 GiB, requests that are right but
 * for some bytes, answers that are never read, connections that come and go. It expects nothing; the others must not
 * notice, and the broker must live.
 */
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { APIS } from '../../src/protocol/kafka/codec/api-keys.ts';
import { writeRequestHeader } from '../../src/protocol/kafka/codec/header.ts';
import type { SimConnection } from '../net.ts';
import { METADATA } from './api.ts';
import { SimClient } from './client.ts';

export class ChaosClient extends SimClient {
  stopped = false;

  async run(pauseMsMax: number): Promise<void> {
    while (!this.stopped) {
      await this.sleep(this.prng.int(pauseMsMax));
      const connection = this.world.network.connect(this.process, `chaos-${this.name}`, this.world.address);
      if (connection === null) continue;
      connection.onData(() => {});
      connection.onClose(() => {});
      await this.#misbehave(connection);
      await this.sleep(this.prng.int(200));
      if (this.prng.chance(0.7)) connection.destroy();
      else if (this.prng.chance(0.5)) connection.cut();
    }
  }

  async #misbehave(connection: SimConnection): Promise<void> {
    switch (this.prng.int(7)) {
      case 0:
        connection.write([this.prng.bytes(this.prng.between(1, 3000))]);
        return;
      case 1:
        connection.write([Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n')]);
        return;
      case 2:
        connection.write([sized(this.prng.pick([-1, 0, 1, 0x7fffffff, 200_000_000]), this.prng.bytes(30))]);
        return;
      case 3: {
        const request = this.#request();
        connection.write([request.subarray(0, this.prng.int(request.length))]);
        return;
      }
      case 4:
        connection.write([mutate(this.#request(), this.prng.between(1, 8), (bound) => this.prng.int(bound))]);
        return;
      case 5:
        return this.#neverRead(connection);
      default:
        connection.end();
    }
  }

  /** Asks again and again, and takes no answer. */
  async #neverRead(connection: SimConnection): Promise<void> {
    connection.pause();
    for (let i = 0; i < 50 && !connection.closed; i++) {
      connection.write([this.#metadataRequest(i)]);
      if (i % 10 === 0) await this.sleep(this.prng.int(20));
    }
  }

  #metadataRequest(correlationId: number): Buffer {
    const writer = new ByteWriter();
    writeRequestHeader(writer, { apiKey: METADATA.key, apiVersion: 1, correlationId, clientId: this.name });
    writer.arrayLength(-1);
    return framed(writer);
  }

  /** A header of any API and version, right or not, with a body by chance. */
  #request(): Buffer {
    if (this.prng.chance(0.3)) return this.#metadataRequest(1);
    const writer = new ByteWriter();
    const api = this.prng.pick(APIS);
    const apiKey = this.prng.chance(0.1) ? this.prng.int(200) : api.key;
    const apiVersion = this.prng.chance(0.1)
      ? this.prng.int(30)
      : this.prng.between(api.minVersion, api.maxVersion);
    writeRequestHeader(writer, { apiKey, apiVersion, correlationId: 7, clientId: this.name });
    writer.raw(this.prng.bytes(this.prng.int(200)));
    return framed(writer);
  }
}

function framed(writer: ByteWriter): Buffer {
  const body = writer.finishContiguous();
  return sized(body.length, body);
}

function sized(size: number, body: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(size);
  return Buffer.concat([prefix, body]);
}

/** A copy with some bytes changed. */
function mutate(bytes: Buffer, changes: number, int: (bound: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < changes; i++) copy[int(copy.length)] = int(256);
  return copy;
}

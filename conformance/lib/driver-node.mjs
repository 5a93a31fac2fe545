// The driver's side, for clients of Node: reads requests, calls the operation of that name, writes the answer.
import { createInterface } from 'node:readline';

export const bootstrap = process.env.BOOTSTRAP;

export class Absent extends Error {}

/** An operation that the client does not have. */
export function notInClient(why) {
  return async () => {
    throw new Absent(why);
  };
}

export function emit(event, fields = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/** Base64 to Buffer; null stays null. */
export const bytes = (text) => (text === null ? null : Buffer.from(text, 'base64'));

/** Buffer or text to base64; null and undefined become null. */
export const text64 = (value) => (value == null ? null : Buffer.from(value).toString('base64'));

/**
 * Serves `operations` until stdin ends, then calls `close` and exits. Requests run side by side: a member must
 * be able to take "leave" while it consumes.
 */
export function serve(operations, close = async () => {}) {
  const input = createInterface({ input: process.stdin });
  input.on('line', async (line) => {
    const { id, op, ...args } = JSON.parse(line);
    const answer = { id };
    try {
      const operation = operations[op];
      if (operation === undefined) throw new Absent(`the driver has no operation ${op}`);
      answer.ok = (await operation(args)) ?? {};
    } catch (error) {
      if (error instanceof Absent) answer.absent = error.message;
      else answer.error = describe(error);
    }
    process.stdout.write(`${JSON.stringify(answer, plain)}\n`);
  });
  input.on('close', async () => {
    await close().catch((error) => console.error(error));
    process.exit(0);
  });
}

/** Clients that count in BigInt answer with it too; everything here fits a number. */
const plain = (_name, value) => (typeof value === 'bigint' ? Number(value) : value);

/** An error with its causes and parts, as one line: type, code and sentence of each. */
function describe(error, depth = 0) {
  if (process.env.DEBUG && depth === 0) console.error(error);
  const own =
    [error?.type, error?.apiId, error?.code, error?.message].filter(Boolean).join(' ') || String(error);
  if (depth > 4) return own;
  const parts = [error?.cause, ...(error?.errors ?? [])].filter(Boolean);
  return [own, ...parts.map((part) => describe(part, depth + 1))].join('; ');
}

/**
 * Paced load for the restart test: about 600 messages a second over `partitions`, "PARTITION-SEQUENCE" as value.
 * `send(partition, values)` resolves when they are acknowledged. Each partition has its next batch sent without
 * waiting for the last, up to `depth` at a time; each outcome becomes an event.
 */
export function startLoad({ partitions, depth, send }) {
  const next = new Array(partitions).fill(0);
  const open = new Array(partitions).fill(0);
  const pending = new Set();
  const tick = () => {
    for (let partition = 0; partition < partitions; partition += 1) {
      if (open[partition] >= depth) continue;
      const first = next[partition];
      next[partition] += 4;
      const sequences = [first, first + 1, first + 2, first + 3];
      open[partition] += 1;
      const batch = send(
        partition,
        sequences.map((sequence) => `${partition}-${sequence}`),
      ).then(
        () => emit('acked', { partition, sequences }),
        (error) => emit('failed', { partition, sequences, error: describe(error) }),
      );
      const done = batch.then(() => {
        open[partition] -= 1;
        pending.delete(done);
      });
      pending.add(done);
    }
  };
  const timer = setInterval(tick, 20);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
    return { sent: next };
  };
}

/** An aborted transaction's offsets are this far ahead: one that came true would be missed messages. */
export const FAR_AHEAD = 1_000;

/**
 * The operations `copy` and `stopCopy`: `attempt(arguments, stopped)` copies until `stopped()`. After any failure it is
 * called again, and makes the producer and the consumer anew, as after a crash.
 */
export function copyOperations(attempt) {
  let stopping = false;
  let running;
  const run = async (args) => {
    while (!stopping) {
      try {
        await attempt(args, () => stopping);
      } catch (error) {
        console.error('copy', error);
        emit('copyFailed', { error: describe(error) });
        // No endless spinning while the broker is away.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  return {
    copy: async (args) => {
      running = run(args);
    },
    stopCopy: async () => {
      stopping = true;
      await running;
    },
  };
}

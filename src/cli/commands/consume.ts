// `polylog consume`: prints the records of a topic, alone or as a member of a consumer group.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { parseInteger, parsePartitions, parseTime, unescapeText } from '../arguments.ts';
import { type Client, EARLIEST, LATEST, type TopicInfo } from '../client.ts';
import type { FetchedPartition } from '../client-apis.ts';
import { CliError, usageError } from '../errors.ts';
import { BrokerFailure, NetworkFailure } from '../failures.ts';
import { GROUP_TIMEOUT_MS, GroupMember } from '../group-member.ts';
import { Reader } from '../reader.ts';
import {
  addClientFlags,
  type ClientFlags,
  choosePartitions,
  openClient,
  requireTopic,
  withClient,
} from '../session.ts';
import { interruption, note, Output } from '../terminal.ts';
import { formatJson, formatText, type TextFormat } from '../text.ts';

interface Flags extends ClientFlags {
  readonly fromBeginning?: true;
  readonly offset?: string;
  readonly time?: string;
  readonly partition?: string;
  readonly group?: string;
  readonly follow?: true;
  readonly count?: string;
  readonly format: 'text' | 'json';
  readonly printKey?: true;
  readonly keySeparator: string;
  readonly printHeaders?: true;
  readonly printOffset?: true;
  readonly printTime?: true;
}

/** Where reading starts in a partition. */
type Start =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timeMs: number };

interface Plan {
  readonly start: Start;
  readonly partitions: readonly number[] | undefined;
  readonly group: string | undefined;
  readonly count: number;
  readonly follow: boolean;
}

interface Bounds {
  readonly start: number;
  readonly end: number;
}

const COMMIT_EVERY_MS = 1000;
const PAGE_BYTES = 64 * 1024;
const RETRY_MS = 500;

export function define(command: Command): void {
  command
    .argument('<topic>')
    .option('-b, --from-beginning', 'start at the first record that is kept')
    .option('-o, --offset <n>', 'start at this offset; -5: five before the end')
    .option(
      '-t, --time <time>',
      'start at the first record at or after an ISO time, ms since 1970, or e.g. -1h',
    )
    .option('-p, --partition <n>', 'only this partition, or several with commas')
    .option(
      '-g, --group <group>',
      'as a member of this group: start where it stopped, commit what was printed',
    )
    .option('-f, --follow', 'go on with new records until Ctrl-C')
    .option('-n, --count <n>', 'stop after this many records; waits for them')
    .addOption(
      new Option('--format <format>', 'how a record is printed').choices(['text', 'json']).default('text'),
    )
    .option('--print-key', 'the key before the value')
    .addOption(
      new Option('--key-separator <text>', 'what stands between key and value').default('\\t', 'a tab, \\t'),
    )
    .option('--print-headers', 'the headers, as name:value, before the key')
    .option('--print-offset', 'PARTITION:OFFSET first')
    .option('--print-time', "the record's time first")
    .addHelpText(
      'after',
      `
Without --follow and --count it stops at the end that each partition has when it starts. Without a start it begins at
the first record, with --follow at the end; a group begins where it stopped, or there where it has committed nothing.

JSON is one object a line: topic, partition, offset, time, key, value, headers (a list of name and value).
keyEncoding or valueEncoding "base64" tells of bytes that are not UTF-8.

Examples:
  $ polylog consume orders
  $ polylog consume orders --follow --print-key
  $ polylog consume orders --from-beginning --count 3 --group g1
  $ polylog consume orders --time -1h --format json | jq .value
  $ polylog consume orders --partition 0 --offset -10`,
    );
  addClientFlags(command).action(consume);
}

async function consume(topicName: string, flags: Flags): Promise<void> {
  const plan = makePlan(flags);
  const stop = interruption();
  const output = new Output(process.stdout, () => stop.abort());
  const print = printer(topicName, flags);
  await withClient(flags, async (client) => {
    const topic = await requireTopic(client, topicName);
    const run = new Consumption({ client, topic, plan, output, print, stop: stop.signal });
    if (plan.group === undefined) await run.alone();
    else await run.inGroup(openClient(flags, { timeoutMs: GROUP_TIMEOUT_MS }), plan.group);
  });
}

function makePlan(flags: Flags): Plan {
  const starts = [flags.fromBeginning, flags.offset, flags.time].filter((one) => one !== undefined);
  if (starts.length > 1) throw usageError('--from-beginning, --offset and --time exclude each other');
  if (flags.group !== undefined && (flags.offset ?? flags.time ?? flags.partition) !== undefined) {
    throw usageError(
      "--offset, --time and --partition can't go with --group: move the group with `polylog group reset` instead",
    );
  }
  return {
    start: makeStart(flags),
    partitions: flags.partition === undefined ? undefined : parsePartitions(flags.partition, '--partition'),
    group: flags.group,
    count:
      flags.count === undefined
        ? Number.POSITIVE_INFINITY
        : parseInteger(flags.count, { name: '--count', min: 1 }),
    follow: flags.follow === true,
  };
}

function makeStart(flags: Flags): Start {
  if (flags.offset !== undefined) {
    const offset = parseInteger(flags.offset, { name: '--offset', min: Number.MIN_SAFE_INTEGER });
    return { kind: 'offset', offset };
  }
  if (flags.time !== undefined) return { kind: 'time', timeMs: parseTime(flags.time, Date.now()) };
  return { kind: flags.follow === true && flags.fromBeginning !== true ? 'latest' : 'earliest' };
}

type Print = (record: FetchedPartition['records'][number]) => string | Buffer;

function printer(topic: string, flags: Flags): Print {
  if (flags.format === 'json') return (record) => formatJson({ topic, ...record });
  const format: TextFormat = {
    time: flags.printTime === true,
    offset: flags.printOffset === true,
    headers: flags.printHeaders === true,
    key: flags.printKey === true,
    keySeparator: unescapeText(flags.keySeparator),
  };
  return (record) => formatText({ topic, ...record }, format);
}

interface ConsumptionOptions {
  readonly client: Client;
  readonly topic: TopicInfo;
  readonly plan: Plan;
  readonly output: Output;
  readonly print: Print;
  readonly stop: AbortSignal;
}

/** Gathers lines, so that they leave in few writes. */
class Page {
  readonly #output: Output;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  get full(): boolean {
    return this.#bytes >= PAGE_BYTES;
  }

  add(line: string | Buffer): void {
    const bytes = typeof line === 'string' ? Buffer.from(line) : line;
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  async write(): Promise<void> {
    if (this.#bytes === 0) return;
    const page = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    await this.#output.write(page);
  }
}

class Consumption {
  readonly #client: Client;
  readonly #topic: TopicInfo;
  readonly #plan: Plan;
  readonly #output: Output;
  readonly #print: Print;
  readonly #stop: AbortSignal;
  readonly #reader: Reader;
  #printed = 0;

  constructor(options: ConsumptionOptions) {
    this.#client = options.client;
    this.#topic = options.topic;
    this.#plan = options.plan;
    this.#output = options.output;
    this.#print = options.print;
    this.#stop = options.stop;
    this.#reader = new Reader({
      client: options.client,
      topic: options.topic,
      patient: options.plan.follow,
      onLost: () => note('the broker does not answer; waiting for it'),
    });
  }

  async alone(): Promise<void> {
    const partitions = choosePartitions(this.#topic, this.#plan.partitions);
    const bounds = await this.#bounds(partitions);
    const starts = await this.#starts(partitions, bounds);
    this.#reader.assign(this.#limited(partitions, starts, bounds));
    while (!this.#finished()) await this.#show(await this.#reader.next(this.#stop));
    await this.#output.flush();
  }

  async inGroup(coordinatorClient: Client, group: string): Promise<void> {
    const member = new GroupMember(coordinatorClient, group, this.#topic.name);
    try {
      // Ends as of the start, for every partition that this member may be given.
      const ends = await this.#bounds(choosePartitions(this.#topic, undefined));
      while (!this.#stop.aborted) {
        const unset = await this.#patiently(async () => {
          const partitions = await member.join();
          return await this.#takeUp(group, partitions, ends);
        });
        if (unset === undefined || (await this.#work(member, unset))) break;
      }
    } finally {
      await member.leave();
      await coordinatorClient.close();
    }
  }

  /** Tries until it succeeds where the command goes on without end; undefined when it is stopped meanwhile. */
  async #patiently<T>(act: () => Promise<T>): Promise<T | undefined> {
    while (!this.#stop.aborted) {
      const attempt = act();
      // A join may wait long for other members; Ctrl-C doesn't. What it ends in then doesn't matter.
      attempt.catch(() => undefined);
      try {
        return await Promise.race([attempt, once(this.#stop)]);
      } catch (error) {
        if (!this.#mayWait(error)) throw error;
        await sleep(RETRY_MS, undefined, { signal: this.#stop }).catch(() => undefined);
      }
    }
    return undefined;
  }

  #mayWait(error: unknown): boolean {
    const passing = error instanceof NetworkFailure || (error instanceof BrokerFailure && error.retriable);
    return this.#plan.follow && passing;
  }

  /**
   * Starts at what the group has committed, within what is kept. The result is where the partitions start for which
   * nothing was committed: to be committed too, so that a member that comes later starts there and not further on.
   */
  async #takeUp(
    group: string,
    partitions: readonly number[],
    ends: Map<number, Bounds>,
  ): Promise<Map<number, number>> {
    const bounds = await this.#bounds(partitions);
    const committed = await this.#client.committedOffsets(group);
    const fresh = await this.#starts(partitions, bounds);
    const starts = new Map<number, number>();
    const unset = new Map<number, number>();
    for (const partition of partitions) {
      const { start, end } = bounds.get(partition)!;
      const found = committed.find((one) => one.topic === this.#topic.name && one.partition === partition);
      const offset = found?.offset ?? fresh.get(partition)!;
      const kept = Math.min(Math.max(offset, start), end);
      if (kept !== offset) note(`partition ${partition}: offset ${offset} is not kept; going on at ${kept}`);
      starts.set(partition, kept);
      if (found === undefined) unset.set(partition, kept);
    }
    if (partitions.length === 0) note('the other members have all partitions; this one has none');
    this.#reader.assign(this.#limited(partitions, starts, ends));
    return unset;
  }

  /** Reads until all is done (true), or the group rebalances (false). */
  async #work(member: GroupMember, unset: ReadonlyMap<number, number>): Promise<boolean> {
    const halt = AbortSignal.any([this.#stop, member.rejoin]);
    const positions = new Map(unset);
    let committedMs = 0;
    const commit = async (): Promise<void> => {
      await this.#output.flush();
      if (this.#output.closed) return;
      committedMs = Date.now();
      try {
        await member.commit(positions);
        positions.clear();
      } catch (error) {
        // Kept for the next try, unless this was the last one.
        if (this.#finished() || !this.#mayWait(error)) throw error;
      }
    };
    while (!this.#finished() && !member.rejoin.aborted) {
      for (const [partition, offset] of await this.#show(await this.#reader.next(halt))) {
        positions.set(partition, offset);
      }
      if (Date.now() - committedMs >= COMMIT_EVERY_MS) await commit();
    }
    await commit();
    return this.#finished();
  }

  #finished(): boolean {
    if (this.#stop.aborted || this.#printed >= this.#plan.count) return true;
    const endless = this.#plan.follow || this.#plan.count !== Number.POSITIVE_INFINITY;
    return !endless && this.#reader.done;
  }

  /** Prints; the result is where each partition goes on after what was printed. */
  async #show(parts: readonly FetchedPartition[]): Promise<Map<number, number>> {
    const positions = new Map<number, number>();
    const page = new Page(this.#output);
    for (const part of parts) {
      for (const record of part.records) {
        if (this.#printed >= this.#plan.count || this.#stop.aborted) break;
        page.add(this.#print(record));
        if (page.full) await page.write();
        this.#printed++;
        positions.set(part.partition, record.offset + 1);
      }
    }
    await page.write();
    return positions;
  }

  async #bounds(partitions: readonly number[]): Promise<Map<number, Bounds>> {
    const starts = await this.#client.listOffsets(this.#topic, partitions, EARLIEST);
    const ends = await this.#client.listOffsets(this.#topic, partitions, LATEST);
    return new Map(
      partitions.map((one) => [
        one,
        { start: starts.get(one)?.offset ?? 0, end: ends.get(one)?.offset ?? 0 },
      ]),
    );
  }

  async #starts(partitions: readonly number[], bounds: Map<number, Bounds>): Promise<Map<number, number>> {
    const { start } = this.#plan;
    if (start.kind === 'time') {
      const found = await this.#client.listOffsets(this.#topic, partitions, start.timeMs);
      return new Map(
        partitions.map((one) => {
          const offset = found.get(one)?.offset ?? -1;
          return [one, offset < 0 ? bounds.get(one)!.end : offset];
        }),
      );
    }
    return new Map(
      partitions.map((one) => [one, startOffset(this.#topic.name, one, start, bounds.get(one)!)]),
    );
  }

  #limited(
    partitions: readonly number[],
    starts: Map<number, number>,
    ends: Map<number, Bounds>,
  ): { partition: number; offset: number; end: number | undefined }[] {
    const endless = this.#plan.follow || this.#plan.count !== Number.POSITIVE_INFINITY;
    return partitions.map((partition) => ({
      partition,
      offset: starts.get(partition)!,
      end: endless ? undefined : (ends.get(partition)?.end ?? 0),
    }));
  }
}

function startOffset(
  topic: string,
  partition: number,
  start: Exclude<Start, { kind: 'time' }>,
  bounds: Bounds,
): number {
  if (start.kind !== 'offset') return start.kind === 'earliest' ? bounds.start : bounds.end;
  if (start.offset < 0) return Math.max(bounds.start, bounds.end + start.offset);
  if (start.offset > bounds.end || start.offset < bounds.start) {
    throw new CliError(
      `offset ${start.offset} is not kept in ${topic}, partition ${partition}, which holds ${bounds.start} to ${bounds.end}: choose one of these, or -N from the end`,
    );
  }
  return start.offset;
}

/** Resolves when the signal is given. */
async function once(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return undefined;
  return await new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

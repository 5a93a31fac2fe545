// What every client command shares: the options --bootstrap, --timeout and --command-config, opening the client, and turning failures
// into one sentence and an exit code.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { formatHostPort } from '../base/host-port.ts';
import { parseConfigFile } from '../server/config-file.ts';
import { parseAddresses, parseDuration } from './arguments.ts';
import { Client, type TopicInfo } from './client.ts';
import { type ConnectionSecurity, connectionSecurity } from './command-config.ts';
import { CliError, EXIT, usageError } from './errors.ts';
import { BrokerFailure, CODE, NetworkFailure } from './failures.ts';

export interface ClientFlags {
  readonly bootstrap: string;
  readonly timeout: string;
  readonly commandConfig?: string;
}

/** Adds --bootstrap, --timeout and --command-config. */
export function addClientFlags(command: Command): Command {
  return command
    .option(
      '--bootstrap <host:port>',
      'a broker to ask first, or several with commas (environment: POLYLOG_BOOTSTRAP)',
      process.env.POLYLOG_BOOTSTRAP || '127.0.0.1:9092',
    )
    .option('--timeout <time>', 'how long to wait for an answer, e.g. 500ms, 10s', '10s')
    .option(
      '--command-config <file>',
      "TLS and login, as Kafka's client properties: security.protocol=SASL_SSL … (environment: POLYLOG_COMMAND_CONFIG)",
      process.env.POLYLOG_COMMAND_CONFIG || undefined,
    );
}

export interface SessionOptions {
  readonly inFlight?: number;
  /** A longer time than --timeout, for requests that wait for others. */
  readonly timeoutMs?: number;
}

/** Runs a command's work with a client that is closed afterwards. */
export async function withClient<T>(
  flags: ClientFlags,
  work: (client: Client) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  const client = openClient(flags, options);
  try {
    await client.topics([]);
    return await work(client);
  } catch (error) {
    throw explain(error, flags);
  } finally {
    await client.close();
  }
}

/** A second client, e.g. for a group's coordinator, so that its requests don't wait behind others. */
export function openClient(flags: ClientFlags, options: SessionOptions = {}): Client {
  return new Client({
    bootstrap: parseAddresses(flags.bootstrap),
    timeoutMs: options.timeoutMs ?? parseDuration(flags.timeout, '--timeout'),
    security: flags.commandConfig === undefined ? {} : readSecurity(flags.commandConfig),
    ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
  });
}

function readSecurity(path: string): ConnectionSecurity {
  const read = (name: string): Buffer => {
    try {
      return readFileSync(name);
    } catch (error) {
      throw usageError(`${path}: ${(error as Error).message}`);
    }
  };
  const { entries, problems } = parseConfigFile(path, read(path).toString());
  const [problem] = problems;
  if (problem !== undefined) throw usageError(`${path}:${problem.line}: ${problem.message}`);
  try {
    return connectionSecurity(entries, read);
  } catch (error) {
    if (error instanceof CliError) throw usageError(`${path}: ${error.message}`);
    throw error;
  }
}

/** A topic that exists, or a sentence that says how to make it. */
export async function requireTopic(client: Client, name: string): Promise<TopicInfo> {
  const [topic] = await client.topics([name]);
  if (topic === undefined || topic.errorCode === CODE.unknownTopicOrPartition) throw unknownTopic(name);
  if (topic.errorCode !== 0) throw new BrokerFailure(topic.errorCode);
  return topic;
}

export function unknownTopic(name: string): CliError {
  return new CliError(
    `there is no topic "${name}": see \`polylog topic list\`, or make it with \`polylog topic create ${name}\``,
  );
}

/** All partitions of a topic, or those chosen, which must exist. */
export function choosePartitions(topic: TopicInfo, chosen: readonly number[] | undefined): number[] {
  const all = topic.partitions.map(({ partition }) => partition);
  const missing = chosen?.find((partition) => !all.includes(partition));
  if (missing !== undefined) {
    throw new CliError(
      `topic "${topic.name}" has no partition ${missing}: its partitions are 0 to ${all.length - 1}`,
      EXIT.usage,
    );
  }
  return chosen === undefined ? all : [...chosen];
}

/** Any failure as one that can be told. */
export function explain(error: unknown, flags: ClientFlags): unknown {
  if (error instanceof NetworkFailure) {
    const where = parseAddresses(flags.bootstrap).map(formatHostPort).join(', ');
    const cause = rootCause(error);
    if (isRefusedLogin(error)) {
      return new CliError(
        `the broker at ${where} does not let us in (${cause}): see user and password in --command-config`,
      );
    }
    if (/certificate|self-signed|altname/i.test(cause)) {
      return new CliError(
        `the certificate of the broker at ${where} is not trusted (${cause}): see ssl.truststore.location in --command-config`,
        EXIT.unreachable,
      );
    }
    if (/refused|cannot connect|ENOTFOUND|EAI_AGAIN|timed out|unreachable|failed/i.test(cause)) {
      return new CliError(
        `no broker answers at ${where} (${cause}): start one with \`polylog start\`, or name it with --bootstrap`,
        EXIT.unreachable,
      );
    }
    return new CliError(
      `the connection to the broker broke (${cause}): see whether the broker at ${where} runs, and whether it asks for ` +
        'TLS or a login (--command-config)',
      EXIT.unreachable,
    );
  }
  if (error instanceof BrokerFailure) return new CliError(`the broker refused: ${sentence(error)}`);
  return error;
}

/** The broker's words and the code's name. */
export function sentence(failure: BrokerFailure): string {
  return `${failure.message.trim().replace(/\.$/, '')} (${failure.id})`;
}

/** Whether the broker has said that it doesn't know us. */
function isRefusedLogin(error: unknown): boolean {
  let current = error as { cause?: unknown; errors?: unknown[]; code?: string } | undefined;
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth++) {
    if (current.code === 'PLT_KFK_AUTHENTICATION') return true;
    current = (current.errors?.[0] ?? current.cause) as typeof current;
  }
  return false;
}

function rootCause(error: unknown): string {
  let current = error as { message: string; cause?: unknown; errors?: unknown[]; code?: string };
  for (let depth = 0; depth < 8; depth++) {
    const next = current.errors?.[0] ?? current.cause;
    if (typeof next !== 'object' || next === null || !('message' in next)) break;
    current = next as typeof current;
  }
  return current.message.trim().replace(/\.$/, '') || (current.code ?? 'no answer');
}

// What the results were measured on.

import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, version } from 'node:os';
import type { Options } from './types.ts';

function output(file: string, args: readonly string[]): string {
  try {
    return execFileSync(file, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch {
    return 'unknown';
  }
}

/** Java prints its version on stderr. */
function javaVersion(): string {
  return output('sh', ['-c', 'java -version 2>&1']).split('\n')[0] ?? 'unknown';
}

function filesystem(directory: string): string {
  const fields =
    output('df', ['--output=source,fstype,size,avail', '-h', directory]).split('\n').at(-1) ?? 'unknown';
  return fields.trim().replace(/\s+/g, ' ');
}

function kafkaVersion(directory: string | undefined): string {
  if (directory === undefined) return 'not installed';
  const jar = output('sh', ['-c', `ls '${directory}/libs' | grep '^kafka-tools-[0-9]'`]).split('\n')[0] ?? '';
  return jar.replace(/^kafka-tools-|\.jar$/g, '') || 'unknown';
}

function rocketmqVersion(directory: string | undefined): string {
  if (directory === undefined) return 'not installed';
  const jar = output('sh', ['-c', `ls '${directory}/libs' | grep '^rocketmq-proxy-'`]).split('\n')[0] ?? '';
  return jar.replace(/^rocketmq-proxy-|\.jar$/g, '') || 'unknown';
}

/** Lines of a Markdown list. */
export function machine(options: Options): string {
  const { paths } = options;
  const facts: readonly (readonly [string, string])[] = [
    ['CPU', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
    ['Memory', `${(totalmem() / 1e9).toFixed(1)} GB`],
    ['Kernel', `${release()} (${version()})`],
    ['Disk', `${filesystem(paths.work)} (source, type, size, free)`],
    ['Node', process.version],
    ['Java', javaVersion()],
    ['Kafka', kafkaVersion(paths.kafka)],
    ['RocketMQ', rocketmqVersion(paths.rocketmq)],
    [
      'librdkafka',
      output('sh', ['-c', `'${paths.rdkafkaPerformance}' 2>&1 | grep -o 'librdkafka version [^ ]*'`]),
    ],
    ['Polylog', output('git', ['-C', paths.repository, 'describe', '--always', '--dirty'])],
  ];
  return facts.map(([name, value]) => `- ${name}: ${value}`).join('\n');
}

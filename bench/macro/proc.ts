// Processes: running a client to its end, and what /proc says of a broker.
//
// CPU of a client is read from this process's own cutime+cstime (children that ended), so it is whole, the last
// moments included. CPU, memory and writes of a broker are summed over its process and that one's children.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Usage } from './types.ts';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Fields of /proc/PID/stat after the name, which may hold spaces: [0] is the state, field 3 of proc(5). */
function statFields(pid: number | 'self'): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function childrenCpuS(): number {
  const fields = statFields('self');
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

/** The process and all that descend from it. */
function tree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(Number(name))[1]));
    } catch {
      // It ended between the listing and the reading.
    }
  }
  const found = [pid];
  for (let i = 0; i < found.length; i++) {
    for (const [child, parent] of parents) if (parent === found[i]) found.push(child);
  }
  return found;
}

/** Seconds of CPU, user and system, that a broker has used. */
export function brokerCpuS(pid: number): number {
  let ticks = 0;
  for (const one of tree(pid)) {
    const fields = statFields(one);
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** Seconds that all cores together were not idle, steal included, since the machine started. */
function machineBusyS(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0]!;
  const [user, nice, system, , , irq, softirq, steal] = line.trim().split(/\s+/).slice(1).map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) / ticksPerSecond;
}

function numberAfter(file: string, name: string): number {
  const match = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(file, 'utf8'));
  if (match === null) throw new Error(`${file} has no ${name}`);
  return Number(match[1]);
}

function brokerWrittenBytes(pid: number): number {
  return tree(pid).reduce((sum, one) => sum + numberAfter(`/proc/${one}/io`, 'write_bytes'), 0);
}

/** Resident memory in MB (10^6 bytes). */
export function residentMb(pid: number): number {
  return tree(pid).reduce((sum, one) => sum + (numberAfter(`/proc/${one}/status`, 'VmRSS') * 1024) / 1e6, 0);
}

/** The most that was resident at any time, in MB. */
export function peakResidentMb(pid: number): number {
  return tree(pid).reduce((sum, one) => sum + (numberAfter(`/proc/${one}/status`, 'VmHWM') * 1024) / 1e6, 0);
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

const running = new Set<number>();
const pidFiles = new Set<string>();

/** Kills what this run started and has not ended: called on every way out. */
export function killLeftovers(): void {
  for (const file of pidFiles) {
    if (!existsSync(file)) continue;
    running.add(Number(readFileSync(file, 'utf8')));
    rmSync(file);
  }
  for (const pid of running) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  running.clear();
}

/** What is to be killed on the way out. */
export const leftovers = {
  add: (pid: number): void => void running.add(pid),
  remove: (pid: number): void => void running.delete(pid),
  /** A file in which a script leaves the id of what it starts; whoever takes the process over removes the file. */
  addFile: (path: string): void => void pidFiles.add(path),
};

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutS?: number;
  /** The caller judges by the output what the exit code says. */
  readonly anyExitCode?: boolean;
}

/** Runs a program to its end. Throws with its output when it fails or takes more than the time allowed (600 s). */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await new Promise<Finished>((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: options.env ?? process.env });
    const timeoutS = options.timeoutS ?? 600;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${file} ${args.join(' ')}: killed after ${timeoutS} s`));
    }, timeoutS * 1000);
    let stdout = '';
    let stderr = '';
    if (child.pid !== undefined) leftovers.add(child.pid);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (child.pid !== undefined) leftovers.remove(child.pid);
      resolve({ stdout, stderr, code });
    });
  });
  if (finished.code !== 0 && !(options.anyExitCode && finished.code !== null)) {
    const output = `${finished.stdout}\n${finished.stderr}`.trim().split('\n').slice(-12).join('\n');
    throw new Error(`${file} ${args.join(' ')}: exit code ${finished.code}\n${output}`);
  }
  return finished;
}

/** A program that runs until its standard input ends, and says things meanwhile. */
export interface Conversation {
  /** The next line of its output. Throws with what it said of an error when it has ended. */
  line(): Promise<string>;
  /** Gives it a line. */
  say(text: string): void;
  /** Ends its input; what it says last. */
  end(): Promise<string>;
}

/** Starts a program that listens to the end of its input. */
export function converse(file: string, args: readonly string[]): Conversation {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  if (child.pid !== undefined) leftovers.add(child.pid);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.on('error', (error) => (stderr += error.message));
  child.on('close', () => child.pid !== undefined && leftovers.remove(child.pid));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done === true) throw new Error(`${file} ${args.join(' ')} ended\n${stderr.slice(-2000)}`);
    return next.value;
  };
  return {
    line,
    say: (text) => void child.stdin.write(`${text}\n`),
    end: () => {
      child.stdin.end();
      return line();
    },
  };
}

/** Runs `work` and says what broker and clients used meanwhile. `messages` comes from the result. */
export async function measured<T>(
  pid: number,
  work: () => Promise<T>,
  messages: (result: T) => number,
): Promise<{ result: T; usage: Usage }> {
  const before = {
    broker: brokerCpuS(pid),
    client: childrenCpuS(),
    written: brokerWrittenBytes(pid),
    machine: machineBusyS(),
  };
  const start = process.hrtime.bigint();
  const result = await work();
  const wallS = Number(process.hrtime.bigint() - start) / 1e9;
  const broker = brokerCpuS(pid) - before.broker;
  const client = childrenCpuS() - before.client;
  const usage = {
    wallS,
    messages: messages(result),
    brokerCpuS: broker,
    clientCpuS: client,
    brokerWrittenBytes: brokerWrittenBytes(pid) - before.written,
    otherCores: Math.max(0, machineBusyS() - before.machine - broker - client) / wallS,
  };
  return { result, usage };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

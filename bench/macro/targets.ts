// Starting and ending the brokers that are measured.
//
// Polylog is started as a user starts it, with its defaults: fdatasync before every answer to acks=all. Kafka is
// started by bench/peers/kafka/start.sh, as it comes (no fsync) or with log.flush.interval.messages=1 (an fsync after
// each appended batch). RocketMQ is started by bench/peers/rocketmq/start.sh, with ASYNC_FLUSH as it comes, or SYNC_FLUSH.
// Each lives on a data directory that the caller gives.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { killLeftovers, leftovers, run, sleep } from './proc.ts';
import type { Broker, Options, StartSettings, TargetName } from './types.ts';

interface Start {
  readonly options: Options;
  readonly target: TargetName;
  readonly dataDir: string;
  readonly settings: StartSettings;
}

/** ApiVersions v0, correlation id 1, no client id. */
const apiVersions = Buffer.from('0000000a001200000000' + '0001ffff', 'hex');
const startLimitS = 120;

/** True when the broker answers ApiVersions without an error: it serves requests, not only accepts them. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let got = Buffer.alloc(0);
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(20_000, () => end(false));
    socket.on('error', () => end(false)).on('close', () => end(false));
    socket.on('connect', () => socket.write(apiVersions));
    socket.on('data', (data) => {
      got = Buffer.concat([got, data]);
      // Length, correlation id, error code.
      if (got.length >= 10) end(got.readInt32BE(4) === 1 && got.readInt16BE(8) === 0);
    });
  });
}

function alive(pid: number): boolean {
  try {
    // A zombie still has a process id; it has ended all the same.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

async function endProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (alive(pid)) process.kill(pid, signal);
  for (let waited = 0; alive(pid); waited += 5) {
    if (waited > 120_000)
      throw new Error(`the broker, process ${pid}, did not end within 120 s of ${signal}`);
    await sleep(5);
  }
  leftovers.remove(pid);
}

async function startPolylog({ options, dataDir, settings }: Start, port: number): Promise<Broker> {
  const main = options.paths.polylog;
  if (!existsSync(main)) throw new Error(`${main} is not there: run npm run build first`);
  const args = [main, 'start', '--data', dataDir, '--listen', `kafka://127.0.0.1:${port}`];
  for (const setting of settings.set ?? []) args.push('--set', setting);
  const tls = tlsBootstrap(settings, port);
  if (tls !== undefined)
    args.push('--listen', `SSL://${tls}`, '--set', `ssl.keystore.location=${settings.tlsKeyFile}`);
  const grpc = settings.rocketmq === true ? `127.0.0.1:${port + 3}` : undefined;
  if (grpc !== undefined) args.push('--set', `polylog.rocketmq.listeners=${grpc}`);
  let log = '';
  const keep = (text: string): void => {
    log = (log + text).slice(-8000);
  };
  const start = process.hrtime.bigint();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} does not start`);
  leftovers.add(pid);
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      leftovers.remove(pid);
      throw new Error(`polylog ended with ${child.exitCode ?? child.signalCode} while starting\n${log}`);
    }
    if (Number(process.hrtime.bigint() - start) / 1e9 > startLimitS) {
      throw new Error(`polylog gave no answer in ${startLimitS} s\n${log}`);
    }
    await sleep(1);
  }
  const startS = Number(process.hrtime.bigint() - start) / 1e9;
  return {
    ...handle('polylog', pid, port, startS),
    tlsBootstrap: tls,
    grpc,
    logTail: () => lastLines(log),
  };
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-8).join('\n');
}

function handle(
  target: TargetName,
  pid: number,
  port: number,
  startS: number,
): Omit<Broker, 'logTail' | 'tlsBootstrap' | 'grpc'> {
  return {
    target,
    pid,
    bootstrap: `127.0.0.1:${port}`,
    startS,
    stop: () => endProcess(pid, 'SIGTERM'),
    kill: () => endProcess(pid, 'SIGKILL'),
  };
}

/** Where the listener with TLS is, if one is asked for: two above the first (Kafka's controller is between them). */
function tlsBootstrap({ tlsKeyFile }: StartSettings, port: number): string | undefined {
  return tlsKeyFile === undefined ? undefined : `127.0.0.1:${port + 2}`;
}

/** What goes behind the lines of start.sh: of a setting that is there twice, Kafka takes the last. */
function kafkaProperties({ target, settings }: Start, port: number): string {
  const lines = [...(settings.set ?? [])];
  if (target === 'kafka-fsync') lines.push('log.flush.interval.messages=1');
  const tls = tlsBootstrap(settings, port);
  if (tls !== undefined) {
    const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1},SSL://${tls}`;
    lines.push(
      `listeners=${listeners}`,
      `advertised.listeners=${listeners}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL',
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${settings.tlsKeyFile}`,
    );
  }
  return lines.join('\n');
}

async function startKafka(start: Start, port: number): Promise<Broker> {
  const { options, target, dataDir, settings } = start;
  const { kafka, repository, work } = options.paths;
  if (kafka === undefined) throw new Error('Kafka is not installed: bench/peers/kafka/install.sh does it');
  const home = join(work, `${target}-home`);
  const env = {
    ...process.env,
    RUN: home,
    DATA: dataDir,
    PORT: String(port),
    CONTROLLER_PORT: String(port + 1),
    WAIT_S: String(startLimitS),
    EXTRA: kafkaProperties(start, port),
  };
  const script = join(repository, 'bench/peers/kafka/start.sh');
  const pidFile = join(home, 'broker.pid');
  leftovers.addFile(pidFile);
  let stdout: string;
  try {
    ({ stdout } = await run('bash', [script, kafka], { env }));
  } catch (error) {
    // The script gives up waiting, but what it started may live.
    killLeftovers();
    throw error;
  }
  const startS = Number(/start_s=([\d.]+)/.exec(stdout)?.[1]);
  if (Number.isNaN(startS)) throw new Error(`start.sh printed no start_s: ${stdout}`);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  // From here on this harness ends the process; start.sh would take one that no parent has reaped for running.
  rmSync(pidFile);
  leftovers.add(pid);
  const logFile = join(home, 'broker.log');
  const logTail = (): string => (existsSync(logFile) ? lastLines(readFileSync(logFile, 'utf8')) : '');
  return {
    ...handle(target, pid, port, startS),
    tlsBootstrap: tlsBootstrap(settings, port),
    grpc: undefined,
    logTail,
  };
}

async function startRocketmq({ options, target, dataDir }: Start, port: number): Promise<Broker> {
  const { rocketmq, repository, work } = options.paths;
  if (rocketmq === undefined)
    throw new Error('RocketMQ is not installed: bench/peers/rocketmq/install.sh does it');
  const home = join(work, `${target}-home`);
  const flush = target === 'rocketmq-fsync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH';
  const env = { ...process.env, RUN: home, DATA: dataDir, PORT: String(port), FLUSH: flush };
  const pidFiles = ['broker', 'namesrv'].map((name) => join(home, `${name}.pid`));
  for (const file of pidFiles) leftovers.addFile(file);
  const script = join(repository, 'bench/peers/rocketmq/start.sh');
  let stdout: string;
  try {
    ({ stdout } = await run('bash', [script, rocketmq], { env }));
  } catch (error) {
    killLeftovers();
    throw error;
  }
  const [pid, namesrv] = pidFiles.map((file) => Number(readFileSync(file, 'utf8'))) as [number, number];
  for (const file of pidFiles) rmSync(file);
  leftovers.add(pid);
  leftovers.add(namesrv);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    await endProcess(pid, signal);
    await endProcess(namesrv, signal);
  };
  const logFile = join(home, 'broker.out');
  return {
    target,
    pid,
    alsoPids: [namesrv],
    bootstrap: `127.0.0.1:${port}`,
    tlsBootstrap: undefined,
    grpc: `127.0.0.1:${port}`,
    startS: Number(/start_s=([\d.]+)/.exec(stdout)?.[1]),
    logTail: () => (existsSync(logFile) ? lastLines(readFileSync(logFile, 'utf8')) : ''),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** The port of a target; each has ten of its own, so that no two meet. */
function portOf(options: Options, target: TargetName): number {
  return (
    options.paths.portBase +
    { polylog: 0, kafka: 10, 'kafka-fsync': 20, rocketmq: 30, 'rocketmq-fsync': 40 }[target]
  );
}

/** Starts a target on a data directory. Refuses when something answers on its port already. */
export async function startTarget(start: Start): Promise<Broker> {
  const { options, target } = start;
  const port = portOf(options, target);
  if (await answers(port)) throw new Error(`port ${port} is taken by another broker; set BENCH_PORT`);
  if (target === 'polylog') return startPolylog(start, port);
  return target.startsWith('kafka') ? startKafka(start, port) : startRocketmq(start, port);
}

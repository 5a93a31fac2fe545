// The suite's side of a driver: a child process, in whatever language the client has, that speaks JSON lines.
//
//   to the driver    {"id":1,"op":"createTopics", …arguments}
//   from the driver  {"id":1,"ok":…} | {"id":1,"error":"sentence"} | {"id":1,"absent":"why"} | {"event":"…", …}
//
// What a driver writes to stderr goes to RUN/NAME.stderr. README.md lists the operations.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Watch } from './harness.mjs';

export class Absent extends Error {}

export class Driver {
  #child;
  #calls = new Map();
  #nextId = 1;
  #onEvent;
  #stderrTail = '';
  /** Resolves with a description of the end ("exit 0", "signal SIGKILL"). */
  ended;
  watch = new Watch();
  isEnded = false;

  constructor({ command, args, name, onEvent = () => {} }) {
    this.name = name;
    this.#onEvent = onEvent;
    const log = createWriteStream(join(process.env.RUN, `${name}.stderr`), { flags: 'a' });
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (chunk) => {
      log.write(chunk);
      this.#stderrTail = (this.#stderrTail + chunk).slice(-600);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#line(line));
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      this.#child.on('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit ${code}`));
    });
    this.ended.then((how) => {
      this.isEnded = true;
      const error = new Error(`${name} ended: ${how}; stderr ends: ${this.#stderrTail.trim()}`);
      for (const call of this.#calls.values()) call.reject(error);
      this.#calls.clear();
      this.watch.fail(error);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  #line(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      this.#stderrTail = `${this.#stderrTail}\nstdout: ${line}`.slice(-600);
      return;
    }
    if (message.event !== undefined) {
      this.#onEvent(message, this);
      this.watch.changed();
      return;
    }
    const call = this.#calls.get(message.id);
    if (call === undefined) return;
    this.#calls.delete(message.id);
    if (message.absent !== undefined) call.reject(new Absent(message.absent));
    else if (message.error !== undefined) call.reject(new Error(`${call.op}: ${message.error}`));
    else call.resolve(message.ok);
  }

  /** Calls an operation; rejects with `Absent` where the client has none. */
  call(op, args = {}) {
    if (this.isEnded) return Promise.reject(new Error(`${this.name} has ended`));
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { op, resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, op, ...args })}\n`);
    });
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  closeInput() {
    this.#child.stdin.end();
  }
}

// Standard output, standard error and signals as commands use them.

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usageError } from './errors.ts';

/** Standard output with backpressure. A reader that went away is a quiet end, not an error. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  #closed = false;
  #waiting: (() => void)[] = [];

  /** `onClosed`: called once when the reader went away (as `head` does); by default the process ends with 0. */
  constructor(stream: NodeJS.WriteStream = process.stdout, onClosed: () => void = () => process.exit(0)) {
    this.#stream = stream;
    const go = (): void => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    stream.on('drain', go);
    stream.on('close', go);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      if (this.#closed) return;
      this.#closed = true;
      go();
      onClosed();
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves when more may be written. */
  async write(text: string | Buffer): Promise<void> {
    if (this.#closed || this.#stream.write(text)) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when all that was written has been taken. */
  async flush(): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#stream.write('', () => resolve());
    });
  }
}

/** Bold headings on a terminal, plain text elsewhere and with NO_COLOR. */
export function heading(text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return colours(stream) ? `\x1b[1m${text}\x1b[22m` : text;
}

/** Yellow on a terminal. */
export function warning(text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return colours(stream) ? `\x1b[33m${text}\x1b[39m` : text;
}

function colours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** A line on standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A line on standard error that the next one replaces; nothing where standard error is no terminal. */
export class Progress {
  readonly #intervalMs: number;
  #last = 0;
  #shown = false;

  constructor(intervalMs = 200) {
    this.#intervalMs = intervalMs;
  }

  /** The text is made only when it is to be shown. */
  update(text: () => string): void {
    if (!process.stderr.isTTY) return;
    const now = Date.now();
    if (now - this.#last < this.#intervalMs) return;
    this.#last = now;
    this.#shown = true;
    process.stderr.write(`\r\x1b[2K${text()}`);
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[2K');
    this.#shown = false;
  }
}

/** Aborts at the first SIGINT or SIGTERM; the second one ends the process at once with 130. */
export function interruption(): AbortController {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller;
}

/** A secret that is typed twice and not shown, or where there is no terminal the first line of standard input. */
export async function readSecret(what: string): Promise<string> {
  if (process.stdin.isTTY !== true) {
    const readline = createInterface({ input: process.stdin });
    try {
      for await (const line of readline) return line;
      return '';
    } finally {
      readline.close();
    }
  }
  const first = await askHidden(`${what}: `);
  if ((await askHidden(`${what} again: `)) !== first) throw usageError(`the two are not the same: try again`);
  return first;
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Its own answer to Ctrl-C is silence.
  readline.on('SIGINT', () => process.exit(130));
  try {
    return await readline.question('');
  } finally {
    readline.close();
    process.stderr.write('\n');
  }
}

/** Asks a question on the terminal: true for y or yes. */
export async function confirm(question: string): Promise<boolean> {
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await readline.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    readline.close();
  }
}

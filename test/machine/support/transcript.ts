/**
 * Transcripts: text files in which a step is a block of lines that start with "> ", and what it gives stands below
 * it. Lines that start with "#" are comments. With UPDATE_TRANSCRIPTS=1 the outcomes are written anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Runs each step of a file through `step` and compares what comes out. */
export async function checkTranscript(
  file: string,
  step: (line: string) => string[] | Promise<string[]>,
): Promise<void> {
  const expected = readFileSync(file, 'utf8');
  const actual: string[] = [];
  for (const line of expected.split('\n')) {
    if (line.startsWith('> ')) {
      actual.push(line, ...(await step(line.slice(2))).map((l) => `  ${l}`));
    } else if (line.startsWith('#') || line === '') actual.push(line);
  }
  const text = actual.join('\n');
  if (process.env.UPDATE_TRANSCRIPTS === '1') writeFileSync(file, text);
  else expect(text).toBe(expected);
}

/** Where the transcript of this name is. */
export function transcriptPath(name: string): string {
  return new URL(`../../transcripts/${name}.txt`, import.meta.url).pathname;
}

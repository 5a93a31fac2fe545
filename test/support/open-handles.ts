// Runs beside every test file: fails it when it leaves a server, a connection or a child process behind, because a
// broker that was stopped leaves no trace.

import { afterAll, expect } from 'vitest';

const kinds = new Set(['TCPServerWrap', 'TCPSocketWrap', 'ProcessWrap']);
const graceMs = 3_000;
const stepMs = 10;

function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
}

const atStart = openHandles().length;

// Registered first, so that it runs after the file's own hooks.
afterAll(async () => {
  // The operating system closes a socket some turns after it was asked to.
  for (let waitedMs = 0; openHandles().length > atStart && waitedMs < graceMs; waitedMs += stepMs) {
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
  expect(openHandles(), 'handles that this file leaves open').toHaveLength(atStart);
});

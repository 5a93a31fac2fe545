// A process of its own that opens many connections, so that only the broker's ends count in the test's process:
// node hold-connections.mjs HOST PORT COUNT REQUEST. Sends REQUEST (hexadecimal) on each connection, prints
// `held N, closed M` when each was answered or closed; holds them, and resets them all when its input ends.
import { connect } from 'node:net';

const [host, port, count, hexadecimal] = process.argv.slice(2);
const request = Buffer.from(hexadecimal, 'hex');
/** How many are being opened at a time: fewer than any backlog. */
const AT_ONCE = 200;

const sockets = [];
let held = 0;
let closed = 0;

function open() {
  const socket = connect({ host, port: Number(port), noDelay: true });
  sockets.push(socket);
  return new Promise((resolve) => {
    let answered = false;
    socket.once('connect', () => socket.write(request));
    socket.once('data', () => {
      answered = true;
      held += 1;
      resolve();
    });
    socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
    socket.once('close', () => {
      if (answered) held -= 1;
      closed += 1;
      resolve();
    });
  });
}

async function openInTurn() {
  while (sockets.length < Number(count)) await open();
}

await Promise.all(Array.from({ length: AT_ONCE }, openInTurn));
process.stdout.write(`held ${held}, closed ${closed}\n`);
process.stdin.on('end', () => {
  process.stdout.write(`held ${held}, closed ${closed}\n`);
  for (const socket of sockets) socket.resetAndDestroy();
});
process.stdin.resume();

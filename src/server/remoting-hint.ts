/**
 * Answers clients of RocketMQ's older protocol, on whichever port they come, with where they should go instead
 * (protocol/rocketmq/remoting.ts).
 *
 * A connection is not closed with its first answer, as a client that has several requests on it would see a lost connection
 * in the place of the others' answers, but when it has been silent for a while. It is not read while it doesn't take its answers.
 */
import type { Socket } from 'node:net';
import { type RemotingHint, RemotingReader, remotingAnswer } from '../protocol/rocketmq/remoting.ts';

/** How long a connection may do nothing, ms. */
const IDLE_MS_MAX = 5000;

export function answerRemoting(socket: Socket, hint: RemotingHint): void {
  const reader = new RemotingReader((request) => {
    const answer = remotingAnswer(request, hint);
    if (answer !== null && !socket.write(answer)) socket.pause();
  });
  socket.setTimeout(IDLE_MS_MAX, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('drain', () => socket.resume());
  socket.on('data', (chunk) => {
    if (!reader.push(chunk)) socket.destroy();
  });
}

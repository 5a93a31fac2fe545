// Polylog's own request (docs/protocols/admin.md), for what Kafka's protocol has none: a command, with fields and an answer in JSON.

import { createAPI, Writer } from '@platformatic/kafka';
import {
  type PolylogAdminResponse,
  readPolylogAdminResponse,
} from '../protocol/kafka/codec/generated/polylog-admin.ts';
import type { Client } from './client.ts';
import { bodyOf } from './client-apis.ts';
import { CliError } from './errors.ts';
import { NetworkFailure } from './failures.ts';

const adminApi = createAPI<[command: string, fields: object], PolylogAdminResponse>(
  20_000,
  0,
  (command: string, fields: object) =>
    Writer.create()
      .appendString(command)
      .appendBytes(Buffer.from(JSON.stringify(fields)))
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => readPolylogAdminResponse(bodyOf(reader), 0),
);

/** The broker's answer to a command. What it refuses is told as it says it. */
export async function ask<Answer>(client: Client, command: string, fields: object): Promise<Answer> {
  let answer: PolylogAdminResponse;
  try {
    answer = await client.ask(adminApi, command, fields);
  } catch (error) {
    if (error instanceof NetworkFailure && (await answers(client))) throw notPolylog();
    throw error;
  }
  if (answer.errorName !== null) {
    throw new CliError(`${(answer.errorMessage ?? '').replace(/\.$/, '')} (${answer.errorName})`);
  }
  return JSON.parse(answer.body!.toString()) as Answer;
}

/** All pages of a list. `next`: what the fields of the next page are; null: there is none. */
export async function* pages<Answer>(
  client: Client,
  command: string,
  { fields, next }: { readonly fields: object; readonly next: (answer: Answer) => object | null },
): AsyncGenerator<Answer> {
  let more: object | null = {};
  while (more !== null) {
    const answer: Answer = await ask<Answer>(client, command, { ...fields, ...more });
    yield answer;
    more = next(answer);
  }
}

/** Whether it was only this request that broke the connection. */
async function answers(client: Client): Promise<boolean> {
  try {
    await client.topics([]);
    return true;
  } catch {
    return false;
  }
}

function notPolylog(): CliError {
  return new CliError(
    'the broker closes the connection on a request of Polylog: it is an older Polylog, or another broker',
  );
}

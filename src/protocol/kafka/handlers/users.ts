/** DescribeUserScramCredentials and AlterUserScramCredentials (keys 50 and 51). KIP-554. */
import { BrokerError } from '../../../base/errors.ts';
import type { AlterUsers, ScramMechanism, UserCredentials } from '../../../metadata/commands.ts';
import { scramCredential } from '../../../security/scram.ts';
import { defineApi, defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsRequestUpsertion,
  type AlterUserScramCredentialsResponse,
  readAlterUserScramCredentialsRequest,
  writeAlterUserScramCredentialsResponse,
} from '../codec/generated/alter-user-scram-credentials.ts';
import {
  type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponse,
  type DescribeUserScramCredentialsResponseResult,
  readDescribeUserScramCredentialsRequest,
  writeDescribeUserScramCredentialsResponse,
} from '../codec/generated/describe-user-scram-credentials.ts';
import { errorFields, KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowedCluster } from './authorize.ts';

/** By Kafka's numbers. */
const MECHANISMS: readonly (ScramMechanism | null)[] = [null, 'SCRAM-SHA-256', 'SCRAM-SHA-512'];
const NO_BYTES = Buffer.alloc(0);

function described(user: string, credentials: UserCredentials): DescribeUserScramCredentialsResponseResult {
  const infos = Array.from(credentials, ([mechanism, { iterations }]) => ({
    mechanism: MECHANISMS.indexOf(mechanism),
    iterations,
  }));
  infos.sort((a, b) => a.mechanism - b.mechanism);
  return { user, errorCode: 0, errorMessage: null, credentialInfos: infos };
}

function refused(user: string, code: 'resource-not-found' | 'duplicate-resource', message: string) {
  return { user, errorCode: KAFKA_ERRORS[code], errorMessage: message, credentialInfos: [] };
}

export const describeUserScramCredentials = defineApi({
  key: API_KEY.DescribeUserScramCredentials,
  authorization: ['describe cluster'],
  read: readDescribeUserScramCredentialsRequest,
  write: writeDescribeUserScramCredentialsResponse,
  handle(
    context,
    request: DescribeUserScramCredentialsRequest,
    respond: (response: DescribeUserScramCredentialsResponse) => void,
  ) {
    if (!isAllowedCluster(context, 'describe')) {
      const { code, message: errorMessage } = denied('cluster');
      return respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS[code], errorMessage, results: [] });
    }
    const { image } = context.kafka.broker.metadata;
    const named = new Map<string, number>();
    for (const { name } of request.users ?? []) named.set(name, (named.get(name) ?? 0) + 1);
    const results =
      named.size === 0
        ? Array.from(image.users(), ([user, credentials]) => described(user, credentials))
        : Array.from(named, ([user, count]) => {
            if (count > 1) return refused(user, 'duplicate-resource', `User "${user}" is named twice.`);
            const credentials = image.userCredentials(user);
            return credentials === undefined
              ? refused(user, 'resource-not-found', `User "${user}" has no SCRAM credentials.`)
              : described(user, credentials);
          });
    respond({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, results });
  },
});

/** The bytes are copied: what is kept must not keep the request. */
function credentialOf(context: RequestContext, upsertion: AlterUserScramCredentialsRequestUpsertion) {
  const { name, iterations, saltedPassword } = upsertion;
  const mechanism = MECHANISMS[upsertion.mechanism] ?? null;
  const salt = Buffer.from(upsertion.salt);
  const credential =
    mechanism === null
      ? { iterations, salt, storedKey: NO_BYTES, serverKey: NO_BYTES }
      : scramCredential(context.kafka.crypto, mechanism, { password: saltedPassword, salt, iterations });
  return { user: name, mechanism, credential };
}

export const alterUserScramCredentials = defineAsyncApi({
  key: API_KEY.AlterUserScramCredentials,
  authorization: ['alter cluster'],
  read: readAlterUserScramCredentialsRequest,
  write: writeAlterUserScramCredentialsResponse,
  async handle(
    context,
    request: AlterUserScramCredentialsRequest,
  ): Promise<AlterUserScramCredentialsResponse> {
    const command: AlterUsers = {
      kind: 'alter-users',
      deletions: request.deletions.map(({ name, mechanism }) => ({
        user: name,
        mechanism: MECHANISMS[mechanism] ?? null,
      })),
      upsertions: request.upsertions.map((upsertion) => credentialOf(context, upsertion)),
    };
    const answer = isAllowedCluster(context, 'alter')
      ? await context.kafka.broker.propose(command)
      : denied('cluster');
    const named = new Set([...command.deletions, ...command.upsertions].map(({ user }) => user));
    const results =
      answer instanceof BrokerError ? Array.from(named, (user) => ({ user, error: answer })) : answer;
    return {
      throttleTimeMs: 0,
      results: results.map(({ user, error }) => {
        if (error === null) auditUser(context, command, user);
        return { user, ...errorFields(error) };
      }),
    };
  },
});

function auditUser(context: RequestContext, { deletions, upsertions }: AlterUsers, user: string): void {
  const told = [
    ...deletions.filter((one) => one.user === user).map(({ mechanism }) => `${mechanism} removed`),
    ...upsertions.filter((one) => one.user === user).map(({ mechanism }) => `${mechanism} set`),
  ];
  audited(context, { change: 'user changed', subject: user, detail: told.join(', ') });
}

/** PolylogAdmin (key 20000): commands of operators that Kafka has no request for. docs/protocols/admin.md. */
import { BrokerError } from '../../../base/errors.ts';
import type { AdminCaller } from '../../../broker/admin/command.ts';
import { runAdminCommand } from '../../../broker/admin/run.ts';
import { defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type PolylogAdminResponse,
  readPolylogAdminRequest,
  writePolylogAdminResponse,
} from '../codec/generated/polylog-admin.ts';
import { KAFKA_ERRORS, NO_ERROR } from '../errors.ts';
import { audited, denied, isAllowed } from './authorize.ts';

/** Of the fields of a command. */
const BODY_BYTES_MAX = 256 * 1024;

function callerOf(context: RequestContext): AdminCaller {
  return {
    require(operation, resourceType, name) {
      if (!isAllowed(context, operation, resourceType, name)) throw denied(resourceType);
    },
    sees: (operation, resourceType, name) => context.access.allows(operation, resourceType, name),
    changed: (change, subject, detail) => audited(context, { change, subject, detail }),
  };
}

function fieldsOf(body: Buffer): unknown {
  if (body.length > BODY_BYTES_MAX) {
    return new BrokerError('invalid-request', `the fields of a command have ${BODY_BYTES_MAX} bytes at most`);
  }
  try {
    return JSON.parse(body.toString());
  } catch {
    return new BrokerError('invalid-request', 'the fields of a command must be JSON');
  }
}

export const polylogAdmin = defineAsyncApi({
  key: API_KEY.PolylogAdmin,
  authorization: [
    'describe topic',
    'describe group',
    'read topic',
    'read group',
    'write topic',
    'create topic',
    'delete topic',
    'delete group',
    'alter-configs group',
  ],
  unadvertised: true,
  read: readPolylogAdminRequest,
  write: writePolylogAdminResponse,
  async handle(context, { command, body }): Promise<PolylogAdminResponse> {
    const fields = fieldsOf(body);
    const answer =
      fields instanceof BrokerError
        ? fields
        : await runAdminCommand(context.kafka.broker, callerOf(context), { command, fields });
    if (answer instanceof BrokerError) {
      const { code, message } = answer;
      const errorCode = KAFKA_ERRORS[code];
      return { throttleTimeMs: 0, errorCode, errorName: code, errorMessage: message, body: null };
    }
    const text = Buffer.from(JSON.stringify(answer));
    return { throttleTimeMs: 0, errorCode: NO_ERROR, errorName: null, errorMessage: null, body: text };
  },
});

/** Settings of RocketMQ's protocol, rows of the table in broker-table.ts. */
import { isEverywhere } from '../base/host-port.ts';
import { NOT_REACHABLE, parseHostPort } from './listener.ts';
import { parseAccessKeys } from './rocketmq-access-keys.ts';
import type { SettingFields, SettingType } from './setting.ts';

interface RocketmqRow {
  readonly name: string;
  readonly type: SettingType;
  readonly default: string | null;
  readonly fields: SettingFields & { readonly doc: string };
}

const FORM = 'HOST:PORT';
/** Of polylog.rocketmq.name.server.hint.listeners: where a client looks that was told no more than "localhost". */
export const HINTS_AUTO = 'auto';

function checkAddresses(canonical: string): string | null {
  if (canonical === '') return null;
  const isGood = canonical.split(',').every((element) => parseHostPort(element) !== null);
  return isGood ? null : `${FORM}, several separated by commas`;
}

function checkHints(canonical: string): string | null {
  return canonical === HINTS_AUTO || checkAddresses(canonical) === null
    ? null
    : `${HINTS_AUTO}, or ${FORM}, several separated by commas`;
}

function checkAdvertised(canonical: string): string | null {
  if (canonical === '') return null;
  const address = parseHostPort(canonical);
  if (address === null) return FORM;
  return isEverywhere(address.host) ? NOT_REACHABLE : null;
}

export const ROCKETMQ_ROWS: readonly RocketmqRow[] = [
  {
    name: 'polylog.rocketmq.listeners',
    type: 'list',
    default: '',
    fields: {
      check: checkAddresses,
      doc:
        "Where RocketMQ's clients (5.x, gRPC) are served, as HOST:PORT, several separated by commas; empty: nowhere. " +
        'RocketMQ has them on port 8081. Plain connections and TLS come in on the same port.',
    },
  },
  {
    name: 'polylog.rocketmq.advertised.listener',
    type: 'string',
    default: '',
    fields: {
      check: checkAdvertised,
      doc:
        "The address that RocketMQ's clients are told to connect to, as HOST:PORT. Empty: the one that they have used, " +
        'which is right but where they reach the broker by several. Port 0 stands for the port of the listener.',
    },
  },
  {
    name: 'polylog.rocketmq.name.server.hint.listeners',
    type: 'string',
    default: HINTS_AUTO,
    fields: {
      check: checkHints,
      doc:
        'Where clients that look for a name server, as RocketMQ has it on port 9876, are told to go to ' +
        'polylog.rocketmq.listeners instead, as HOST:PORT, several separated by commas; empty: nowhere. auto: 127.0.0.1:9876 ' +
        'where a listener has the port 8081. An address that is taken is left to whoever has it.',
    },
  },
  {
    name: 'polylog.rocketmq.inflight.bytes',
    type: 'long',
    default: '134217728',
    fields: {
      unit: 'bytes',
      min: 65_536,
      max: 2 ** 40,
      doc:
        "Bytes of requests of RocketMQ's clients that are on their way in or in work, over all connections; above it those that have " +
        'taken longest to arrive are refused, then new ones (TOO_MANY_REQUESTS). One connection has half of it at most, or one request.',
    },
  },
  {
    name: 'polylog.rocketmq.access.keys',
    type: 'password',
    default: null,
    fields: {
      check: (text) => (parseAccessKeys(text) === null ? 'KEY:SECRET, several separated by commas' : null),
      doc:
        "The access keys of RocketMQ's clients with their secrets, as KEY:SECRET, several separated by commas. Each is the user " +
        'of its name to access rules. Where there are any, every call has to be signed with one (MQv2-HMAC-SHA1); without, ' +
        'every client is ANONYMOUS.',
    },
  },
];

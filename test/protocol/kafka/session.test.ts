import { describe, expect, it } from 'vitest';
import { BlockPool } from '../../../src/base/block-pool.ts';
import { MalformedError } from '../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../src/base/byte-writer.ts';
import type { Quota } from '../../../src/metadata/quotas.ts';
import { nodeCrypto } from '../../../src/platform/node/crypto.ts';
import type { AnyApi, RequestContext } from '../../../src/protocol/kafka/api.ts';
import { API_KEY } from '../../../src/protocol/kafka/codec/api-keys.ts';
import type { KafkaContext, KafkaLimits } from '../../../src/protocol/kafka/context.ts';
import { apiVersions } from '../../../src/protocol/kafka/handlers/api-versions.ts';
import { ArrivingRequests, MemoryBudget, UnsentBytes } from '../../../src/protocol/kafka/memory-budget.ts';
import { KafkaSession } from '../../../src/protocol/kafka/session.ts';
import { Traffic } from '../../../src/protocol/kafka/traffic.ts';
import { TURN_LIMITS, type TurnLimits, Turns } from '../../../src/protocol/kafka/turns.ts';
import { ClientQuotas } from '../../../src/quota/client-quotas.ts';
import { OPEN_ACCESS } from '../../../src/security/access.ts';
import { NO_AUDIT_LOG } from '../../../src/security/audit.ts';
import { ANONYMOUS } from '../../../src/security/principal.ts';
import { TestClock } from '../../machine/support/test-clock.ts';
import { TestLogger } from '../../store/support.ts';
import { FakeConnection } from '../../support/fake-connection.ts';
import { API_VERSIONS } from '../../support/kafka-apis.ts';
import { encodeRequest } from '../../support/kafka-client.ts';

/** A request that a test answers when it likes. */
interface Call {
  readonly context: RequestContext;
  readonly body: Buffer;
  readonly respond: (response: Buffer | null) => void;
}

/** An API whose body is all bytes that are left, as is its answer. */
function bytesApi(key: number, handle: (call: Call) => void): AnyApi {
  return {
    key,
    authorization: { open: 'a test' },
    read: (reader) => {
      const body = reader.slice(reader.remaining);
      if (body.equals(Buffer.from('bad'))) throw new MalformedError('bad is not a word', 0);
      return body;
    },
    write: (writer, response) => writer.raw(response as Buffer),
    handle: (context, body, respond) => handle({ context, body: body as Buffer, respond }),
  };
}

const KIB = 1024;
const WINDOWS = { samples: 11, sampleMs: 1000 };
/** What ApiVersions asks metadata for. */
const NO_FEATURES = { supportedFeatures: new Map(), features: { epoch: -1, levels: new Map() } };

function setUp(
  options: {
    limits?: Partial<KafkaLimits>;
    budgetBytes?: number;
    unsentBytes?: number;
    arrivingBytes?: number;
    turns?: TurnLimits;
  } = {},
) {
  const clock = new TestClock();
  const quotas = new ClientQuotas({ windows: WINDOWS, mutationWindows: WINDOWS, measuredMax: 100 });
  const produces: Call[] = [];
  const fetches: Call[] = [];
  const logger = new TestLogger();
  const context: KafkaContext = {
    broker: { metadata: { image: NO_FEATURES }, access: () => OPEN_ACCESS } as never,
    apis: new Map(
      [
        bytesApi(API_KEY.Produce, (call) => produces.push(call)),
        bytesApi(API_KEY.Fetch, (call) => fetches.push(call)),
        apiVersions,
      ].map((api) => [api.key, api]),
    ),
    limits: {
      requestBytesMax: 100 * KIB * KIB,
      connectionInflightBytesMax: 64 * KIB,
      connectionInflightRequestsMax: 100,
      connectionUnsentBytesMax: 64 * KIB,
      ...options.limits,
    },
    blocks: new BlockPool({ freeBytesMax: 0 }),
    answers: new ByteWriter(),
    requestBudget: new MemoryBudget(options.budgetBytes ?? 1 << 30),
    arriving: new ArrivingRequests(options.arrivingBytes ?? 1 << 30),
    unsent: new UnsentBytes(options.unsentBytes ?? 1 << 30),
    fetchSessions: null as never,
    shareSessions: null as never,
    quotas,
    turns: new Turns(clock, options.turns ?? TURN_LIMITS),
    clock,
    traffic: new Traffic(),
    telemetry: null,
    crypto: nodeCrypto,
    settingsProblem: async () => null,
    authentication: { clock: null as never, audit: NO_AUDIT_LOG, failureDelayMs: 0 },
    audit: NO_AUDIT_LOG,
    logger,
  };
  const open = () => {
    const connection = new FakeConnection();
    const reasons: (string | null)[] = [];
    const session = new KafkaSession({
      context,
      connection,
      advertised: { host: 'here', port: 9092 },
      listenerName: 'PLAINTEXT',
      sasl: null,
      principal: ANONYMOUS,
      onClosed: (reason) => reasons.push(reason),
    });
    return { connection, session, reasons };
  };
  return { ...open(), open, context, clock, quotas, produces, fetches, logger };
}

function request(key: number, body: string | Buffer, correlationId = 0, version = 3): Buffer {
  const write = (writer: { raw(bytes: Buffer): void }): void => writer.raw(Buffer.from(body));
  return encodeRequest({ key, write }, body, { version, correlationId });
}
const produce = (body: string | Buffer, correlationId = 0): Buffer =>
  request(API_KEY.Produce, body, correlationId);
const fetch = (body: string | Buffer, correlationId = 0): Buffer =>
  request(API_KEY.Fetch, body, correlationId, 4);
const text = (answers: Buffer[]): string[] =>
  answers.map((answer) => `${answer.readInt32BE(0)} ${answer.subarray(4).toString()}`);
const answerAll = (calls: Call[], bytes = Buffer.from('ok')): void => {
  for (const { respond } of calls.splice(0)) respond(bytes);
};

describe('KafkaSession', () => {
  it('hands over requests as they arrive and answers in their order', () => {
    const { connection, produces } = setUp();
    connection.send(Buffer.concat([produce('a', 1), produce('b', 2), produce('c', 3)]));
    expect(produces.map(({ body }) => body.toString())).toEqual(['a', 'b', 'c']);
    produces[2]!.respond(Buffer.from('C'));
    produces[1]!.respond(Buffer.from('B'));
    expect(connection.answers()).toEqual([]);
    produces[0]!.respond(Buffer.from('A'));
    expect(text(connection.answers())).toEqual(['1 A', '2 B', '3 C']);
  });

  it('tells handlers who asks', () => {
    const { connection, produces } = setUp();
    connection.send(produce('a'));
    const { context } = produces[0]!;
    expect(context.clientId).toBe('test');
    expect(context.clientHost).toBe('192.0.2.7');
    expect(context.apiVersion).toBe(3);
    expect(context.principal).toEqual({ type: 'User', name: 'ANONYMOUS' });
    expect(context.listenerName).toBe('PLAINTEXT');
    expect(context.advertised).toEqual({ host: 'here', port: 9092 });
  });

  it('writes nothing for a request without an answer, and goes on behind it', () => {
    const { connection, produces, session } = setUp();
    connection.send(produce('a', 1), produce('b', 2));
    produces[1]!.respond(Buffer.from('B'));
    produces[0]!.respond(null);
    expect(text(connection.answers())).toEqual(['2 B']);
    expect(session.waiting).toBe(false);
  });

  it('works on one request at a time whose answer may be large, and keeps produces going meanwhile', () => {
    const { connection, produces, fetches } = setUp();
    connection.send(Buffer.concat([fetch('1', 1), produce('2', 2), fetch('3', 3), produce('4', 4)]));
    expect(fetches).toHaveLength(1);
    expect(produces).toHaveLength(1);
    expect(connection.paused).toBe(true);
    produces[0]!.respond(Buffer.from('P'));
    expect(fetches).toHaveLength(1);
    fetches[0]!.respond(Buffer.from('F'));
    expect(text(connection.answers())).toEqual(['1 F', '2 P']);
    expect(fetches).toHaveLength(2);
    expect(produces).toHaveLength(2);
    expect(connection.paused).toBe(false);
    produces[1]!.respond(Buffer.from('P'));
    fetches[1]!.respond(Buffer.from('F'));
    expect(text(connection.answers())).toEqual(['3 F', '4 P']);
  });

  describe('ends the connection with a log line', () => {
    const size = (value: number): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32BE(value, 0);
      return bytes;
    };
    const tls = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]);
    it.each([
      ['a negative size', size(-1), /request size -1 is not between.*is this a Kafka client\?/],
      [
        'a size of 2 GiB',
        size(2 ** 31 - 1),
        /request size 2147483647 is not between.*socket\.request\.max\.bytes/,
      ],
      ['TLS', tls, /looks like TLS on a plaintext listener/],
      ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /is this a Kafka client\?/],
      ['an unknown API key', request(777, ''), /API key 777 is not supported/],
      ['an unknown version', request(API_KEY.Fetch, '', 0, 99), /version 99 of API key 1 is not supported/],
      ['a negative version', request(API_KEY.Fetch, '', 0, -1), /version -1 of API key 1 is not supported/],
      ['a body that is malformed', produce('bad'), /malformed request: bad is not a word/],
      [
        'a request without a header',
        Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.alloc(2)]),
        /malformed request/,
      ],
      ['an empty request', Buffer.alloc(4), /malformed request/],
      [
        'a large request that is no Produce',
        fetch(Buffer.alloc(9 << 20)),
        /only Produce may have more than 8388608/,
      ],
    ])('for %s', (_, bytes, why) => {
      const { connection, logger, produces, fetches, session } = setUp();
      connection.send(bytes);
      expect(connection.destroyed).toBe(true);
      expect(connection.written).toEqual([]);
      expect(produces.length + fetches.length).toBe(0);
      expect(logger.messages('warn')).toEqual([expect.stringMatching(why)]);
      expect(logger.messages('warn')[0]).toContain('192.0.2.7:5000');
      // Nothing that comes later is looked at, and nothing is logged twice.
      connection.send(produce('a'));
      session.close('again');
      expect(produces).toEqual([]);
      expect(logger.lines).toHaveLength(1);
    });

    it('but takes a large Produce', () => {
      const { connection, produces } = setUp();
      connection.send(produce(Buffer.alloc(9 << 20)));
      expect(connection.destroyed).toBe(false);
      expect(produces).toHaveLength(1);
    });
  });

  it('answers a version of ApiVersions that it does not know in version 0, with error 35 (KIP-511)', () => {
    const { connection } = setUp();
    connection.send(request(API_KEY.ApiVersions, '', 5, 77));
    const [answer] = connection.answers();
    expect(answer!.readInt32BE(0)).toBe(5);
    expect(answer!.readInt16BE(4)).toBe(35);
    expect(answer!.readInt32BE(6)).toBe(1);
    expect(answer!.readInt16BE(10)).toBe(API_KEY.ApiVersions);
    connection.send(encodeRequest(API_VERSIONS, API_VERSIONS.defaults(), { version: 0, correlationId: 6 }));
    expect(connection.answers()[0]!.readInt16BE(4)).toBe(0);
  });

  it('stops reading at the bound of requests in work, and goes on below it', () => {
    const { connection, produces } = setUp({ limits: { connectionInflightRequestsMax: 2 } });
    connection.send(Buffer.concat([1, 2, 3, 4].map((id) => produce(String(id), id))));
    expect(produces).toHaveLength(2);
    expect(connection.paused).toBe(true);
    produces.shift()!.respond(Buffer.from('x'));
    expect(produces).toHaveLength(2);
    expect(connection.paused).toBe(true);
    answerAll(produces);
    answerAll(produces);
    expect(connection.paused).toBe(false);
    expect(text(connection.answers())).toEqual(['1 x', '2 ok', '3 ok', '4 ok']);
  });

  it('stops reading at the bound of bytes in work; one request always passes', () => {
    const { connection, produces } = setUp();
    connection.send(Buffer.concat([produce(Buffer.alloc(70 * KIB)), produce('b')]));
    expect(produces).toHaveLength(1);
    expect(connection.paused).toBe(true);
    answerAll(produces);
    expect(produces).toHaveLength(1);
    expect(connection.paused).toBe(false);
  });

  it('makes the requests of a client wait that does not take its answers', () => {
    const { connection, produces } = setUp();
    connection.windowBytes = 0;
    connection.send(produce('a'));
    answerAll(produces, Buffer.alloc(70 * KIB));
    connection.send(produce('b'));
    expect(produces).toHaveLength(0);
    expect(connection.paused).toBe(true);
    connection.takeAll();
    expect(produces).toHaveLength(1);
    expect(connection.paused).toBe(false);
  });

  it('lets a client that leaves much untaken wait earlier when all together leave too much', () => {
    const { connection, produces, context, open } = setUp({
      limits: { connectionUnsentBytesMax: 10 << 20 },
      unsentBytes: 1 << 20,
    });
    const other = open();
    other.connection.windowBytes = 0;
    other.connection.send(produce('a'));
    answerAll(produces, Buffer.alloc(2 << 20));
    expect(context.unsent.exhausted).toBe(true);
    other.connection.send(produce('b'));
    expect(produces).toHaveLength(0);
    // Who takes its answers does not notice.
    connection.send(produce('c'));
    answerAll(produces);
    expect(text(connection.answers())).toEqual(['0 ok']);
    other.connection.takeAll();
    expect(context.unsent.exhausted).toBe(false);
    expect(produces.map(({ body }) => body.toString())).toEqual(['b']);
  });

  it('shares one bound of requests in work with all sessions, and goes on in the order of asking', () => {
    const { connection, produces, open, context } = setUp({ budgetBytes: 1000 });
    const second = open();
    const third = open();
    connection.send(produce(Buffer.alloc(2000, 'a')));
    second.connection.send(produce('b'));
    third.connection.send(produce('c'));
    expect(produces).toHaveLength(1);
    expect(second.connection.paused).toBe(true);
    answerAll(produces);
    expect(produces.map(({ body }) => body.toString())).toEqual(['b', 'c']);
    expect(second.connection.paused).toBe(false);
    answerAll(produces);
    expect(context.requestBudget.usedBytes).toBe(0);
  });

  it('gives back what it holds when the client goes, and tells those who wait', () => {
    const { connection, produces, open, context, reasons } = setUp({ budgetBytes: 1000 });
    const second = open();
    connection.send(produce(Buffer.alloc(2000)));
    let gone = 0;
    produces[0]!.context.whenGone(() => gone++);
    second.connection.send(produce('b'));
    connection.hangUp('reset');
    expect(reasons).toEqual(['reset']);
    expect(gone).toBe(1);
    expect(produces).toHaveLength(2);
    // An answer that comes too late goes nowhere.
    produces[0]!.respond(Buffer.from('late'));
    expect(connection.written).toEqual([]);
    produces[1]!.respond(Buffer.from('ok'));
    expect(context.requestBudget.usedBytes).toBe(0);
  });

  it('closes the connection that holds most of too many unfinished requests', () => {
    const { connection, open, logger, produces } = setUp({ arrivingBytes: 5 << 20 });
    const large = open();
    const small = open();
    const part = (bytes: number): Buffer => produce(Buffer.alloc(8 << 20)).subarray(0, bytes);
    large.connection.send(part(2 << 20));
    connection.send(part(1 << 20));
    expect(logger.lines).toEqual([]);
    small.connection.send(part(1.5 * (1 << 20)));
    expect(large.connection.destroyed).toBe(true);
    expect(connection.destroyed || small.connection.destroyed).toBe(false);
    expect(logger.messages('warn')).toEqual([
      expect.stringMatching(/unfinished requests of all connections hold/),
    ]);
    // The others can finish.
    connection.send(produce(Buffer.alloc(8 << 20)).subarray(1 << 20));
    expect(produces).toHaveLength(1);
  });

  it('ends after the answers that are due, and takes no more requests', () => {
    const { connection, session, produces } = setUp();
    connection.send(produce('a', 1));
    session.end();
    expect(connection.ended).toBe(false);
    connection.send(produce('b', 2));
    expect(produces).toHaveLength(1);
    answerAll(produces);
    expect(text(connection.answers())).toEqual(['1 ok']);
    expect(connection.ended).toBe(true);
  });

  it('ends at once when nothing is due', () => {
    const { connection, session } = setUp();
    session.end();
    expect(connection.ended).toBe(true);
  });

  it('shows activity when bytes came or were taken', () => {
    const { connection, session, produces } = setUp();
    const before = session.activity;
    connection.send(produce('a'));
    const received = session.activity;
    expect(received).not.toBe(before);
    expect(session.waiting).toBe(true);
    connection.windowBytes = 0;
    answerAll(produces);
    expect(session.activity).toBe(received);
    connection.takeAll();
    expect(session.activity).not.toBe(received);
  });

  it('survives any number of pipelined requests that are answered at once', () => {
    const { connection, clock } = setUp();
    const one = encodeRequest(API_VERSIONS, API_VERSIONS.defaults(), { version: 0 });
    connection.send(Buffer.concat(Array<Buffer>(20_000).fill(one)));
    clock.advance(0);
    expect(connection.answers()).toHaveLength(20_000);
  });

  describe('takes turns', () => {
    const many = (count: number, bytes = 10): Buffer =>
      Buffer.concat(Array.from({ length: count }, (_, i) => produce(Buffer.alloc(bytes), i)));
    const turns: TurnLimits = { ...TURN_LIMITS, sliceRequests: 3, sliceBytes: 1000 };

    it('with nobody where it has no more than a slice to do', () => {
      const { connection, produces, clock } = setUp({ turns });
      connection.send(many(3));
      expect(produces).toHaveLength(3);
      expect(clock.timerCount).toBe(0);
      expect(connection.paused).toBe(false);
    });

    it('when it has more: others are handled in between', () => {
      const { connection, produces, clock, open } = setUp({ turns });
      connection.send(many(7));
      expect(produces).toHaveLength(3);
      expect(connection.paused).toBe(true);
      const other = open();
      other.connection.send(many(1));
      expect(produces).toHaveLength(4);
      clock.advance(0);
      expect(produces).toHaveLength(8);
      expect(connection.paused).toBe(false);
    });

    it('in the order of asking, one slice each', () => {
      const { produces, clock, open } = setUp({ turns });
      const names = ['a', 'b', 'c'];
      for (const name of names) {
        open().connection.send(Buffer.concat(Array.from({ length: 9 }, () => produce(name))));
      }
      clock.advance(0);
      const order = produces.map(({ body }) => body.toString()).join('');
      expect(order).toBe('aaabbbccc'.repeat(3));
    });

    it('after as many bytes as a slice has', () => {
      const { connection, produces } = setUp({ turns });
      connection.send(many(5, 600));
      expect(produces).toHaveLength(2);
    });

    it('after as much time as a slice has, and works on no longer than a turn has', () => {
      const { produces, clock, open, context } = setUp({ turns: { ...turns, sliceRequests: 1000 } });
      const slow = new Map(context.apis);
      let handled = 0;
      slow.set(API_KEY.Produce, {
        ...bytesApi(API_KEY.Produce, () => {
          handled++;
          clock.advance(1);
        }),
      });
      (context as { apis: KafkaContext['apis'] }).apis = slow;
      const connections = [open(), open(), open()];
      for (const { connection } of connections) connection.send(many(2));
      expect(produces).toHaveLength(0);
      expect(handled).toBeLessThan(6);
      clock.advance(0);
      expect(handled).toBe(6);
    });

    it('without what arrives meanwhile being handled', () => {
      const { connection, produces, clock } = setUp({ turns });
      connection.send(many(4));
      connection.send(many(1));
      expect(produces).toHaveLength(3);
      clock.advance(0);
      expect(produces).toHaveLength(5);
    });

    it('and has less in work while it shares the broker with others', () => {
      const shared: TurnLimits = { ...TURN_LIMITS, sharedInflightBytes: 1000, sharedMs: 100 };
      const { connection, produces, clock, open } = setUp({ turns: shared });
      const large = (): Buffer => produce(Buffer.alloc(600));
      connection.send(Buffer.concat([large(), large(), large(), large()]));
      expect(produces).toHaveLength(4);
      answerAll(produces);
      open().connection.send(produce('small'));
      connection.send(Buffer.concat([large(), large(), large(), large()]));
      expect(produces).toHaveLength(3);
      expect(connection.paused).toBe(true);
      answerAll(produces);
      expect(produces).toHaveLength(2);
      answerAll(produces);
      // The other one has been quiet for long enough.
      connection.send(large());
      clock.advance(100);
      connection.send(Buffer.concat([large(), large(), large()]));
      expect(produces).toHaveLength(4);
    });

    it('no more when it is closed', () => {
      const { connection, produces, clock, session } = setUp({ turns });
      connection.send(many(7));
      session.destroy();
      clock.advance(0);
      expect(produces).toHaveLength(3);
    });
  });

  describe('of a client above its quota', () => {
    const quota = (values: Record<string, number>): Quota => ({
      entity: { clientId: 'test' },
      values: new Map(Object.entries(values)) as Quota['values'],
    });

    it('answers, and then does not read for as long as it says', () => {
      const { connection, produces, clock, quotas, session } = setUp();
      quotas.load([quota({ producer_byte_rate: 100 })]);
      connection.send(produce(Buffer.alloc(2000), 1));
      answerAll(produces);
      expect(connection.answers()).toHaveLength(1);
      expect(connection.paused).toBe(true);
      expect(session.waiting).toBe(true);
      connection.send(produce('next', 2));
      clock.advance(9_000);
      expect(produces).toHaveLength(0);
      clock.advance(2_000);
      expect(produces).toHaveLength(1);
      expect(connection.paused).toBe(false);
    });

    it('pauses also when a produce has no answer', () => {
      const { connection, produces, clock, quotas } = setUp();
      quotas.load([quota({ producer_byte_rate: 100 })]);
      connection.send(produce(Buffer.alloc(2000)));
      produces[0]!.respond(null);
      expect(connection.paused).toBe(true);
      clock.advance(60_000);
      expect(connection.paused).toBe(false);
    });

    it('charges the time of the handler, for a second at most', () => {
      const { connection, fetches, clock, quotas, context } = setUp();
      quotas.load([quota({ request_percentage: 1 })]);
      (context as { apis: KafkaContext['apis'] }).apis = new Map([
        [
          API_KEY.Fetch,
          bytesApi(API_KEY.Fetch, (call) => {
            clock.advance(500);
            fetches.push(call);
          }),
        ],
      ]);
      connection.send(fetch('a'));
      // What it waits for costs it nothing.
      clock.advance(5_000);
      answerAll(fetches);
      expect(connection.paused).toBe(true);
      clock.advance(999);
      expect(connection.paused).toBe(true);
      clock.advance(1);
      expect(connection.paused).toBe(false);
    });

    it('says the time in an answer that has room for it', () => {
      const { connection, clock, quotas, context } = setUp();
      quotas.load([quota({ request_percentage: 0.001 })]);
      (context as { apis: KafkaContext['apis'] }).apis = new Map([
        [
          API_KEY.ApiVersions,
          {
            ...apiVersions,
            handle: (...args: Parameters<typeof apiVersions.handle>) => {
              clock.advance(10);
              apiVersions.handle(...args);
            },
          },
        ],
      ]);
      connection.send(encodeRequest(API_VERSIONS, API_VERSIONS.defaults(), { version: 2 }));
      const [answer] = connection.answers();
      expect(answer!.readInt32BE(answer!.length - 4)).toBe(1000);
      expect(clock.timerCount).toBe(1);
    });

    it('forgets the pause with the connection', () => {
      const { connection, produces, clock, quotas } = setUp();
      quotas.load([quota({ producer_byte_rate: 100 })]);
      connection.send(produce(Buffer.alloc(2000)));
      answerAll(produces);
      expect(clock.timerCount).toBe(1);
      connection.hangUp();
      expect(clock.timerCount).toBe(0);
    });
  });
});

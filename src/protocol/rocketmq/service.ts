/**
 * RocketMQ's service: takes calls from a carrier, finds out who calls, hands them to their handler, and counts.
 *
 * A call whose bytes can't be read fails with INVALID_ARGUMENT; everything else is answered with a status in the reply.
 */
import { MalformedError } from '../../base/byte-reader.ts';
import type { Broker } from '../../broker/broker.ts';
import type { Platform } from '../../platform/ports.ts';
import type { AuditLog } from '../../security/audit.ts';
import { ANONYMOUS, type Principal, userPrincipal } from '../../security/principal.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { LISTENER_NAME } from './authorize.ts';
import { CALL_FAILURES, type Caller, type OpenCall, type Replies } from './carrier.ts';
import { CheckBacks } from './check-backs.ts';
import { Clients } from './clients.ts';
import { CODE } from './codec/generated/messages.ts';
import { WireReader, WireWriter } from './codec/wire.ts';
import type { RocketmqContext } from './context.ts';
import { rocketmqRpcs } from './handlers/index.ts';
import { ID_CHARACTERS_MAX } from './limits.ts';
import { LiteSubscriptions } from './lite-subscriptions.ts';
import { ReceiptHandles } from './receipt-handle.ts';
import { Rounds } from './rounds.ts';
import type { AnyRpc, Call, Conversation, ReplyStream } from './rpc.ts';
import { checkSignature, SIGNATURE_METHOD } from './signature.ts';
import { Refusal, statusOf } from './status.ts';
import { Subscriptions } from './subscriptions.ts';
import { CallThrottle } from './throttle.ts';

/** What paths begin with. */
export const SERVICE_NAME = 'apache.rocketmq.v2.MessagingService';

const NOTHING_MORE: OpenCall = {
  message: () => undefined,
  ended: () => undefined,
  refused: () => undefined,
  gone: () => undefined,
};

export class RocketmqService {
  readonly #context: RocketmqContext;
  readonly #counts = new Map<string, number>();

  constructor(options: { readonly broker: Broker; readonly platform: Platform; readonly audit: AuditLog }) {
    const { broker, platform, audit } = options;
    const lite = new LiteSubscriptions(platform.clock);
    this.#context = {
      broker,
      clock: platform.clock,
      crypto: platform.crypto,
      compression: platform.compression,
      audit,
      logger: broker.logLevels.logger('polylog.rocketmq'),
      clients: new Clients(
        platform.clock,
        (consumer) => broker.queues.disconnect(consumer),
        (clientId) => lite.leave(clientId),
      ),
      lite,
      checkBacks: new CheckBacks(broker),
      rounds: new Rounds(),
      subscriptions: new Subscriptions(broker, platform.clock),
      acknowledgements: new Acknowledgements(broker.queues, platform.clock),
      handles: new ReceiptHandles(platform.random.bytes(16)),
      storeHost: `polylog-${broker.settings.nodeId}`,
    };
  }

  /** Names of the RPCs, and whether they have several messages of the client or of the broker. */
  rpcs(): Iterable<AnyRpc> {
    return rocketmqRpcs.values();
  }

  requestCounts(): Iterable<readonly [name: string, count: number]> {
    return this.#counts;
  }

  /** Clients that have said who they are. */
  get clientCount(): number {
    return this.#context.clients.count;
  }

  /** Lite topics to which clients have subscribed, of all together. */
  get liteSubscriptionCount(): number {
    return this.#context.lite.count;
  }

  /** A call of an RPC that `rpcs` has. */
  open(rpc: AnyRpc, caller: Caller, replies: Replies): OpenCall {
    this.#counts.set(rpc.name, (this.#counts.get(rpc.name) ?? 0) + 1);
    const way = new ReplyWay(rpc, replies);
    const call = this.#identify(rpc, caller, way);
    if (call instanceof Refusal) {
      way.refuse(call);
      return NOTHING_MORE;
    }
    this.#context.clients.seen(call.clientId);
    return rpc.kind === 'conversation'
      ? conversationCall(rpc.open(call, way), rpc, way)
      : this.#openSingle(rpc, call, way);
  }

  #openSingle(rpc: SingleRpc, call: Call, way: ReplyWay): OpenCall {
    const { broker, clock } = this.#context;
    // Without quotas nothing is measured.
    if (broker.quotas.active) {
      const { quotaClient: client, patienceMs } = call;
      way.throttle = new CallThrottle({ quotas: broker.quotas, clock, client, rpc: rpc.name, patienceMs });
    }
    return singleCall(rpc, call, way);
  }

  close(): void {
    this.#context.checkBacks.close();
    this.#context.clients.close();
  }

  /** Who has signed the call; where no access keys are set nobody is asked to. */
  #authenticate(rpc: AnyRpc, caller: Caller): Principal | Refusal {
    const { broker, crypto, audit } = this.#context;
    const { accessKeys } = broker.settings.rocketmq;
    if (accessKeys.size === 0) return ANONYMOUS;
    const verdict = checkSignature(caller, accessKeys, crypto);
    const name = verdict.kind === 'valid' ? verdict.accessKey : verdict.claimed;
    const principal = name === null ? null : userPrincipal(name);
    const reason = verdict.kind === 'valid' ? null : verdict.reason;
    // A client is told once, where it begins.
    if (reason !== null || rpc.kind === 'conversation') {
      audit.authentication({
        outcome: reason === null ? 'granted' : 'failed',
        principal,
        method: SIGNATURE_METHOD,
        listenerName: LISTENER_NAME,
        remote: caller.remote,
        again: false,
        reason,
      });
    }
    return reason === null ? principal! : new Refusal(CODE.UNAUTHORIZED, `${UNAUTHORIZED}${reason}.`);
  }

  /** Who calls, or why it can't be served. */
  #identify(rpc: AnyRpc, caller: Caller, way: ReplyWay): Call | Refusal {
    const clientId = caller.header('x-mq-client-id') ?? '';
    if (clientId === '' || clientId.length > ID_CHARACTERS_MAX) {
      const why = `The header x-mq-client-id has to say who calls, in ${ID_CHARACTERS_MAX} characters at most.`;
      return new Refusal(CODE.CLIENT_ID_REQUIRED, why);
    }
    const principal = this.#authenticate(rpc, caller);
    if (principal instanceof Refusal) return principal;
    return {
      rocketmq: this.#context,
      rpc: rpc.name,
      // Nobody passes for another user's client.
      clientId: principal === ANONYMOUS ? clientId : `${principal.name}:${clientId}`,
      namespace: caller.header('x-mq-namespace') ?? '',
      principal,
      quotaClient: { user: principal.name, clientId },
      access: this.#context.broker.access(principal, caller.remoteHost),
      remoteHost: caller.remoteHost,
      advertised: caller.advertised,
      advertisedAlways: caller.advertisedAlways,
      patienceMs: caller.patienceMs,
      whenGone: (run) => {
        way.onGone = run;
      },
    };
  }
}

const UNAUTHORIZED = 'Sign the calls with an access key that the broker knows: ';

/** From a handler to the carrier: says nothing after the end, and nothing to nobody. */
class ReplyWay implements ReplyStream<unknown> {
  readonly #rpc: AnyRpc;
  readonly #replies: Replies;
  #over = false;
  onGone: (() => void) | null = null;
  /** Null: no client has a quota. */
  throttle: CallThrottle | null = null;

  constructor(rpc: AnyRpc, replies: Replies) {
    this.#rpc = rpc;
    this.#replies = replies;
  }

  write(response: unknown): void {
    if (this.#over) return;
    if (this.throttle === null) this.#encode(response);
    else this.throttle.time(() => this.throttle!.replied(this.#encode(response)));
  }

  #encode(response: unknown): number {
    const writer = new WireWriter();
    this.#rpc.write(writer, response);
    const bytes = writer.finish();
    this.#replies.write(bytes);
    return bytes.length;
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#replies.end();
  }

  /** Answers the call with that. */
  refuse(refusal: Refusal): void {
    this.write(this.#rpc.refuse(statusOf(refusal)));
    this.end();
  }

  fail(status: number, message: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#replies.fail(status, message);
  }

  gone(): void {
    this.#over = true;
    this.onGone?.();
    this.onGone = null;
  }
}

/** The request, or null where it can't be read: then the call has failed. */
function read(rpc: AnyRpc, bytes: Buffer, way: ReplyWay): { readonly request: unknown } | null {
  try {
    return { request: rpc.read(new WireReader(bytes)) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    way.fail(CALL_FAILURES.invalidArgument, `The request of ${rpc.name} can't be read: ${error.message}.`);
    return null;
  }
}

type SingleRpc = Exclude<AnyRpc, { kind: 'conversation' }>;

function serve(
  rpc: SingleRpc,
  call: Call,
  { bytes, way }: { readonly bytes: Buffer; readonly way: ReplyWay },
): void {
  const got = read(rpc, bytes, way);
  if (got === null) return;
  if (rpc.kind === 'streaming') return rpc.handle(call, got.request, way);
  rpc.handle(call, got.request, (response: unknown) => {
    way.write(response);
    way.end();
  });
}

/**
 * Makes a call wait that is above a quota: `way.onGone` ends that. The bytes of one that will be refused are not kept, as a closure
 * would keep them.
 */
function hold(
  rpc: SingleRpc,
  call: Call,
  { bytes, way }: { readonly bytes: Buffer; readonly way: ReplyWay },
): void {
  const throttle = way.throttle!;
  const { waitMs, refusal } = throttle.ask(bytes.length);
  const later = { ...call, patienceMs: call.patienceMs - waitMs };
  const run = refusal === null ? serve.bind(null, rpc, later, { bytes, way }) : way.refuse.bind(way, refusal);
  if (waitMs === 0) return throttle.time(run);
  const timer = call.rocketmq.clock.setTimer(waitMs, () => throttle.time(run));
  way.onGone = () => timer.cancel();
}

function singleCall(rpc: SingleRpc, call: Call, way: ReplyWay): OpenCall {
  let isAnswered = false;
  return {
    message(bytes) {
      if (isAnswered) return;
      isAnswered = true;
      if (way.throttle === null) serve(rpc, call, { bytes, way });
      else hold(rpc, call, { bytes, way });
    },
    ended() {
      if (!isAnswered) way.fail(CALL_FAILURES.invalidArgument, `${rpc.name} was called without a request.`);
    },
    refused(why) {
      if (isAnswered) return;
      isAnswered = true;
      way.refuse(new Refusal(CODE.TOO_MANY_REQUESTS, why));
    },
    gone: () => way.gone(),
  };
}

function conversationCall(talk: Conversation<unknown>, rpc: AnyRpc, way: ReplyWay): OpenCall {
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    talk.over();
  };
  return {
    message(bytes) {
      if (isOver) return;
      const got = read(rpc, bytes, way);
      if (got === null) over();
      else talk.message(got.request);
    },
    ended: over,
    refused(why) {
      over();
      way.fail(CALL_FAILURES.resourceExhausted, why);
    },
    gone() {
      over();
      way.gone();
    },
  };
}

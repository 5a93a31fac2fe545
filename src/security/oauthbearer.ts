/**
 * OAUTHBEARER (RFC 7628), the server's side: the client shows a signed token (a JWT), which its issuer gave it.
 *
 *   client  n,a=USER,^Aauth=Bearer TOKEN^ANAME=VALUE^A…^A      ^A: byte 1; authorisation id and pairs may be missing
 *   server  nothing, or {"status":"invalid_token"}, after which the client sends ^A and the exchange has failed
 */
import type { TokenVerifier } from '../platform/ports.ts';
import { failed, NO_TOKEN, type SaslExchange, type SaslStep } from './sasl.ts';

const SEPARATOR = '\x01';
const HEADER = /^(?:n|y|(p=[^,]*)),(?:a=([^,]*))?,$/;
/** A name and printable characters. */
const PAIR = /^[A-Za-z]+=[\x20-\x7e\t\r\n]*$/;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const INVALID_TOKEN = Buffer.from('{"status":"invalid_token"}');

interface FirstMessage {
  readonly authorized: string;
  readonly token: string;
}

function readFirst(bytes: Buffer): FirstMessage | string {
  const [head = '', ...rest] = bytes.toString('utf8').split(SEPARATOR);
  const header = HEADER.exec(head);
  // Each pair ends with a separator, and one more ends all.
  const pairs = rest.slice(0, -2);
  const isWhole =
    rest.length >= 2 && rest.slice(-2).join('') === '' && pairs.every((pair) => PAIR.test(pair));
  if (header === null || !isWhole) return "the message of OAUTHBEARER can't be read";
  const [, binding, authorized = ''] = header;
  if (binding !== undefined) return 'it asks for channel binding, which is not served';
  const auth = pairs.filter((pair) => pair.startsWith('auth='));
  if (auth.length !== 1) return 'the message must have one token, as auth=Bearer TOKEN';
  const token = BEARER.exec(auth[0]!.slice('auth='.length))?.[1];
  return token === undefined ? 'it shows no bearer token' : { authorized, token };
}

/** `=2C` and `=3D` as in SCRAM. */
function unescapeName(text: string): string {
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

export function oauthBearerExchange(verifier: TokenVerifier): SaslExchange {
  let refusal: SaslStep | null = null;
  const refuse = (user: string | null, reason: string): SaslStep => {
    refusal = failed(user, reason);
    return { kind: 'challenge', token: INVALID_TOKEN };
  };
  return {
    step(bytes, next) {
      if (refusal !== null) return next(refusal);
      const first = readFirst(bytes);
      if (typeof first === 'string') return next(failed(null, first));
      verifier.verify(first.token, (verdict) => {
        if (verdict.kind === 'invalid') return next(refuse(null, verdict.reason));
        const { subject, expiresAtMs } = verdict;
        if (first.authorized !== '' && unescapeName(first.authorized) !== subject) {
          return next(refuse(subject, 'it wants to act as another user than that of its token'));
        }
        next({ kind: 'granted', user: subject, token: NO_TOKEN, expiresAtMs });
      });
    },
  };
}

/**
 * Who signs a call: `authorization: MQv2-HMAC-SHA1 Credential=KEY, SignedHeaders=x-mq-date-time, Signature=HEX`, where the signature
 * is the HMAC-SHA1 of the header x-mq-date-time under the secret of the access key. What is signed says nothing of the call: who can
 * read it can send it again, so that only TLS keeps it to oneself.
 */
import type { Crypto } from '../../platform/ports.ts';
import type { Caller } from './carrier.ts';

/** As the audit log tells it. */
export const SIGNATURE_METHOD = 'MQv2-HMAC-SHA1';

const AUTHORIZATION =
  /^MQv2-HMAC-SHA1\s+Credential=([^,\s/]+)[^,\s]*\s*,\s*SignedHeaders=x-mq-date-time\s*,\s*Signature=([0-9A-Fa-f]{40})$/;

/** The access key that has signed, or why nobody has. `claimed`: whom the caller says to be. */
export type SignatureVerdict =
  | { readonly kind: 'valid'; readonly accessKey: string }
  | { readonly kind: 'invalid'; readonly claimed: string | null; readonly reason: string };

export function checkSignature(
  caller: Pick<Caller, 'header'>,
  secrets: ReadonlyMap<string, string>,
  crypto: Crypto,
): SignatureVerdict {
  const text = caller.header('authorization');
  if (text === null) return invalid(null, 'the call is not signed');
  const match = AUTHORIZATION.exec(text);
  if (match === null) return invalid(null, 'the header authorization has another form than MQv2-HMAC-SHA1');
  const [, accessKey, signature] = match as unknown as readonly [string, string, string];
  const signed = caller.header('x-mq-date-time');
  if (signed === null) return invalid(accessKey, 'what was signed (x-mq-date-time) is missing');
  const secret = secrets.get(accessKey);
  const expected = crypto.hmac('sha1', Buffer.from(secret ?? ''), Buffer.from(signed));
  const isRight = crypto.equal(expected, Buffer.from(signature, 'hex'));
  // One sentence for both: nobody learns which access keys there are.
  if (secret === undefined || !isRight) return invalid(accessKey, 'the access key or its signature is wrong');
  return { kind: 'valid', accessKey };
}

function invalid(claimed: string | null, reason: string): SignatureVerdict {
  return { kind: 'invalid', claimed, reason };
}

/**
 * A certificate that a server makes for itself, for clients that encrypt and ask for no authority: X.509 version 3 (RFC 5280)
 * with a P-256 key, signed with that. Written in DER by hand, as it is one fixed form; a library for it would bring a dozen.
 *
 *   Certificate = SEQUENCE { TBSCertificate, signature algorithm, signature }
 *   TBSCertificate = SEQUENCE { [0] version 2, serial, signature algorithm, issuer, validity, subject, public key,
 *                               [3] extensions: subject alternative names, not an authority }
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { canonicalAddress } from '../../base/ip-address.ts';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const BOOLEAN = 0x01;
/** [0] and [3] around what they hold, and names and addresses in a list of alternatives. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

// Object identifiers, without their head.
const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');

const SERIAL_BYTES = 16;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of clients may be behind. */
const BACKDATED_MS = DAY_MS;
const VALID_MS = 3650 * DAY_MS;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(GENERALIZED_TIME, Buffer.from(text));
}

function name(commonName: string): Buffer {
  const attribute = der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), der(UTF8_STRING, Buffer.from(commonName)));
  return der(SEQUENCE, der(SET, attribute));
}

/** One bit string of whole bytes. */
function bits(bytes: Uint8Array): Buffer {
  return der(BIT_STRING, Buffer.of(0), bytes);
}

function alternative(host: string): Buffer {
  const address = isIP(host) === 0 ? null : addressBytes(host);
  return address === null ? der(DNS_NAME, Buffer.from(host, 'latin1')) : der(IP_ADDRESS, address);
}

function addressBytes(host: string): Buffer | null {
  const address = canonicalAddress(host);
  if (address === null) return null;
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [before = '', after] = address.split('::');
  const groups = (text: string | undefined): number[] =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [];
  const [front, back] = [groups(before), groups(after)];
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function extensions(hosts: readonly string[]): Buffer {
  const isNoAuthority = der(
    SEQUENCE,
    der(OBJECT_ID, BASIC_CONSTRAINTS),
    der(BOOLEAN, Buffer.of(0xff)),
    der(OCTET_STRING, der(SEQUENCE)),
  );
  const names = der(SEQUENCE, ...hosts.map(alternative));
  const alternatives = der(SEQUENCE, der(OBJECT_ID, SUBJECT_ALT_NAME), der(OCTET_STRING, names));
  return der(EXTENSIONS, der(SEQUENCE, isNoAuthority, alternatives));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** A new key and a certificate for these names and addresses, valid for ten years from `nowMs` on; both in PEM. */
export function makeSelfSigned(options: {
  readonly commonName: string;
  readonly hosts: readonly string[];
  readonly nowMs: number;
}): { readonly key: string; readonly certificate: string } {
  const { commonName, hosts, nowMs } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, der(OBJECT_ID, ECDSA_WITH_SHA256));
  const serial = randomBytes(SERIAL_BYTES);
  // Positive, and with no byte too many.
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const subject = name(commonName);
  const content = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.of(2))),
    der(INTEGER, serial),
    algorithm,
    subject,
    der(SEQUENCE, time(nowMs - BACKDATED_MS), time(nowMs + VALID_MS)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(hosts),
  );
  const signature = sign('sha256', content, privateKey);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pem('CERTIFICATE', der(SEQUENCE, content, algorithm, bits(signature))),
  };
}

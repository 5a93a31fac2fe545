// Usage: node tokens.mjs FOLDER   a key pair: its public half as jwks.json, and tokens that it has signed: token.jwt of user
// dave, good for an hour; stale.jwt, whose time is over; foreign.jwt, which another key has signed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const folder = process.argv[2];
const write = (name, text) => writeFileSync(join(folder, name), text);
const [ours, foreign] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
const nowS = Math.floor(Date.now() / 1000);

const token = ({ privateKey }, expiresS) =>
  new SignJWT({ scope: 'all' })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setSubject('dave')
    .setIssuer('https://issuer.example')
    .setAudience('polylog')
    .setIssuedAt(nowS - 7200)
    .setExpirationTime(expiresS)
    .sign(privateKey);

write(
  'jwks.json',
  JSON.stringify({ keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'one', alg: 'RS256' }] }),
);
write('token.jwt', await token(ours, nowS + 3600));
write('stale.jwt', await token(ours, nowS - 3600));
write('foreign.jwt', await token(foreign, nowS + 3600));

/** SaslHandshake and SaslAuthenticate (keys 17 and 36): the frames of what ../authentication.ts does. KIP-43, KIP-152. */
import { defineApi } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  readSaslAuthenticateRequest,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
  writeSaslAuthenticateResponse,
} from '../codec/generated/sasl-authenticate.ts';
import {
  readSaslHandshakeRequest,
  type SaslHandshakeRequest,
  type SaslHandshakeResponse,
  writeSaslHandshakeResponse,
} from '../codec/generated/sasl-handshake.ts';

export const saslHandshake = defineApi({
  key: API_KEY.SaslHandshake,
  authorization: { open: 'clients show with it who they are' },
  read: readSaslHandshakeRequest,
  write: writeSaslHandshakeResponse,
  handle(context, request: SaslHandshakeRequest, respond: (response: SaslHandshakeResponse) => void) {
    const { errorCode, mechanisms } = context.authentication.handshake(request.mechanism, context.apiVersion);
    respond({ errorCode, mechanisms: [...mechanisms] });
  },
});

export const saslAuthenticate = defineApi({
  key: API_KEY.SaslAuthenticate,
  authorization: { open: 'clients show with it who they are' },
  read: readSaslAuthenticateRequest,
  write: writeSaslAuthenticateResponse,
  handle(context, request: SaslAuthenticateRequest, respond: (response: SaslAuthenticateResponse) => void) {
    context.authentication.authenticate(request.authBytes, ({ token, ...answer }) =>
      respond({ ...answer, authBytes: token }),
    );
  },
});

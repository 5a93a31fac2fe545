/** How clients of each listener are let in, made from the settings: SASL mechanisms, TLS, the names in certificates. */
import type { Broker } from '../broker/broker.ts';
import type { ListenerSettings, SaslSettings } from '../metadata/listener-settings.ts';
import { mapPrincipal, parsePrincipalRules } from '../metadata/principal-rules.ts';
import type { ScramMechanism } from '../metadata/users.ts';
import type { Platform } from '../platform/ports.ts';
import type { SaslAdmission } from '../protocol/kafka/authentication.ts';
import { PasswordChecker } from '../security/password.ts';
import { ANONYMOUS, type Principal, userPrincipal } from '../security/principal.ts';
import { SaslServer } from '../security/sasl-server.ts';
import type { ScramUsers } from '../security/scram.ts';

export class Admission {
  readonly #platform: Platform;
  readonly #users: ScramUsers;
  readonly #checker: PasswordChecker;

  constructor({ broker, platform }: { readonly broker: Broker; readonly platform: Platform }) {
    this.#platform = platform;
    this.#users = usersOf(broker);
    this.#checker = new PasswordChecker({ users: this.#users, crypto: platform.crypto });
  }

  sasl(settings: SaslSettings): SaslAdmission {
    const { crypto, random, tokens } = this.#platform;
    const { mechanisms, plainUsers, oauth, receiveBytesMax, reauthMsMax } = settings;
    const verifier = oauth === null ? null : tokens.verifier(oauth);
    const server = new SaslServer({
      mechanisms,
      plainUsers,
      users: this.#users,
      checker: this.#checker,
      verifier,
      crypto,
      random,
    });
    return { server, receiveBytesMax, reauthMsMax };
  }
}

function usersOf({ metadata: { image } }: Broker): ScramUsers {
  return {
    credential: (user, mechanism) => image.userCredentials(user)?.get(mechanism),
    usualIterations: (mechanism: ScramMechanism) => {
      for (const [, credentials] of image.users()) {
        const credential = credentials.get(mechanism);
        if (credential !== undefined) return credential.iterations;
      }
      return undefined;
    },
    get decoySecret() {
      return image.decoySecret;
    },
  };
}

/** Who the client of a listener is before SASL says more, by the name in its certificate; null: it is not let in. */
export function principalsOf({
  security,
  tls,
}: ListenerSettings): (peerName: string | null) => Principal | null {
  if (security !== 'SSL' || tls === null) return () => ANONYMOUS;
  const rules = parsePrincipalRules(tls.principalRules) ?? [];
  return (peerName) => {
    if (peerName === null) return ANONYMOUS;
    const name = mapPrincipal(rules, peerName);
    return name === null || name === '' ? null : userPrincipal(name);
  };
}

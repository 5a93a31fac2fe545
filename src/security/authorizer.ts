/**
 * Decides by rules who may do what, as Kafka's StandardAuthorizer does:
 *
 * - Super users may do everything.
 * - A rule speaks of a client where its principal is the client's or `User:*`, and its host the client's or `*`. A rule
 *   about `User:*` binds clients that have not logged in too. However an address is written, it is the same host.
 * - A rule that denies wins over all that allow, whatever the patterns.
 * - To be allowed READ, WRITE, DELETE or ALTER is to be allowed DESCRIBE; ALTER_CONFIGS includes DESCRIBE_CONFIGS. What is
 *   denied includes nothing.
 * - Where no rule at all speaks of a resource, for whomever, `allow.everyone.if.no.acl.found` decides.
 *
 * Decisions are kept for each principal at a host, in maps from the resource's name to bits, and forgotten when a rule
 * changes or when they are many. A client that asks about ever new names makes only its own forgotten.
 */
import { canonicalAddress } from '../base/ip-address.ts';
import { type Acl, ANY_RESOURCE } from '../metadata/acl.ts';
import type { AclOperation, AclResourceType } from '../metadata/acl-numbers.ts';
import { type Access, OPERATIONS_OF } from './access.ts';
import { AclIndex } from './acl-index.ts';
import { formatPrincipal, type Principal } from './principal.ts';

export interface AuthorizerOptions {
  /** As TYPE:NAME. */
  readonly superUsers: ReadonlySet<string>;
  /** allow.everyone.if.no.acl.found */
  readonly allowIfNoAcl: boolean;
}

type Included = Readonly<Partial<Record<AclOperation, ReadonlySet<AclOperation>>>>;

/** To be allowed one of these is to be allowed the operation. */
const INCLUDED_IN: Included = {
  describe: new Set(['read', 'write', 'delete', 'alter']),
  'describe-configs': new Set(['alter-configs']),
};

const EVERYBODY = 'User:*';
const ANY_HOST = '*';
const NO_RULES: readonly Acl[] = [];
/** Clients, as principals at hosts, whose decisions are kept. */
const CLIENTS_MAX = 10_000;
/** Names about which decisions are kept, over all clients and of one; some 100 bytes each. */
const NAMES_MAX = 200_000;
const CLIENT_NAMES_MAX = 10_000;
/** Decisions about longer names are not kept: topics have none, and what has costs memory. */
const NAME_LENGTH_MAX = 249;
/** A name that no rule but one for all names can speak of. */
const NAMELESS = '';

export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #index = new AclIndex();
  readonly #clients = new Map<string, ClientAccess>();
  #version = 1;
  #age = 1;
  #names = 0;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** Rises whenever decisions may have changed. */
  get version(): number {
    return this.#version;
  }

  /** Rises whenever kept decisions are to be forgotten, because of a change or because they are many. */
  get age(): number {
    return this.#age;
  }

  add(acl: Acl): void {
    this.#index.add(acl);
    this.#version++;
    this.#forget();
  }

  remove(acl: Acl): void {
    this.#index.remove(acl);
    this.#version++;
    this.#forget();
  }

  /** What a principal may do from an address. The same object for the same client, as long as that is remembered. */
  access(principal: Principal, host: string): Access {
    const name = formatPrincipal(principal);
    const key = `${host} ${name}`;
    let access = this.#clients.get(key);
    if (access === undefined) {
      if (this.#clients.size >= CLIENTS_MAX) this.#clients.clear();
      access = new ClientAccess(this, name, canonicalAddress(host) ?? host);
      this.#clients.set(key, access);
    }
    return access;
  }

  /** Counts names that clients keep decisions about. When they are too many, all are forgotten. */
  count(names: number): void {
    this.#names += names;
    if (this.#names > NAMES_MAX) this.#forget();
  }

  decide(client: Client, operation: AclOperation, resource: Resource): boolean {
    if (this.#options.superUsers.has(client.principal)) return true;
    let found = false;
    let allowed = false;
    for (const byPrincipal of this.#index.of(resource.type, resource.name)) {
      found = true;
      for (const principal of [client.principal, EVERYBODY]) {
        for (const rule of byPrincipal.get(principal)?.values() ?? NO_RULES) {
          if (rule.host !== client.host && rule.host !== ANY_HOST) continue;
          if (rule.permission === 'deny') {
            if (rule.operation === 'all' || rule.operation === operation) return false;
          } else if (!allowed) {
            allowed = grants(rule, operation);
          }
        }
      }
    }
    return allowed || (!found && this.#options.allowIfNoAcl);
  }

  /**
   * Whether some resource of the type may be one with which the client may do `operation`: a rule allows it, and none
   * that denies covers all that the rule names.
   */
  decideAny(client: Client, operation: AclOperation, type: AclResourceType): boolean {
    if (this.decide(client, operation, { type, name: NAMELESS })) return true;
    const allowed: Acl[] = [];
    const denied = { literal: new Set<string>(), prefixed: new Set<string>() };
    for (const principal of [client.principal, EVERYBODY]) {
      for (const rule of this.#index.ofType(type, principal)) {
        if (rule.host !== client.host && rule.host !== ANY_HOST) continue;
        if (rule.operation !== operation && rule.operation !== 'all') continue;
        if (rule.permission === 'allow') allowed.push(rule);
        else denied[rule.patternType].add(rule.resourceName);
      }
    }
    if (denied.literal.has(ANY_RESOURCE)) return false;
    return allowed.some(({ patternType, resourceName }) => {
      if (patternType === 'literal' && denied.literal.has(resourceName)) return false;
      for (let length = 1; length <= resourceName.length; length++) {
        if (denied.prefixed.has(resourceName.slice(0, length))) return false;
      }
      return true;
    });
  }

  #forget(): void {
    this.#age++;
    this.#names = 0;
  }
}

interface Client {
  /** As TYPE:NAME. */
  readonly principal: string;
  readonly host: string;
}

interface Resource {
  readonly type: AclResourceType;
  readonly name: string;
}

function grants(rule: Acl, operation: AclOperation): boolean {
  if (rule.operation === operation || rule.operation === 'all') return true;
  return INCLUDED_IN[operation]?.has(rule.operation) === true;
}

/** One bit of 15 for each operation. */
const BITS: Readonly<Record<AclOperation, number>> = {
  all: 1 << 0,
  read: 1 << 1,
  write: 1 << 2,
  create: 1 << 3,
  delete: 1 << 4,
  alter: 1 << 5,
  describe: 1 << 6,
  'cluster-action': 1 << 7,
  'describe-configs': 1 << 8,
  'alter-configs': 1 << 9,
  'idempotent-write': 1 << 10,
  'create-tokens': 1 << 11,
  'describe-tokens': 1 << 12,
  'two-phase-commit': 1 << 13,
};
/** How far to the left of the bit that says that a decision is known lies the one that says what it is. */
const ALLOWED_SHIFT = 15;

type Decisions = Readonly<Record<AclResourceType, Map<string, number>>>;

function noDecisions(): Decisions {
  return {
    topic: new Map(),
    group: new Map(),
    cluster: new Map(),
    'transactional-id': new Map(),
    'delegation-token': new Map(),
    user: new Map(),
  };
}

class ClientAccess implements Access, Client {
  readonly governed = true;
  readonly principal: string;
  readonly host: string;
  readonly #authorizer: Authorizer;
  #age: number;
  #names = 0;
  #byName = noDecisions();
  /** By type, under the operation. */
  #any = noDecisions();

  constructor(authorizer: Authorizer, principal: string, host: string) {
    this.#authorizer = authorizer;
    this.principal = principal;
    this.host = host;
    this.#age = authorizer.age;
  }

  get version(): number {
    return this.#authorizer.version;
  }

  allows(operation: AclOperation, resourceType: AclResourceType, name: string): boolean {
    this.#refresh();
    const decisions = this.#byName[resourceType];
    const bit = BITS[operation];
    const known = decisions.get(name) ?? 0;
    if ((known & bit) !== 0) return (known & (bit << ALLOWED_SHIFT)) !== 0;
    const allowed = this.#authorizer.decide(this, operation, { type: resourceType, name });
    if (name.length > NAME_LENGTH_MAX) return allowed;
    decisions.set(name, known | bit | (allowed ? bit << ALLOWED_SHIFT : 0));
    if (known === 0) this.#count();
    return allowed;
  }

  allowsAny(operation: AclOperation, resourceType: AclResourceType): boolean {
    this.#refresh();
    const decisions = this.#any[resourceType];
    const known = decisions.get(operation);
    if (known !== undefined) return known === 1;
    const allowed = this.#authorizer.decideAny(this, operation, resourceType);
    decisions.set(operation, allowed ? 1 : 0);
    return allowed;
  }

  operations(resourceType: AclResourceType, name: string): readonly AclOperation[] {
    return OPERATIONS_OF[resourceType].filter((operation) => this.allows(operation, resourceType, name));
  }

  #count(): void {
    this.#authorizer.count(1);
    if (++this.#names <= CLIENT_NAMES_MAX || this.#age !== this.#authorizer.age) return;
    this.#authorizer.count(-this.#names);
    this.#names = 0;
    this.#byName = noDecisions();
  }

  #refresh(): void {
    if (this.#age === this.#authorizer.age) return;
    this.#age = this.#authorizer.age;
    this.#names = 0;
    this.#byName = noDecisions();
    this.#any = noDecisions();
  }
}

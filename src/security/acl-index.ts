/**
 * The rules of an authorizer, arranged so that those that speak of a resource and a principal are found without looking at
 * the others: literal patterns by their name, prefixed ones by their beginning, with as many look-ups as there are lengths
 * of them, and then by principal.
 */
import { canonicalAddress } from '../base/ip-address.ts';
import { type Acl, ANY_RESOURCE, aclKey } from '../metadata/acl.ts';
import { ACL_RESOURCE_NUMBERS, type AclResourceType, aclWords } from '../metadata/acl-numbers.ts';

/** The rules of one pattern: by principal, then by aclKey. Never empty. Their hosts are canonical addresses, or `*`. */
type PatternRules = ReadonlyMap<string, ReadonlyMap<string, Acl>>;

class Section {
  readonly literal = new Map<string, Map<string, Map<string, Acl>>>();
  readonly prefixed = new Map<string, Map<string, Map<string, Acl>>>();
  /** How many beginnings there are of each length. */
  readonly lengths = new Map<number, number>();
}

export class AclIndex {
  readonly #sections: ReadonlyMap<AclResourceType, Section> = new Map(
    aclWords(ACL_RESOURCE_NUMBERS).map((type) => [type, new Section()]),
  );

  add(acl: Acl): void {
    const section = this.#section(acl.resourceType);
    const named = section[acl.patternType];
    let byPrincipal = named.get(acl.resourceName);
    if (byPrincipal === undefined) {
      named.set(acl.resourceName, (byPrincipal = new Map()));
      if (acl.patternType === 'prefixed') count(section.lengths, acl.resourceName.length, 1);
    }
    let rules = byPrincipal.get(acl.principal);
    if (rules === undefined) byPrincipal.set(acl.principal, (rules = new Map()));
    rules.set(aclKey(acl), { ...acl, host: canonicalAddress(acl.host) ?? acl.host });
  }

  remove(acl: Acl): void {
    const section = this.#section(acl.resourceType);
    const named = section[acl.patternType];
    const byPrincipal = named.get(acl.resourceName);
    const rules = byPrincipal?.get(acl.principal);
    if (byPrincipal === undefined || rules === undefined) return;
    rules.delete(aclKey(acl));
    if (rules.size === 0) byPrincipal.delete(acl.principal);
    if (byPrincipal.size > 0) return;
    named.delete(acl.resourceName);
    if (acl.patternType === 'prefixed') count(section.lengths, acl.resourceName.length, -1);
  }

  /** The rules of each pattern that speaks of a resource. */
  of(resourceType: AclResourceType, name: string): PatternRules[] {
    const { literal, prefixed, lengths } = this.#section(resourceType);
    const found: PatternRules[] = [];
    const own = literal.get(name);
    if (own !== undefined) found.push(own);
    const any = name === ANY_RESOURCE ? undefined : literal.get(ANY_RESOURCE);
    if (any !== undefined) found.push(any);
    for (const length of lengths.keys()) {
      if (length > name.length) continue;
      const rules = prefixed.get(name.slice(0, length));
      if (rules !== undefined) found.push(rules);
    }
    return found;
  }

  /** All rules of a principal about resources of a type. */
  *ofType(resourceType: AclResourceType, principal: string): Generator<Acl> {
    const { literal, prefixed } = this.#section(resourceType);
    for (const named of [literal, prefixed]) {
      for (const byPrincipal of named.values()) yield* byPrincipal.get(principal)?.values() ?? [];
    }
  }

  #section(resourceType: AclResourceType): Section {
    return this.#sections.get(resourceType)!;
  }
}

function count(counts: Map<number, number>, key: number, change: 1 | -1): void {
  const after = (counts.get(key) ?? 0) + change;
  if (after === 0) counts.delete(key);
  else counts.set(key, after);
}

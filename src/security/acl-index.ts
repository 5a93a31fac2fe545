/**
 * The rules of an authorizer, arranged so that those that speak of a resource are found without looking at the others:
 * literal patterns by their name, prefixed ones by their beginning, with as many look-ups as there are lengths of them.
 */
import { ACL_RESOURCE_TYPES, type Acl, type AclResourceType, ANY_RESOURCE, aclKey } from '../metadata/acl.ts';

class Section {
  readonly literal = new Map<string, Map<string, Acl>>();
  readonly prefixed = new Map<string, Map<string, Acl>>();
  /** How many beginnings there are of each length. */
  readonly lengths = new Map<number, number>();
}

export class AclIndex {
  readonly #sections: ReadonlyMap<AclResourceType, Section> = new Map(
    ACL_RESOURCE_TYPES.map((type) => [type, new Section()]),
  );

  add(acl: Acl): void {
    const section = this.#section(acl.resourceType);
    const named = section[acl.patternType];
    let rules = named.get(acl.resourceName);
    if (rules === undefined) {
      named.set(acl.resourceName, (rules = new Map()));
      if (acl.patternType === 'prefixed') count(section.lengths, acl.resourceName.length, 1);
    }
    rules.set(aclKey(acl), acl);
  }

  remove(acl: Acl): void {
    const section = this.#section(acl.resourceType);
    const named = section[acl.patternType];
    const rules = named.get(acl.resourceName);
    if (rules === undefined || !rules.delete(aclKey(acl)) || rules.size > 0) return;
    named.delete(acl.resourceName);
    if (acl.patternType === 'prefixed') count(section.lengths, acl.resourceName.length, -1);
  }

  /** The rules that speak of a resource, some collections of them. */
  *of(resourceType: AclResourceType, name: string): Generator<Iterable<Acl>> {
    const { literal, prefixed, lengths } = this.#section(resourceType);
    const own = literal.get(name);
    if (own !== undefined) yield own.values();
    const any = name === ANY_RESOURCE ? undefined : literal.get(ANY_RESOURCE);
    if (any !== undefined) yield any.values();
    for (const length of lengths.keys()) {
      if (length > name.length) continue;
      const rules = prefixed.get(name.slice(0, length));
      if (rules !== undefined) yield rules.values();
    }
  }

  /** All rules about resources of a type. */
  *ofType(resourceType: AclResourceType): Generator<Acl> {
    const { literal, prefixed } = this.#section(resourceType);
    for (const rules of literal.values()) yield* rules.values();
    for (const rules of prefixed.values()) yield* rules.values();
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

/**
 * `ssl.principal.mapping.rules`: how the distinguished name of a client certificate becomes the name of a user (KIP-371).
 *
 * RULE:PATTERN/REPLACEMENT/[L|U], several separated by commas: the first whose pattern matches the whole name counts; `$1`
 * in the replacement is the first group; a slash within is written `\/`. DEFAULT takes the name as it is.
 */

interface PrincipalRule {
  /** Null: DEFAULT. */
  readonly pattern: RegExp | null;
  readonly replacement: string;
  readonly letters: '' | 'L' | 'U';
}

const RULE = /\s*(?:(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:,|$)/y;
const FORM = 'DEFAULT, or RULE:PATTERN/REPLACEMENT/ with L or U behind it, several separated by commas';

/** Null where the text has another form, or a pattern can't be read. */
export function parsePrincipalRules(text: string): readonly PrincipalRule[] | null {
  const rules: PrincipalRule[] = [];
  const scanner = new RegExp(RULE);
  while (scanner.lastIndex < text.length) {
    const match = scanner.exec(text);
    if (match === null) return null;
    const [, whole, pattern = '', replacement = '', letters = ''] = match;
    if (whole !== undefined) rules.push({ pattern: null, replacement: '', letters: '' });
    else {
      const compiled = compile(pattern);
      if (compiled === null) return null;
      rules.push({
        pattern: compiled,
        replacement: replacement.replace(/\\(.)/g, '$1'),
        letters: letters as PrincipalRule['letters'],
      });
    }
  }
  return rules.length === 0 ? null : rules;
}

function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return null;
  }
}

/** Null where it can be read. */
export function checkPrincipalRules(text: string): string | null {
  return parsePrincipalRules(text) === null ? FORM : null;
}

/** The name of the user, or null where no rule matches: then the client is not let in. */
export function mapPrincipal(rules: readonly PrincipalRule[], distinguishedName: string): string | null {
  for (const { pattern, replacement, letters } of rules) {
    if (pattern === null) return distinguishedName;
    const match = pattern.exec(distinguishedName);
    if (match === null) continue;
    const name = replacement.replace(/\$(\d)/g, (whole, digit: string) => {
      const group = Number(digit);
      return group < match.length ? (match[group] ?? '') : whole;
    });
    if (letters === 'L') return name.toLowerCase();
    return letters === 'U' ? name.toUpperCase() : name;
  }
  return null;
}

import { describe, expect, it } from 'vitest';
import {
  checkPrincipalRules,
  mapPrincipal,
  parsePrincipalRules,
} from '../../src/metadata/principal-rules.ts';

const map = (rules: string, name: string): string | null => mapPrincipal(parsePrincipalRules(rules)!, name);

describe('ssl.principal.mapping.rules', () => {
  // The first four are KIP-371's own.
  it.each([
    ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/', 'CN=kafka1,OU=ServiceUsers,O=X', 'kafka1'],
    [
      'RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L',
      'CN=Admin,OU=Ops,O=X,L=B,ST=C,C=DE',
      'admin@ops',
    ],
    ['RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L', 'OU=x,cn=Joe.Doe,O=y', 'joe.doe'],
    ['DEFAULT', 'CN=a,O=b', 'CN=a,O=b'],
    ['RULE:^CN=(.*?),.*$/$1/U , DEFAULT', 'CN=a,O=b', 'A'],
    ['RULE:^X=.*$/x/,DEFAULT', 'CN=a', 'CN=a'],
    ['RULE:^CN=(.*)$/a\\/$1/', 'CN=b', 'a/b'],
    ['RULE:^CN=(.*)$/$1-$2/', 'CN=b', 'b-$2'],
    ['RULE:^CN=[^,]+$/all/', 'CN=b,O=c', null],
    ['RULE:^CN=(.*?),$/$1/', 'CN=b', null],
  ])('%s makes of %s: %s', (rules, name, expected) => {
    expect(map(rules, name)).toBe(expected);
  });

  it.each([
    '',
    'default',
    'RULE:a',
    'RULE:a/b',
    'RULE:a/b/X',
    'RULE:(/b/',
    'DEFAULT,nonsense',
    'RULE:a/b/L U',
  ])('%j is refused', (rules) => {
    expect(checkPrincipalRules(rules)).toMatch(/^DEFAULT, or RULE/);
  });
});

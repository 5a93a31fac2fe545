import { describe, expect, it } from 'vitest';
import { parseJaas } from '../../src/metadata/jaas.ts';

describe('a login module', () => {
  it.each([
    ['a.b.PlainLoginModule required;', 'PlainLoginModule', {}],
    [
      'PlainLoginModule required user_a="1"\n  user_b=\'2"\' x=y;',
      'PlainLoginModule',
      { user_a: '1', user_b: '2"', x: 'y' },
    ],
    ['P REQUIRED a="q\\"b\\\\c;=" ;\n', 'P', { a: 'q"b\\c;=' }],
    ['P sufficient a=1 a=2;', 'P', { a: '2' }],
    ['P optional user_a.b-c="";', 'P', { 'user_a.b-c': '' }],
  ])('%j is read', (text, module, options) => {
    const login = parseJaas(text);
    expect(login?.module).toBe(module);
    expect(Object.fromEntries(login!.options)).toEqual(options);
  });

  it.each([
    '',
    ';',
    'P;',
    'P required',
    'P maybe;',
    'P required a;',
    'P required a=;',
    'P required a="b;',
    'P required = "b";',
    'P required a="b"; Q required;',
    '"P" required;',
  ])('%j is none', (text) => {
    expect(parseJaas(text)).toBeNull();
  });
});

/**
 * Reads a condition by recursive descent. From what binds least to what binds most:
 *
 *   condition  = and { OR and }
 *   and        = not { AND not }
 *   not        = { NOT } predicate
 *   predicate  = sum [ comparison sum
 *                    | IS [ NOT ] NULL
 *                    | [ NOT ] BETWEEN sum AND sum
 *                    | [ NOT ] IN ( literal { , literal } )
 *                    | [ NOT ] LIKE text [ ESCAPE text ]
 *                    | [ NOT ] ( CONTAINS | STARTSWITH | ENDSWITH ) text ]
 *   sum        = product { ( + | - ) product }
 *   product    = factor { ( * | / ) factor }
 *   factor     = { + | - } ( number | text | TRUE | FALSE | name | "(" condition ")" )
 *
 * Nesting and size are bounded, so that neither reading nor judging overflows the stack or takes long. Throws
 * FilterSyntaxError.
 */
import { described, Lexer, type Token } from './lexer.ts';
import type { Arithmetic, Comparison, Node, NumberNode, Placed, TextNode } from './syntax.ts';
import { FilterSyntaxError } from './syntax-error.ts';

/** Operators, operands and elements of IN lists. */
const NODES_MAX = 1000;
/** Parentheses, NOTs and signs within each other. */
const DEPTH_MAX = 64;

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '>', '>=', '<', '<='] satisfies Comparison[]);
const PARTS: ReadonlyMap<string, 'contains' | 'starts-with' | 'ends-with'> = new Map([
  ['CONTAINS', 'contains'],
  ['STARTSWITH', 'starts-with'],
  ['ENDSWITH', 'ends-with'],
]);

export function parseCondition(text: string): Node {
  return new Parser(text).whole();
}

class Parser {
  readonly #lexer: Lexer;
  #token: Token;
  #nodes = 0;
  #depth = 0;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
    this.#token = this.#lexer.next();
  }

  whole(): Node {
    const condition = this.#condition();
    if (this.#token.kind !== 'end') throw this.#unexpected('AND, OR or the end');
    return condition;
  }

  #condition(): Node {
    return this.#chain('OR', 'or', () => this.#chain('AND', 'and', () => this.#not()));
  }

  /** Operands with the same operator between them: one node, however many there are. */
  #chain(keyword: string, kind: 'and' | 'or', operand: () => Node): Node {
    const { column } = this.#token;
    const first = operand();
    if (!this.#is('keyword', keyword)) return first;
    const operands = [first];
    while (this.#skip('keyword', keyword)) operands.push(operand());
    return this.#made({ kind, operands, column });
  }

  #not(): Node {
    const { column } = this.#token;
    if (!this.#skip('keyword', 'NOT')) return this.#predicate();
    return this.#deeper(column, () => this.#made({ kind: 'not', operand: this.#not(), column }));
  }

  #predicate(): Node {
    const { column } = this.#token;
    const value = this.#sum();
    const token = this.#token;
    if (token.kind === 'symbol' && COMPARISONS.has(token.value)) {
      this.#advance();
      const operator = token.value as Comparison;
      return this.#made({ kind: 'compare', operator, left: value, right: this.#sum(), column });
    }
    if (this.#skip('keyword', 'IS')) {
      const negated = this.#skip('keyword', 'NOT');
      if (!this.#skip('keyword', 'NULL')) throw this.#unexpected(negated ? 'NULL' : 'NULL or NOT NULL');
      return this.#made({ kind: 'null', value, negated, column });
    }
    // A NOT behind a value can only belong to what follows it.
    const negated = this.#skip('keyword', 'NOT');
    const predicate = this.#negatable({ value, negated, column });
    if (predicate !== null) return this.#made(predicate);
    if (negated) throw this.#unexpected('BETWEEN, IN, LIKE, CONTAINS, STARTSWITH or ENDSWITH');
    return value;
  }

  #negatable(common: { value: Node; negated: boolean; column: number }): Node | null {
    if (this.#skip('keyword', 'BETWEEN')) {
      const low = this.#sum();
      this.#expect('keyword', 'AND');
      return { ...common, kind: 'between', low, high: this.#sum() };
    }
    if (this.#skip('keyword', 'IN')) return { ...common, kind: 'in', items: this.#list() };
    if (this.#skip('keyword', 'LIKE')) {
      return { ...common, kind: 'like', pattern: this.#text('a pattern'), escape: this.#escape() };
    }
    const part = this.#token.kind === 'keyword' ? PARTS.get(this.#token.value) : undefined;
    if (part === undefined) return null;
    this.#advance();
    return { ...common, kind: part, part: this.#text('text') };
  }

  #list(): (Placed<TextNode> | Placed<NumberNode>)[] {
    this.#expect('symbol', '(');
    const items = [this.#literal()];
    while (this.#skip('symbol', ',')) items.push(this.#literal());
    if (!this.#skip('symbol', ')')) throw this.#unexpected('a comma or )');
    return items;
  }

  #literal(): Placed<TextNode> | Placed<NumberNode> {
    const { column } = this.#token;
    const negative = this.#skip('symbol', '-');
    const token = this.#token;
    if (token.kind === 'number') {
      this.#advance();
      return this.#made({ kind: 'number', value: negative ? -token.value : token.value, column });
    }
    if (negative || token.kind !== 'text') {
      throw this.#unexpected(negative ? 'a number' : 'a number or text in single quotes');
    }
    return this.#text('text');
  }

  #escape(): string | null {
    if (!this.#skip('keyword', 'ESCAPE')) return null;
    const { value, column } = this.#text('a character');
    if ([...value].length !== 1) throw new FilterSyntaxError('behind ESCAPE stands one character', column);
    return value;
  }

  #text(what: string): Placed<TextNode> {
    const token = this.#token;
    if (token.kind !== 'text') throw this.#unexpected(`${what} in single quotes`);
    this.#advance();
    return this.#made({ kind: 'text', value: token.value, column: token.column });
  }

  #sum(): Node {
    let left = this.#product();
    for (;;) {
      const operator = this.#operator('+', '-');
      if (operator === null) return left;
      left = this.#made({ kind: 'arithmetic', operator, left, right: this.#product(), column: left.column });
    }
  }

  #product(): Node {
    let left = this.#factor();
    for (;;) {
      const operator = this.#operator('*', '/');
      if (operator === null) return left;
      left = this.#made({ kind: 'arithmetic', operator, left, right: this.#factor(), column: left.column });
    }
  }

  /** One of two symbols, which is taken. */
  #operator(one: Arithmetic, other: Arithmetic): Arithmetic | null {
    if (this.#skip('symbol', one)) return one;
    return this.#skip('symbol', other) ? other : null;
  }

  #factor(): Node {
    const token = this.#token;
    const { column } = token;
    const sign = this.#operator('+', '-');
    if (sign === '-') {
      return this.#deeper(column, () => this.#made({ kind: 'minus', operand: this.#factor(), column }));
    }
    // A plus changes nothing, but only a number can have one.
    if (sign === '+') {
      const zero = this.#made({ kind: 'number', value: 0, column });
      return this.#deeper(column, () =>
        this.#made({ kind: 'arithmetic', operator: '+', left: zero, right: this.#factor(), column }),
      );
    }
    if (this.#skip('symbol', '(')) {
      const condition = this.#deeper(column, () => this.#condition());
      if (!this.#skip('symbol', ')')) throw this.#unexpected(') or an operator');
      return condition;
    }
    const node = operand(token);
    if (node === null) throw this.#unexpected('a header, a number, text in single quotes or (');
    this.#advance();
    return this.#made(node);
  }

  /** Reads what may be nested without end. */
  #deeper<Read>(column: number, read: () => Read): Read {
    if (this.#depth === DEPTH_MAX) {
      throw new FilterSyntaxError(`a filter is nested at most ${DEPTH_MAX} deep`, column);
    }
    this.#depth++;
    const result = read();
    this.#depth--;
    return result;
  }

  #made<Kind extends Node>(node: Kind): Kind {
    if (++this.#nodes > NODES_MAX) {
      throw new FilterSyntaxError(`a filter has at most ${NODES_MAX} operands and operators`, node.column);
    }
    return node;
  }

  #is(kind: Token['kind'], value: string): boolean {
    return this.#token.kind === kind && this.#token.value === value;
  }

  #skip(kind: Token['kind'], value: string): boolean {
    if (!this.#is(kind, value)) return false;
    this.#advance();
    return true;
  }

  #expect(kind: Token['kind'], value: string): void {
    if (!this.#skip(kind, value)) throw this.#unexpected(value);
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #unexpected(expected: string): FilterSyntaxError {
    const found = described(this.#token);
    return new FilterSyntaxError(`expected ${expected}, found ${found}`, this.#token.column);
  }
}

/** What stands for itself; null: a word that doesn't. */
function operand(token: Token): Node | null {
  const { column } = token;
  if (token.kind === 'number') return { kind: 'number', value: token.value, column };
  if (token.kind === 'text') return { kind: 'text', value: token.value, column };
  if (token.kind === 'name') return { kind: 'name', name: token.value, quoted: token.quoted, column };
  if (token.kind !== 'keyword' || (token.value !== 'TRUE' && token.value !== 'FALSE')) return null;
  return { kind: 'boolean', value: token.value === 'TRUE', column };
}

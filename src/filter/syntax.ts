/** A condition as a tree: what parser.ts makes of its text, and compile.ts a function of. */
import type { Numeric } from './numbers.ts';

export type Comparison = '=' | '<>' | '>' | '>=' | '<' | '<=';
export type Arithmetic = '+' | '-' | '*' | '/';

export interface TextNode {
  readonly kind: 'text';
  readonly value: string;
}

export interface NumberNode {
  readonly kind: 'number';
  readonly value: Numeric;
}

type Shape =
  | TextNode
  | NumberNode
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** Quoted: the header of this name, also where the name has a meaning of its own. */
  | { readonly kind: 'name'; readonly name: string; readonly quoted: boolean }
  | { readonly kind: 'not'; readonly operand: Node }
  | { readonly kind: 'minus'; readonly operand: Node }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Node[] }
  | { readonly kind: 'arithmetic'; readonly operator: Arithmetic; readonly left: Node; readonly right: Node }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Node; readonly right: Node }
  | Predicate;

/** What stands behind a value, with or without NOT. */
type Predicate = { readonly value: Node; readonly negated: boolean } & (
  | { readonly kind: 'between'; readonly low: Node; readonly high: Node }
  | { readonly kind: 'in'; readonly items: readonly (Placed<TextNode> | Placed<NumberNode>)[] }
  | { readonly kind: 'null' }
  | { readonly kind: 'like'; readonly pattern: Placed<TextNode>; readonly escape: string | null }
  | { readonly kind: 'contains' | 'starts-with' | 'ends-with'; readonly part: Placed<TextNode> }
);

export type Placed<Kind> = Kind & {
  /** Where it begins in the text; 1 is the first character. */
  readonly column: number;
};

export type Node = Placed<Shape>;

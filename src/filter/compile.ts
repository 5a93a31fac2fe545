/**
 * Makes functions of a condition's tree, once; judging a record then allocates nothing (but for numbers beyond 2^53).
 *
 * Types: a header is text, which is taken for a number or a truth where one is asked for; what can't be taken so is
 * unknown. What could never hold, such as text that is compared with a number, is refused. docs/filters.md has the rules.
 * Throws FilterSyntaxError.
 */
import { compareNumbers, type Numeric, numberAt } from './numbers.ts';
import { literal, type RecordFields, type TextOperand } from './record-fields.ts';
import type { Arithmetic, Comparison, Node } from './syntax.ts';
import { FilterSyntaxError } from './syntax-error.ts';
import { containing, endingWith, likePattern, startingWith, type TextPattern } from './text-pattern.ts';
import { equalBytes, TextSet } from './text-set.ts';
import { FALSE, not, TRUE, type Truth, truthOf, UNKNOWN } from './truth.ts';

/** Judges the record that the fields were read from. */
export type Condition = (section: Buffer) => Truth;
type NumberOf = (section: Buffer) => Numeric | null;

/** What a node is; a header's text may be any of the three. */
type Value =
  | { readonly type: 'header' | 'text'; readonly text: TextOperand }
  | { readonly type: 'number'; readonly number: NumberOf }
  | { readonly type: 'condition'; readonly condition: Condition };

/** As errors name them. */
const NAMES = {
  header: 'a header',
  text: 'text in quotes',
  number: 'a number',
  condition: 'a condition',
} as const;

/** `weight`: as of a filter (filter.ts). */
export function compileCondition(
  node: Node,
  fields: RecordFields,
): { readonly condition: Condition; readonly weight: number } {
  const compiler = new Compiler(fields);
  const condition = compiler.condition(node);
  return { condition, weight: compiler.weight };
}

/** Steps of patterns for each byte of a header, in all patterns of a filter together. */
const PATTERN_STEPS_MAX = 128;
/** So many of them, or nodes, take as long again as a filter that compares one header. Measured. */
const STEPS_OF_A_WEIGHT = 8;
const NODES_OF_A_WEIGHT = 32;

class Compiler {
  readonly #fields: RecordFields;
  #nodes = 0;
  #steps = 0;

  constructor(fields: RecordFields) {
    this.#fields = fields;
  }

  get weight(): number {
    return 1 + Math.floor(this.#nodes / NODES_OF_A_WEIGHT + this.#steps / STEPS_OF_A_WEIGHT);
  }

  condition(node: Node): Condition {
    return conditionOf(this.#value(node), node.column);
  }

  #number(node: Node): NumberOf {
    return numberOf(this.#value(node), node.column);
  }

  #text(node: Node): TextOperand {
    return textOf(this.#value(node), node.column);
  }

  #value(node: Node): Value {
    this.#nodes++;
    switch (node.kind) {
      case 'text':
        return { type: 'text', text: literal(node.value) };
      case 'number':
        return { type: 'number', number: () => node.value };
      case 'name': {
        const field = this.#fields.named(node.name, node.quoted, node.column);
        return 'text' in field
          ? { type: 'header', text: field.text }
          : { type: 'number', number: field.number };
      }
      case 'minus': {
        const operand = this.#number(node.operand);
        return { type: 'number', number: (section) => negative(operand(section)) };
      }
      case 'arithmetic': {
        const [left, right] = [this.#number(node.left), this.#number(node.right)];
        return { type: 'number', number: arithmetic(node.operator, left, right) };
      }
      default:
        return { type: 'condition', condition: this.#judgement(node) };
    }
  }

  #judgement(node: Exclude<Node, { kind: 'text' | 'number' | 'name' | 'minus' | 'arithmetic' }>): Condition {
    switch (node.kind) {
      case 'boolean': {
        const truth = truthOf(node.value);
        return () => truth;
      }
      case 'not':
        return negated(this.condition(node.operand), true);
      case 'and':
        return least(node.operands.map((operand) => this.condition(operand)));
      case 'or':
        return greatest(node.operands.map((operand) => this.condition(operand)));
      case 'compare':
        return this.#compare(node);
      case 'between':
        return negated(this.#between(node), node.negated);
      case 'in':
        return negated(this.#in(node), node.negated);
      case 'null':
        return negated(isNull(this.#value(node.value)), node.negated);
      case 'like': {
        const { value, column } = node.pattern;
        return this.#matching(node, likePattern(value, node.escape, column), column);
      }
      case 'contains':
        return this.#matching(node, containing(node.part.value, node.part.column), node.part.column);
      case 'starts-with':
        return this.#matching(node, startingWith(node.part.value), node.part.column);
      case 'ends-with':
        return this.#matching(node, endingWith(node.part.value), node.part.column);
    }
  }

  #matching(
    node: { readonly value: Node; readonly negated: boolean },
    pattern: TextPattern,
    column: number,
  ): Condition {
    this.#steps += pattern.steps;
    if (this.#steps > PATTERN_STEPS_MAX) {
      throw new FilterSyntaxError(
        'the patterns of LIKE and CONTAINS are too many, or too long together',
        column,
      );
    }
    return negated(matching(this.#text(node.value), pattern), node.negated);
  }

  #compare(node: Node & { kind: 'compare' }): Condition {
    const { operator } = node;
    const left = this.#value(node.left);
    const right = this.#value(node.right);
    const isOrder = operator !== '=' && operator !== '<>';
    if (isOrder || left.type === 'number' || right.type === 'number') {
      return ordered(operator, numberOf(left, node.left.column), numberOf(right, node.right.column));
    }
    const isTruth = left.type === 'condition' || right.type === 'condition';
    const same = isTruth
      ? sameTruth(conditionOf(left, node.left.column), conditionOf(right, node.right.column))
      : sameText(left.text, right.text);
    return negated(same, operator === '<>');
  }

  #between(node: Node & { kind: 'between' }): Condition {
    const value = this.#number(node.value);
    return least([
      ordered('>=', value, this.#number(node.low)),
      ordered('<=', value, this.#number(node.high)),
    ]);
  }

  /** The same as comparisons with = and OR between them, but faster. */
  #in(node: Node & { kind: 'in' }): Condition {
    const texts: string[] = [];
    const numbers: Numeric[] = [];
    for (const item of node.items) {
      if (item.kind === 'text') texts.push(item.value);
      else numbers.push(item.value);
    }
    const value = this.#value(node.value);
    const { column } = node.value;
    const choices: Condition[] = [];
    if (texts.length > 0) choices.push(oneOfTexts(textOf(value, column), new TextSet(texts)));
    if (numbers.length > 0) choices.push(oneOfNumbers(numberOf(value, column), numbers));
    return choices.length === 1 ? choices[0]! : greatest(choices);
  }
}

function conditionOf(value: Value, column: number): Condition {
  if (value.type === 'condition') return value.condition;
  if (value.type === 'header') return truthIn(value.text);
  throw new FilterSyntaxError(`expected a condition, found ${NAMES[value.type]}`, column);
}

function numberOf(value: Value, column: number): NumberOf {
  if (value.type === 'number') return value.number;
  if (value.type === 'header') return numberIn(value.text);
  throw new FilterSyntaxError(`expected a number, found ${NAMES[value.type]}`, column);
}

function textOf(value: Value, column: number): TextOperand {
  if (value.type === 'header' || value.type === 'text') return value.text;
  throw new FilterSyntaxError(`expected a header, found ${NAMES[value.type]}`, column);
}

function truthIn({ own, place }: TextOperand): Condition {
  return (section) => {
    const bytes = own ?? section;
    if (isWord(TRUE_BYTES, bytes, place.start, place.length)) return TRUE;
    return isWord(FALSE_BYTES, bytes, place.start, place.length) ? FALSE : UNKNOWN;
  };
}

const TRUE_BYTES = [...Buffer.from('true')];
const FALSE_BYTES = [...Buffer.from('false')];

/** `word` is in lower case; the bytes may be in any. */
function isWord(word: readonly number[], bytes: Buffer, start: number, length: number): boolean {
  return word.length === length && word.every((letter, i) => (bytes[start + i]! | 0x20) === letter);
}

function numberIn({ own, place }: TextOperand): NumberOf {
  return (section) => numberAt(own ?? section, place.start, place.length);
}

const negative = (value: Numeric | null): Numeric | null =>
  value === null ? null : typeof value === 'bigint' ? -value : -value;

/** Of doubles; what is no number, such as the result of a division by 0, is unknown. */
function arithmetic(operator: Arithmetic, left: NumberOf, right: NumberOf): NumberOf {
  const compute = OPERATIONS[operator];
  return (section) => {
    const a = left(section);
    if (a === null) return null;
    const b = right(section);
    if (b === null) return null;
    const result = compute(Number(a), Number(b));
    return Number.isFinite(result) ? result : null;
  };
}

const OPERATIONS: Readonly<Record<Arithmetic, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** What an order of two numbers, as compareNumbers gives it, has to be. */
const ORDERS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
};

function ordered(operator: Comparison, left: NumberOf, right: NumberOf): Condition {
  const holds = ORDERS[operator];
  return (section) => {
    const a = left(section);
    if (a === null) return UNKNOWN;
    const b = right(section);
    return b === null ? UNKNOWN : truthOf(holds(compareNumbers(a, b)));
  };
}

function sameText(left: TextOperand, right: TextOperand): Condition {
  // Text of the filter itself is compared where the record's text stands.
  if (left.own !== null && right.own === null) return sameText(right, left);
  return (section) => {
    const [a, b] = [left.place, right.place];
    if (a.length < 0 || b.length < 0) return UNKNOWN;
    if (a.length !== b.length) return FALSE;
    const bytes = left.own ?? section;
    if (right.own !== null) return truthOf(equalBytes(right.own, bytes, a.start));
    return truthOf(bytes.compare(section, b.start, b.start + b.length, a.start, a.start + a.length) === 0);
  };
}

function sameTruth(left: Condition, right: Condition): Condition {
  return (section) => {
    const a = left(section);
    const b = right(section);
    return a === UNKNOWN || b === UNKNOWN ? UNKNOWN : truthOf(a === b);
  };
}

function isNull(value: Value): Condition {
  if (value.type === 'number') return (section) => truthOf(value.number(section) === null);
  if (value.type === 'condition') return (section) => truthOf(value.condition(section) === UNKNOWN);
  const { place } = value.text;
  return () => truthOf(place.length < 0);
}

function matching({ own, place }: TextOperand, pattern: TextPattern): Condition {
  return (section) =>
    place.length < 0 ? UNKNOWN : truthOf(pattern.matches(own ?? section, place.start, place.length));
}

function oneOfTexts({ own, place }: TextOperand, texts: TextSet): Condition {
  return (section) =>
    place.length < 0 ? UNKNOWN : truthOf(texts.has(own ?? section, place.start, place.length));
}

function oneOfNumbers(value: NumberOf, numbers: readonly Numeric[]): Condition {
  const sorted = [...numbers].sort(compareNumbers);
  return (section) => {
    const wanted = value(section);
    return wanted === null ? UNKNOWN : truthOf(isAmong(sorted, wanted));
  };
}

function isAmong(sorted: readonly Numeric[], wanted: Numeric): boolean {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = compareNumbers(wanted, sorted[middle]!);
    if (order === 0) return true;
    if (order < 0) high = middle - 1;
    else low = middle + 1;
  }
  return false;
}

function negated(condition: Condition, negates: boolean): Condition {
  return negates ? (section) => not(condition(section)) : condition;
}

function least(conditions: readonly Condition[]): Condition {
  return (section) => {
    let truth: Truth = TRUE;
    for (let i = 0; i < conditions.length && truth !== FALSE; i++) {
      const next = conditions[i]!(section);
      if (next < truth) truth = next;
    }
    return truth;
  };
}

function greatest(conditions: readonly Condition[]): Condition {
  return (section) => {
    let truth: Truth = FALSE;
    for (let i = 0; i < conditions.length && truth !== TRUE; i++) {
      const next = conditions[i]!(section);
      if (next > truth) truth = next;
    }
    return truth;
  };
}

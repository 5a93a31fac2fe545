/** What is wrong with the text of a filter, and where; filter.ts makes the error of it that clients see. */
export class FilterSyntaxError extends Error {
  override readonly name = 'FilterSyntaxError';
  /** Of the first character that is wrong; 1 is the first of the text. */
  readonly column: number;

  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

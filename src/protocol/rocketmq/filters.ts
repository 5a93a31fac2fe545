/** Filter expressions of consumers: what they mean here. */
import { CODE, FILTER_TYPE, type FilterExpression } from './codec/generated/messages.ts';
import { Refusal } from './status.ts';

/** As the settings of a subscription have it; null: all messages. */
export type SubscriptionFilter = { readonly type: 'tag' | 'sql'; readonly expression: string } | null;

export function filterOf(expression: FilterExpression | null): SubscriptionFilter | Refusal {
  if (expression === null) return null;
  const text = expression.expression.trim();
  switch (expression.type) {
    case FILTER_TYPE.FILTER_TYPE_UNSPECIFIED:
    case FILTER_TYPE.TAG:
      return text === '' || text === '*' ? null : { type: 'tag', expression: text };
    case FILTER_TYPE.SQL:
      if (text !== '') return { type: 'sql', expression: text };
      return new Refusal(CODE.ILLEGAL_FILTER_EXPRESSION, 'An SQL filter needs a condition.');
    default:
      return new Refusal(CODE.ILLEGAL_FILTER_EXPRESSION, 'A filter is of the type TAG or SQL.');
  }
}

export function isSameFilter(a: SubscriptionFilter, b: SubscriptionFilter): boolean {
  return a === null || b === null ? a === b : a.type === b.type && a.expression === b.expression;
}

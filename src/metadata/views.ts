/**
 * View topics: a name under which consumers see those records of another topic, its origin, that a filter wants, at the
 * offsets that they have there (docs/filters.md). A view is a topic with `polylog.view.of`, set when it is created; it has
 * the partitions of its origin, and no records and no other settings of its own.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import { compileFilter, type Filter, type FilterType } from '../filter/filter.ts';
import type { MetadataState, Topic } from './state.ts';

export const VIEW_OF = 'polylog.view.of';
export const VIEW_FILTER = 'polylog.view.filter';
export const VIEW_FILTER_TYPE = 'polylog.view.filter.type';

type Overrides = ReadonlyMap<string, string>;

export interface ViewConfig {
  /** Name of the topic whose records are shown. */
  readonly origin: string;
  readonly filter: Filter;
}

/** The name of a view's origin; '' for other topics. */
export const originOf = (overrides: Overrides): string => overrides.get(VIEW_OF) ?? '';

/** Null: the topic is no view. The settings were checked by `viewConflict`. */
export function viewConfig(text: (name: string) => string): ViewConfig | null {
  const origin = text(VIEW_OF);
  if (origin === '') return null;
  const filter = compileFilter(text(VIEW_FILTER_TYPE) as FilterType, text(VIEW_FILTER));
  assert(!(filter instanceof BrokerError), 'the filter of a view was checked');
  return { origin, filter };
}

const isOfView = (name: string): boolean =>
  name === VIEW_OF || name === VIEW_FILTER || name === VIEW_FILTER_TYPE;

/** What the settings of a view ask of each other: null, or invalid-config. */
export function viewConflict(overrides: Overrides): BrokerError | null {
  const origin = originOf(overrides);
  const names = [...overrides.keys()];
  if (origin === '') {
    const stray = names.find((name) => name !== VIEW_OF && isOfView(name));
    if (stray === undefined) return null;
    return invalid(`${stray} is for views: give ${VIEW_OF} along with it when the topic is created.`);
  }
  const other = names.find((name) => !isOfView(name));
  if (other !== undefined) {
    return invalid(`A view holds no records of its own: set ${other} for its origin "${origin}".`);
  }
  const text = overrides.get(VIEW_FILTER) ?? '';
  if (text === '') return invalid(`A view needs a filter: give ${VIEW_FILTER}.`);
  const filter = compileFilter((overrides.get(VIEW_FILTER_TYPE) ?? 'sql') as FilterType, text);
  return filter instanceof BrokerError ? invalid(`${VIEW_FILTER}: ${filter.message}.`) : null;
}

/** A topic stays what it was created as: null, or invalid-config. */
export function checkSameView(topic: Topic, overrides: Overrides): BrokerError | null {
  if (originOf(overrides) === originOf(topic.overrides)) return null;
  return invalid(`${VIEW_OF} is set when a topic is created and can't be changed: create another topic.`);
}

/** The origin of a topic that is to be created; null: it is to be no view. */
export function findOrigin(state: MetadataState, overrides: Overrides): Topic | null | BrokerError {
  const name = originOf(overrides);
  if (name === '') return null;
  const origin = state.topicsByName.get(name);
  if (origin === undefined) return invalid(`There is no topic "${name}" to be seen through the view.`);
  const further = originOf(origin.overrides);
  if (further === '') return origin;
  return invalid(`"${name}" is a view itself: name its origin "${further}".`);
}

/** A view that is created has as many partitions as its origin. */
export function checkViewPartitions(origin: Topic, partitionCount: number): BrokerError | null {
  if (origin.partitionCount === partitionCount) return null;
  return new BrokerError(
    'invalid-partitions',
    `A view has the partitions of its origin: give no number, or ${origin.partitionCount}.`,
  );
}

/** Views that would be left without their origin; null: there are none. */
export function checkNoViewsLeft(
  state: MetadataState,
  origin: Topic,
  deleted: ReadonlySet<Topic>,
): BrokerError | null {
  const left = state.viewsOf(origin.name).filter((view) => !deleted.has(view));
  if (left.length === 0) return null;
  const names = left.slice(0, 3).map(({ name }) => `"${name}"`);
  const more = left.length > names.length ? ` and ${left.length - names.length} more` : '';
  return new BrokerError(
    'policy-violation',
    `Topic "${origin.name}" is seen through ${names.join(', ')}${more}: delete these views before it, or with it.`,
  );
}

function invalid(message: string): BrokerError {
  return new BrokerError('invalid-config', message);
}

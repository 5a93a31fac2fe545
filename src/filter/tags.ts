/**
 * Filters by tag, as RocketMQ has them: `A || B` wants records with one of these tags, compared whole and with case; `*`,
 * or nothing, wants all records, those without a tag too. Throws FilterSyntaxError.
 */
import { HeaderPlaces } from '../record/header-places.ts';
import { WELL_KNOWN_HEADERS } from '../record/well-known-headers.ts';
import type { Filter } from './filter.ts';
import { FilterSyntaxError } from './syntax-error.ts';
import { TextSet } from './text-set.ts';

const TAGS_MAX = 1000;
const SEPARATOR = '||';

export function compileTags(text: string): Pick<Filter, 'matches' | 'matchesAll' | 'weight'> {
  const tags = tagsOf(text);
  if (tags === null) return { matchesAll: true, weight: 1, matches: () => true };
  const wanted = new TextSet(tags);
  const headers = new HeaderPlaces();
  const tag = headers.add(WELL_KNOWN_HEADERS.tag);
  return {
    matchesAll: false,
    weight: 1,
    matches(section, record) {
      headers.read(section, record);
      return tag.length >= 0 && wanted.has(section, tag.start, tag.length);
    },
  };
}

/** Null: all. */
function tagsOf(text: string): string[] | null {
  if (text.trim() === '') return null;
  const tags: string[] = [];
  let column = 1;
  for (const part of text.split(SEPARATOR)) {
    const tag = part.trim();
    if (tag === '*') return null;
    const bar = part.indexOf('|');
    if (bar >= 0) {
      throw new FilterSyntaxError(`a tag has no |; between tags stands ${SEPARATOR}`, column + bar);
    }
    // As in RocketMQ, an empty place between two separators means nothing.
    if (tag !== '') tags.push(tag);
    if (tags.length > TAGS_MAX) throw new FilterSyntaxError(`at most ${TAGS_MAX} tags are taken`, column);
    column += part.length + SEPARATOR.length;
  }
  if (tags.length === 0) throw new FilterSyntaxError('expected a tag or *', 1);
  return tags;
}

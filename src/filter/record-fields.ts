/**
 * What conditions ask of a record, by the names that they use: the headers, found in place; the record's own key and
 * time under the names that JMS and RocketMQ have for them. docs/filters.md has the table.
 */
import { type HeaderPlace, HeaderPlaces } from '../record/header-places.ts';
import type { RecordView } from '../record/walk.ts';
import { WELL_KNOWN_HEADERS } from '../record/well-known-headers.ts';
import type { Numeric } from './numbers.ts';
import { numberAt } from './numbers.ts';
import { FilterSyntaxError } from './syntax-error.ts';

/** Different headers of one filter: each is looked for in each record. */
const HEADERS_MAX = 64;

/** Text of a record, or of the filter. */
export interface TextOperand {
  /** Null: the section of the record. */
  readonly own: Buffer | null;
  readonly place: HeaderPlace;
}

/** A number that a record has, whatever its headers. */
export type NumberField = (section: Buffer) => Numeric | null;

export type Field = { readonly text: TextOperand } | { readonly number: NumberField };

const { tag, messageId, correlationId, priority } = WELL_KNOWN_HEADERS;
const NAMES: ReadonlyMap<string, string> = new Map([
  ['TAGS', tag],
  ['JMSType', tag],
  ['JMSMessageID', messageId],
  ['JMSCorrelationID', correlationId],
]);
/** JMS 2.0, 3.4.9: that of a message which doesn't say. */
const JMS_PRIORITY_DEFAULT = 4;
/** What JMS doesn't allow in a selector (3.8.1.1), or what is known only when a message is delivered. */
const NOT_SELECTABLE: ReadonlySet<string> = new Set([
  'JMSDestination',
  'JMSExpiration',
  'JMSRedelivered',
  'JMSReplyTo',
  'JMSXDeliveryCount',
]);

export class RecordFields {
  readonly #headers = new HeaderPlaces();
  readonly #key = { start: 0, length: -1 };
  #timestampMs = 0;

  /** Throws FilterSyntaxError where the name can't be asked for. */
  named(name: string, quoted: boolean, column: number): Field {
    if (quoted) return this.#header(name, column);
    if (NOT_SELECTABLE.has(name)) {
      throw new FilterSyntaxError(`${name} can't be asked for in a filter`, column);
    }
    if (name === 'JMSTimestamp') return { number: () => this.#timestampMs };
    if (name === 'JMSDeliveryMode') return { text: literal('PERSISTENT') };
    if (name === 'JMSXGroupID') return { text: { own: null, place: this.#key } };
    if (name !== 'JMSPriority') return this.#header(NAMES.get(name) ?? name, column);
    const { place } = this.#header(priority, column).text;
    return {
      number: (section) =>
        place.length < 0 ? JMS_PRIORITY_DEFAULT : numberAt(section, place.start, place.length),
    };
  }

  read(section: Buffer, record: RecordView, timestampMs: number): void {
    this.#headers.read(section, record);
    this.#key.start = record.keyStart;
    this.#key.length = record.keyLength;
    this.#timestampMs = timestampMs;
  }

  #header(name: string, column: number): { readonly text: TextOperand } {
    const place = this.#headers.add(name);
    if (this.#headers.size > HEADERS_MAX) {
      throw new FilterSyntaxError(`a filter asks for at most ${HEADERS_MAX} different headers`, column);
    }
    return { text: { own: null, place } };
  }
}

export function literal(text: string): TextOperand {
  const own = Buffer.from(text);
  return { own, place: { start: 0, length: own.length } };
}

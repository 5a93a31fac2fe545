/** A strict reader of Prometheus' text format 0.0.4: throws where a scraper could stumble. */
export interface ParsedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface ParsedFamily {
  type: string;
  help: string;
  samples: ParsedSample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\n"])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`);
const ONE_LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"/g;
const SUFFIXES: Record<string, string[]> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('the page does not end with a line feed');
  const families = new Map<string, ParsedFamily>();
  const series = new Set<string>();
  let current: [string, ParsedFamily] | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = new RegExp(`^# HELP (${NAME}) (.*)$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`).exec(line);
    if (help !== null) {
      if (families.has(help[1]!)) throw new Error(`family ${help[1]} comes twice`);
      current = [help[1]!, { type: '', help: help[2]!, samples: [] }];
      families.set(...current);
    } else if (type !== null) {
      if (current === null || current[0] !== type[1] || current[1].type !== '')
        throw new Error(`TYPE out of place: ${line}`);
      current[1].type = type[2]!;
    } else addSample(line, current, series);
  }
  return families;
}

function addSample(line: string, current: [string, ParsedFamily] | null, series: Set<string>): void {
  const match = SAMPLE.exec(line);
  if (match === null || current === null) throw new Error(`no sample: ${line}`);
  const [, name, labelText = '', valueText] = match;
  const [family, { type, samples }] = current;
  const allowed = (SUFFIXES[type] ?? ['']).map((suffix) => family + suffix);
  if (!allowed.includes(name!)) throw new Error(`${name} stands in the family ${family}`);
  const labels: Record<string, string> = {};
  for (const [, label, value] of labelText.matchAll(ONE_LABEL)) {
    if (label! in labels) throw new Error(`label ${label} comes twice: ${line}`);
    labels[label!] = value!.replace(/\\(.)/g, (_all, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
  if (series.has(key)) throw new Error(`a series comes twice: ${line}`);
  series.add(key);
  const value = { '+Inf': Infinity, '-Inf': -Infinity, NaN: Number.NaN }[valueText!] ?? Number(valueText);
  if (Number.isNaN(value) && valueText !== 'NaN') throw new Error(`no number: ${line}`);
  samples.push({ name: name!, labels, value });
}

/** Arithmetic on ranges of versions, and the conditions that the generated code gets from them. */

export const intersect = (a, b) => {
  const range = { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
  return range.min <= range.max ? range : undefined;
};

/** Whether all of `inner` lies in `outer`; false where `outer` is undefined. */
export const covers = (outer, inner) =>
  outer !== undefined && outer.min <= inner.min && outer.max >= inner.max;

/** The condition that `version`, known to be in `known`, is in `range`; 'true' and 'false' where that is certain. */
export function condition(range, known) {
  const common = range && intersect(range, known);
  if (common === undefined) return 'false';
  const parts = [];
  if (common.min > known.min) parts.push(`version >= ${common.min}`);
  if (common.max < known.max) parts.push(`version <= ${common.max}`);
  return parts.join(' && ') || 'true';
}

/**
 * Splits `known` where one of `ranges` begins or ends, and joins neighbours for which `of(piece)` is the same text:
 * [{ min, max, text }], newest versions first.
 */
export function pieces(known, ranges, of) {
  const cuts = new Set([known.min]);
  for (const range of ranges) {
    if (range === undefined) continue;
    for (const cut of [range.min, range.max + 1]) if (cut > known.min && cut <= known.max) cuts.add(cut);
  }
  const starts = [...cuts].sort((a, b) => a - b);
  const result = [];
  starts.forEach((min, i) => {
    const piece = { min, max: (starts[i + 1] ?? known.max + 1) - 1 };
    const text = of(piece);
    if (result.at(-1)?.text === text) result.at(-1).max = piece.max;
    else result.push({ ...piece, text });
  });
  return result.reverse();
}

/** Pieces as one expression. */
export function ternary(list) {
  return list.map((p, i) => (i === list.length - 1 ? p.text : `version >= ${p.min} ? ${p.text} : `)).join('');
}

/** Pieces, whose texts are statements, as one statement. */
export function branches(list) {
  if (list.length === 1) return list[0].text;
  return list
    .map((p, i) => (i === list.length - 1 ? `{ ${p.text} }` : `if (version >= ${p.min}) { ${p.text} } else `))
    .join('');
}

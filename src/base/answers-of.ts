/** Asks for each of several things at once, by callbacks. */

/** Calls `done` once, when each of `items` was answered, with the answers in the order of the items. */
export function answersOf<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item, answered: (answer: Answer) => void) => void,
  done: (answers: Answer[]) => void,
): void {
  const answers: Answer[] = [];
  let open = items.length;
  if (open === 0) return done(answers);
  items.forEach((item, place) => {
    ask(item, (answer) => {
      answers[place] = answer;
      if (--open === 0) done(answers);
    });
  });
}

import { expect, it } from 'vitest';
import { answersOf } from '../../src/base/answers-of.ts';

it('tells the answers in the order of the questions, once, when the last is there', () => {
  const asked: ((answer: string) => void)[] = [];
  const told: string[][] = [];
  answersOf(
    ['a', 'b', 'c'],
    (_, answered: (answer: string) => void) => void asked.push(answered),
    (answers) => told.push(answers),
  );
  asked[2]!('C');
  asked[0]!('A');
  expect(told).toEqual([]);
  asked[1]!('B');
  expect(told).toEqual([['A', 'B', 'C']]);
});

it('answers at once what is answered at once, and what asks for nothing', () => {
  const told: number[][] = [];
  answersOf(
    [1, 2],
    (item, answered: (answer: number) => void) => answered(2 * item),
    (answers) => told.push(answers),
  );
  answersOf(
    [],
    (_, answered: (answer: number) => void) => answered(0),
    (answers) => told.push(answers),
  );
  expect(told).toEqual([[2, 4], []]);
});

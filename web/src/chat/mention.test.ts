import { describe, expect, it } from 'vitest';
import { choose, offer, typingAt } from './mention';

describe('typingAt', () => {
  it.each([
    ['@', 1, { at: 0, typed: '' }],
    ['hi @ad', 6, { at: 3, typed: 'ad' }],
    ['hi @ad more', 6, { at: 3, typed: 'ad' }],
    ['看@小', 3, null], // an @ after a letter is inside a word
    ['（@小', 3, { at: 1, typed: '小' }],
    ['@Ada L', 6, { at: 0, typed: 'Ada L' }],
    ['mail a@b', 8, null],
    ['@a\nb', 4, null],
    ['hi', 2, null],
    ['@a', 0, null],
    [`@${'x'.repeat(40)}`, 41, null]
  ])('%j at %d', (text, caret, want) => expect(typingAt(text, caret)).toEqual(want));
});

describe('offer', () => {
  const names = ['Ada Lovelace', 'bob', 'Adam', 'mad-adder', 'Ada Lovelace', '小明', ''];
  it.each([
    ['ad', ['Ada Lovelace', 'Adam', 'mad-adder']],
    ['AD', ['Ada Lovelace', 'Adam', 'mad-adder']],
    ['love', ['Ada Lovelace']],
    ['小', ['小明']],
    ['bob ', []],
    ['x', []]
  ])('%j', (typed, want) => expect(offer(typed, names)).toEqual(want));

  it('offers a few at most', () => expect(offer('', Array.from({ length: 50 }, (_, i) => `n${i}`))).toHaveLength(6));
});

it('puts the name where it was typed', () => {
  expect(choose('hi @ad, look', { at: 3, typed: 'ad' }, 'Ada L')).toEqual({ text: 'hi @Ada L , look', caret: 10 });
  expect(choose('@a b', { at: 0, typed: 'a' }, 'Ada')).toEqual({ text: '@Ada b', caret: 5 });
});

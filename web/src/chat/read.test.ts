import { expect, it } from 'vitest';
import { readUpTo, withRead } from './read';

it('remembers rooms, the last read first, and not without end', () => {
  let stored: string | null = null;
  for (let i = 1; i <= 60; i++) stored = withRead(stored, `r${i}`, i);
  stored = withRead(stored, 'r20', 99);
  expect([readUpTo('r60', stored), readUpTo('r20', stored), readUpTo('r1', stored), readUpTo('other', stored)]).toEqual([60, 99, 0, 0]);
  expect(JSON.parse(stored)).toHaveLength(50);
});

it.each(['', 'x', '{}', '[["a"],["b","c"],7]', null])('makes nothing of %j', (stored) => expect(readUpTo('a', stored)).toBe(0));

import { expect, it } from 'vitest';
import { later, step } from './edge';

it.each([
  ['near enough', 0.5, 1, false, { jump: false, rate: 1 }],
  ['behind', 0.6, 1, false, { jump: false, rate: 1.1 }],
  ['catching up goes on to the target', 0.45, 1.1, false, { jump: false, rate: 1.1 }],
  ['there', 0.3, 1.1, false, { jump: false, rate: 1 }],
  ['far behind', 1.4, 1.1, false, { jump: true }],
  ['who joins does not wait for a GOP to be caught up', 0.6, 1, true, { jump: true }],
  ['who joins at the edge stays', 0.1, 1, true, { jump: false, rate: 1 }]
])('%s', (_, behind, rate, first, want) => {
  expect(step(behind, 0.35, rate, first)).toEqual(want);
});

it('a line that stalls plays later, to a point', () => {
  let target = 0.35;
  const once = later(target);
  for (let i = 0; i < 50; i++) target = later(target);
  expect([once > 0.35, target]).toEqual([true, 1.5]);
});

import { expect, it } from 'vitest';
import { MINUTE, points, remember, scaleOf } from './drift';

it('remembers a minute', () => {
  let samples: number[] = [];
  for (let i = 1; i <= 70; i++) samples = remember(samples, i);
  expect([samples.length, samples[0], samples.at(-1)]).toEqual([MINUTE, 11, 70]);
  expect(remember([], NaN)).toEqual([0]);
});

it('scales to the worst, but not below 20 ms', () => {
  expect(scaleOf([])).toBe(20);
  expect(scaleOf([3, -7])).toBe(20);
  expect(scaleOf([3, -70])).toBe(70);
});

it('draws from the right edge with zero in the middle', () => {
  expect(points([0, 100], 590, 42)).toBe('580.0,21.0 590.0,1.0');
  expect(points([], 590, 42)).toBe('');
});

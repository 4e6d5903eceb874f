import { expect, it } from 'vitest';
import { secondsLeft } from './countdown';

it.each([
  [3000, 0, 3],
  [3000, 1, 3],
  [3000, 2001, 1],
  [3000, 3000, 0],
  [3000, 9000, 0]
])('until %d at %d: %d', (until, now, want) => expect(secondsLeft(until, now)).toBe(want));

import { expect, it } from 'vitest';
import { clampWidth, widthByKey } from './panelWidth';

it.each([
  [100, 320],
  [400.4, 400],
  [9999, 480],
  [NaN, 372]
])('%d is drawn as %d', (px, want) => expect(clampWidth(px)).toBe(want));

it.each([
  [372, 'ArrowLeft', 388],
  [372, 'ArrowRight', 356],
  [324, 'ArrowRight', 320],
  [372, 'Home', 320],
  [372, 'End', 480],
  [372, 'a', null]
])('%d %s', (from, key, want) => expect(widthByKey(from as number, key as string)).toBe(want));

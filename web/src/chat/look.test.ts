import { expect, it } from 'vitest';
import { storedLook } from './look';

const plain = { mode: 'scroll', color: '#ffffff', size: 'normal' };

it.each([
  [null, plain],
  ['', plain],
  ['spin url(x) huge', plain],
  ['top #82b1ff large', { mode: 'top', color: '#82b1ff', size: 'large' }],
  ['bottom #123456 small', { ...plain, mode: 'bottom', size: 'small' }]
])('remembers how somebody wrote: %s', (stored, want) => expect(storedLook(stored)).toEqual(want));

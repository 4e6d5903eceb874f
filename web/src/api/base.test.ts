import { expect, test } from 'vitest';
import { here, inside } from './base';

test('paths below the base are ours', () => {
  expect(['/watch', '/watch/', '/watch/r/a', '/watchful', '/', '/other/watch/'].map((path) => inside(path, '/watch'))).toEqual([
    '/', '/', '/r/a', null, null, null
  ]);
});

test('without a base every path is ours', () => {
  expect([inside('/', ''), inside('/r/a', ''), here('/r/a')]).toEqual(['/', '/r/a', '/r/a']);
});

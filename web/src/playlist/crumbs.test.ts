import { expect, it } from 'vitest';
import { crumbs } from './crumbs';

it.each([
  ['', []],
  ['films', [['films', 'films']]],
  ['films/2024/ä b', [['films', 'films'], ['2024', 'films/2024'], ['ä b', 'films/2024/ä b']]],
  ['/films//2024/', [['films', 'films'], ['2024', 'films/2024']]]
])('%j', (path, want) => expect(crumbs(path).map((c) => [c.name, c.path])).toEqual(want));

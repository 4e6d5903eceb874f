import { expect, it } from 'vitest';
import { tabByKey, type Tab } from './tabs';

it.each<[Tab, string, Tab | null]>([
  ['chat', 'ArrowRight', 'playlist'],
  ['members', 'ArrowRight', 'chat'],
  ['chat', 'ArrowLeft', 'members'],
  ['playlist', 'ArrowLeft', 'chat'],
  ['playlist', 'Home', 'chat'],
  ['chat', 'End', 'members'],
  ['chat', 'a', null]
])('%s %s', (from, key, want) => expect(tabByKey(from, key)).toBe(want));

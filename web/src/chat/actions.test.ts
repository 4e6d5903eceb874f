import { expect, it } from 'vitest';
import { markMentions } from './actions';

it.each([
  ['hello', ['Ada'], ['hello']],
  ['@ada look', ['Ada'], ['[@ada]', ' look']],
  ['to @Ada Lovelace!', ['Ada', 'Ada Lovelace'], ['to ', '[@Ada Lovelace]', '!']],
  ['@小明你好', ['小明'], ['[@小明]', '你好']],
  ['<b>@', [''], ['<b>@']],
  ['👍@Ada', ['Ada'], ['👍', '[@Ada]']],
  ['', ['Ada'], []]
])('finds the names in %j', (text, names, want) => {
  expect(markMentions(text, names).map((p) => (p.name ? `[${p.text}]` : p.text))).toEqual(want);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import en from './en.json';

// A text nobody shows is a text nobody checks.
const src = resolve(import.meta.dirname, '..');
const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(src, name), 'utf8'))
  .join('\n');

/** Whether a key is written out, or made by a template such as `sync.${state}`. */
function used(key: string): boolean {
  if (code.includes(`'${key}'`)) return true;
  return [...code.matchAll(/`([\w.]*)\$\{\w[^}]*\}([\w.]*)`/g)].some(([, head = '', tail = '']) => {
    return head + tail !== '' && /[._]/.test(head + tail) && key.startsWith(head) && key.endsWith(tail);
  });
}

it('every text is shown somewhere', () => {
  expect(Object.keys(en).filter((key) => !used(key))).toEqual([]);
});

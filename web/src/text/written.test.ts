import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

// Words that are written into a page are in one language only.
const src = resolve(import.meta.dirname, '..');
const pages = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.svelte'));

/** A page without its script, style, comments and everything in braces. */
function markup(source: string): string {
  const bare = source.replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '');
  let depth = 0;
  return [...bare].filter((c) => {
    if (c === '{') depth++;
    else if (c === '}') return depth-- < 0;
    return depth === 0;
  }).join('');
}

/** What a reader of any language would see: runs of letters in text and in the attributes that are read out. */
function written(source: string): string[] {
  const plain = markup(source);
  const spoken = [...plain.matchAll(/\b(?:aria-label|title|placeholder|alt)="([^"]*)"/g)].map((m) => m[1] ?? '');
  return [...spoken, ...plain.replace(/<[^>]*>/g, '\n').split('\n')].map((s) => s.trim()).filter((s) => /\p{L}{2,}/u.test(s));
}

it('finds words', () => {
  expect(written('<p title="Hello">{t(\'a\')} ×{n}</p><b>Words</b><i aria-label="{t(\'b\')}: …"></i>')).toEqual(['Hello', 'Words']);
});

it.each(pages)('%s', (name) => expect(written(readFileSync(join(src, name), 'utf8'))).toEqual([]));

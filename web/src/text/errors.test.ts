import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { ApiError, problemToError } from '../api/problem';
import en from './en.json';
import { errorText, fieldText } from './errors';
import { hasText } from './text.svelte';

// Every code the server's sources can answer with has words here (zh is compared
// with en elsewhere).
const root = resolve(import.meta.dirname, '../../..');
const sources = ['internal', 'cmd'].flatMap((dir) =>
  readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => readFileSync(join(root, dir, name), 'utf8'))
);
const found = (pattern: RegExp): string[] => [...new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map((m) => m[1] ?? '')))].sort();
const texts: Record<string, string> = en;

it('has words for every problem the server knows', () => {
  const codes = found(/problem\.New\(\s*[\w.]+,\s*"(\w+)"/g);
  expect(codes.length).toBeGreaterThan(60);
  expect(codes.filter((code) => !texts[`error.${code}`])).toEqual([]);
});

it('has words for everything that can be wrong with a field', () => {
  const codes = found(/InvalidField\(\s*[^,]+,\s*"(\w+)"/g);
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((code) => !texts[`error.field_${code}`] && !texts[`error.${code}`])).toEqual([]);
});

it('falls back to what the server said', () => {
  expect(hasText('error.brand_new')).toBe(false);
  expect(errorText(problemToError(400, { code: 'brand_new', detail: 'Words.' }))).toBe('Words.');
  expect(errorText(new ApiError(0, 'network', '', ''))).toBe('error.network');
  expect(errorText(new ApiError(500, 'internal', '', ''))).toBe('error.unknown');
});

it('says how long to wait', () => {
  expect(errorText(problemToError(429, { detail: 'Slow.', retry_after_s: 2.2 }))).toBe('Slow. error.wait_s');
});

it('has nothing to say about a field that is right', () => {
  expect(fieldText(undefined)).toBe('');
  expect(fieldText({ code: 'odd', message: 'Odd.' })).toBe('Odd.');
});

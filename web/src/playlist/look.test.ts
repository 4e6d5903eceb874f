import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Found } from '../api/types';
import { Look } from './look.svelte';

const film: Found = {
  url: 'https://a/b', kind: 'hls', title: 'B', live: false, duration_s: 60, size_bytes: 0, format: 'hls', codecs: [], variants: [], poster: '', warnings: []
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
// The class runs in a page.
Object.assign(globalThis, { window: globalThis });

it('asks once, a moment after the last change', async () => {
  const asked: string[] = [];
  const look = new Look((url) => (asked.push(url), Promise.resolve(film)));
  for (const url of ['https://a/', 'https://a/b', 'https://a/b']) look.at(url);
  expect(look.busy).toBe(true);
  await vi.advanceTimersByTimeAsync(400);
  expect(asked).toEqual(['https://a/b']);
  expect([look.busy, look.found]).toEqual([false, film]);
  look.at(null);
  expect(look.found).toBeNull();
});

it('adds what it found, and nothing that it could not see', async () => {
  const look = new Look((url) => Promise.resolve({ ...film, url, warnings: url.endsWith('x') ? [{ code: 'page', fatal: true }] : [{ code: 'through', fatal: false }] }));
  look.at('https://a/b');
  const added = look.item('https://a/b');
  await vi.advanceTimersByTimeAsync(400);
  expect(await added).toEqual({ url: 'https://a/b', kind: 'hls', live: false, duration_s: 60, title: 'B' });
  look.at('https://a/x');
  await vi.advanceTimersByTimeAsync(400);
  expect(await look.item('https://a/x')).toEqual({ url: 'https://a/x' });
  expect(await look.item('https://other/')).toEqual({ url: 'https://other/' });
});

it('is not waited for too long, and an old answer is not shown', async () => {
  let answer: (f: Found) => void = () => {};
  const look = new Look(() => new Promise((done) => (answer = done)));
  look.at('https://slow/');
  const added = look.item('https://slow/');
  await vi.advanceTimersByTimeAsync(2000);
  expect(await added).toEqual({ url: 'https://slow/' });
  look.at('https://a/b');
  answer({ ...film, title: 'slow' });
  await vi.advanceTimersByTimeAsync(100);
  expect(look.found).toBeNull();
});

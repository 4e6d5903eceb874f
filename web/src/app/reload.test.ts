import { expect, it } from 'vitest';
import { reloadOnce } from './reload';

it('reloads once a minute at most', () => {
  const kept = new Map<string, string>();
  const store = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
  expect([reloadOnce(store, 100_000), reloadOnce(store, 100_001), reloadOnce(store, 159_999), reloadOnce(store, 160_000)]).toEqual([true, false, false, true]);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Mute } from './mute.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('ends when its time has come, and not before', () => {
  const mute = new Mute();
  const now = (): number => Date.now();
  mute.until(now() + 10_000, now);
  expect(mute.on).toBe(true);
  vi.advanceTimersByTime(9_999);
  expect(mute.on).toBe(true);
  vi.advanceTimersByTime(1);
  expect(mute.on).toBe(false);
});

it('outlasts the longest timer, and ends at once when lifted', () => {
  const mute = new Mute();
  const now = (): number => Date.now();
  mute.until(now() + 30 * 86_400_000, now);
  vi.advanceTimersByTime(2 ** 31);
  expect(mute.on).toBe(true);
  mute.until(0, now);
  expect(mute.on).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

it('goes by the clock it is given', () => {
  const mute = new Mute();
  mute.until(5_000, () => 6_000);
  expect(mute.on).toBe(false);
});

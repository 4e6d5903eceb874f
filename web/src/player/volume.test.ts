import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Volume } from './volume.svelte';

/** What Node lacks of a browser: a place to remember things. */
function shelf(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => void kept.set(k, v) };
}

describe('Volume', () => {
  beforeEach(() => {
    vi.stubGlobal('localStorage', shelf());
    return () => vi.unstubAllGlobals();
  });

  it('is full and audible at first', () => {
    const v = new Volume();
    expect([v.level, v.muted]).toEqual([1, false]);
  });

  it('is remembered', () => {
    const v = new Volume();
    v.set(0.35);
    v.mute();
    const again = new Volume();
    expect([again.level, again.muted]).toEqual([0.35, true]);
  });

  it.each(['', 'x', '2', '-1 muted', 'NaN'])('does not trust what it finds: %j', (found) => {
    localStorage.setItem('synctv.volume', found);
    expect(new Volume().level).toBe(1);
  });

  it('stays between silence and full', () => {
    const v = new Volume();
    v.step(0.05);
    expect(v.level).toBe(1);
    for (let i = 0; i < 30; i++) v.step(-0.05);
    expect(v.level).toBe(0);
  });

  it('louder ends the silence, quieter does not', () => {
    const v = new Volume();
    v.mute();
    v.step(-0.05);
    expect([v.level, v.muted]).toEqual([0.95, true]);
    v.step(0.05);
    expect([v.level, v.muted]).toEqual([1, false]);
  });
});

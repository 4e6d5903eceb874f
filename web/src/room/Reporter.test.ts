import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { item, liveItem, playback } from '../realtime/fixtures';
import { Reporter, type Scene } from './Reporter';

const said: { url: string; body: unknown }[] = [];

beforeEach(() => {
  said.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    said.push({ url, body: JSON.parse(String(init.body)) });
    return new Response('{}');
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const unknown = item('a', 1, { duration_s: 0 });
const scene = (over: Partial<{ [K in keyof Scene]: ReturnType<Scene[K]> }> = {}): Scene => ({
  current: () => ('current' in over ? (over.current ?? null) : unknown),
  playback: () => ('playback' in over ? (over.playback ?? null) : playback(7, 1)),
  controls: () => over.controls ?? false
});

describe('the end', () => {
  it('is told once for each start', () => {
    const reporter = new Reporter('r', scene());
    reporter.ended(60);
    reporter.ended(60);
    expect(said).toEqual([{ url: '/api/rooms/r/playback/ended', body: { item_id: 'a', epoch: 7, duration_s: 60 } }]);
  });

  it.each([
    ['while paused', scene({ playback: playback(7, 1, { status: 'paused' }) })],
    ['of a live stream', scene({ current: liveItem('a', 1, 's') })],
    ['of an item that is not current any more', scene({ playback: playback(7, 1, { item_id: 'b' }) })],
    ['of nothing', scene({ current: null })]
  ])('is not told %s', (_, at) => {
    new Reporter('r', at).ended(60);
    expect(said).toEqual([]);
  });

  it('may be a failure', () => {
    new Reporter('r', scene()).failed('decode');
    expect(said[0]?.body).toEqual({ item_id: 'a', epoch: 7, failed: 'decode' });
  });
});

describe('the length', () => {
  it('is told by a controller first, by others if it is still unknown', () => {
    new Reporter('r', scene({ controls: true })).length(60);
    vi.advanceTimersByTime(1_500);
    expect(said).toHaveLength(1);
    let known = unknown;
    const other = new Reporter('r', { ...scene(), current: () => known }, () => 0.5);
    other.length(60);
    vi.advanceTimersByTime(5_000);
    known = item('a', 1);
    vi.advanceTimersByTime(9_000);
    expect(said).toHaveLength(1);
  });

  it('is not told when the page goes, or when it is known', () => {
    const reporter = new Reporter('r', scene());
    reporter.length(60);
    reporter.close();
    new Reporter('r', scene({ current: item('a', 1) })).length(60);
    vi.advanceTimersByTime(20_000);
    expect(said).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { SimWorld } from '../sync/testing/world';
import type { OnFailure, Opening } from './engines';
import { Source } from './source.svelte';

const film: Opening = { kind: 'file', url: '/film.mp4', live: false, start_s: 0 };
const live: Opening = { kind: 'flv', url: '/live/a.flv', live: true, start_s: 0 };

/** Engines that note what happens to them, and fail when told to. */
function setUp() {
  const world = new SimWorld();
  const opened: { o: Opening; at: number; fail: OnFailure; destroyed: boolean }[] = [];
  let slow = 0;
  const source = new Source(
    {} as HTMLVideoElement,
    async (_video, o, fail) => {
      const entry = { o, at: world.true_ms, fail, destroyed: false };
      opened.push(entry);
      if (slow) await world.sleep(slow);
      return { destroy: () => void (entry.destroyed = true) };
    },
    world,
  );
  return { world, source, opened, last: () => opened.at(-1)!, slowly: (ms: number) => (slow = ms) };
}

describe('Source', () => {
  it('closes one before it opens the next', async () => {
    const { world, source, opened } = setUp();
    source.open(film);
    await world.pass(10);
    source.open(live);
    expect(opened.map((e) => [e.o.url, e.destroyed])).toEqual([['/film.mp4', true], ['/live/a.flv', false]]);
    await world.pass(10);
    source.close();
    expect(opened.every((e) => e.destroyed)).toBe(true);
  });

  it('an engine that arrives too late is closed at once', async () => {
    const { world, source, opened, slowly } = setUp();
    slowly(500);
    source.open(film);
    await world.pass(100);
    source.open(live);
    await world.pass(1000);
    expect(opened.map((e) => e.destroyed)).toEqual([true, false]);
  });

  it('what cannot be fetched is tried by its other address, once', async () => {
    const { world, source, opened, last } = setUp();
    source.open({ ...film, url: 'http://else.test/film.mp4', fallback: '/proxy/media' });
    await world.pass(10);
    last().fail({ reason: 'unopened', detail: 'x' });
    await world.pass(10);
    expect([opened.map((e) => e.o.url), source.failure]).toEqual([['http://else.test/film.mp4', '/proxy/media'], null]);
    last().fail({ reason: 'network', detail: 'x' });
    await world.pass(10);
    expect([opened.length, source.failure?.reason]).toEqual([2, 'network']);
  });

  it('a film that fails waits for the person', async () => {
    const { world, source, opened, last } = setUp();
    source.open(film);
    await world.pass(10);
    last().fail({ reason: 'network', detail: 'x' });
    await world.pass(60_000);
    expect([source.failure?.reason, source.returning, opened.length]).toEqual(['network', false, 1]);
    source.retry();
    await world.pass(10);
    expect([source.failure, opened.length]).toEqual([null, 2]);
    source.retry();
    expect(opened.length).toBe(2);
  });

  it('a live stream comes back by itself, with growing pauses', async () => {
    const { world, source, opened, last } = setUp();
    source.open(live);
    const failed: number[] = [];
    for (let i = 0; i < 7; i++) {
      await world.pass(1);
      failed.push(world.true_ms);
      last().fail({ reason: 'offline', detail: 'ended' });
      expect([source.failure?.reason, source.returning]).toEqual(['offline', true]);
      while (source.failure) await world.pass(100);
    }
    const pauses = opened.slice(1).map((e, i) => e.at - failed[i]!);
    pauses.forEach((p, i) => {
      const full = Math.min(15_000, 1000 * 2 ** i);
      expect(p).toBeGreaterThanOrEqual(full / 2);
      expect(p).toBeLessThanOrEqual(full + 2);
    });
  });

  it('counts from the first again once the picture ran', async () => {
    const { world, source, opened, last } = setUp();
    source.open(live);
    for (let i = 0; i < 4; i++) {
      await world.pass(1);
      last().fail({ reason: 'network', detail: '' });
      while (source.failure) await world.pass(100);
    }
    source.runs();
    const at = world.true_ms;
    last().fail({ reason: 'network', detail: '' });
    await world.pass(1100);
    expect(opened.at(-1)!.at - at).toBeLessThanOrEqual(1000);
  });

  it('what this browser cannot do is not tried again, live or not', async () => {
    const { world, source, opened, last } = setUp();
    source.open(live);
    await world.pass(1);
    last().fail({ reason: 'no_flv', detail: '' });
    await world.pass(60_000);
    expect([source.returning, opened.length]).toEqual([false, 1]);
  });

  it('an old engine\'s failure is nobody\'s', async () => {
    const { world, source, opened } = setUp();
    source.open(live);
    await world.pass(1);
    source.open(film);
    opened[0]!.fail({ reason: 'decode', detail: '' });
    expect(source.failure).toBeNull();
  });

  it('leaves no timer when closed', async () => {
    const { world, source, last } = setUp();
    source.open(live);
    await world.pass(1);
    last().fail({ reason: 'network', detail: '' });
    source.close();
    expect([world.timers, source.failure, source.returning]).toEqual([0, null, false]);
  });

  it('a chunk that cannot be fetched is a network failure', async () => {
    const world = new SimWorld();
    const source = new Source({} as HTMLVideoElement, () => Promise.reject(new Error('chunk')), world);
    source.open(film);
    await world.pass(1);
    expect(source.failure).toEqual({ reason: 'network', detail: 'Error: chunk' });
  });
});

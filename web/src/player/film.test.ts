import { describe, expect, it } from 'vitest';
import { SimVideo } from '../sync/testing/video';
import { SimWorld } from '../sync/testing/world';
import { Film } from './film.svelte';

function setUp() {
  const world = new SimWorld();
  const video = new SimVideo(world);
  const film = new Film();
  const end = film.follow(video as unknown as HTMLVideoElement);
  const hear = (name: string) => video.dispatchEvent(new Event(name));
  return { world, video, film, end, hear };
}

describe('Film', () => {
  it('draws what the element says', async () => {
    const { world, video, film, hear } = setUp();
    video.load(90);
    video.jump(30);
    await video.play();
    await world.pass(1085);
    hear('timeupdate');
    expect([film.paused, film.at_s, film.length_s, film.loaded_s]).toEqual([false, 31, 90, 90]);
  });

  it('knows a player that starves from one that stands', async () => {
    const { video, film, hear } = setUp();
    video.readyState = 2;
    hear('waiting');
    expect(film.starved).toBe(false);
    await video.play();
    hear('waiting');
    expect(film.starved).toBe(true);
    video.readyState = 4;
    hear('playing');
    expect(film.starved).toBe(false);
  });

  it.each([NaN, Infinity])('a length of %d is none', (length) => {
    const { video, film, hear } = setUp();
    video.duration = length;
    hear('durationchange');
    expect(film.length_s).toBe(0);
  });

  it('follows no longer than it was asked to', async () => {
    const { video, film, end, hear } = setUp();
    end();
    await video.play();
    hear('play');
    expect(film.paused).toBe(true);
  });
});

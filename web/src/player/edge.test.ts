import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepToEdge, later, step } from './edge';

it.each([
  ['near enough', 0.5, 1, false, { jump: false, rate: 1 }],
  ['behind', 0.6, 1, false, { jump: false, rate: 1.1 }],
  ['catching up goes on to the target', 0.45, 1.1, false, { jump: false, rate: 1.1 }],
  ['there', 0.3, 1.1, false, { jump: false, rate: 1 }],
  ['far behind', 1.4, 1.1, false, { jump: true }],
  ['who joins does not wait for a GOP to be caught up', 0.6, 1, true, { jump: true }],
  ['who joins at the edge stays', 0.1, 1, true, { jump: false, rate: 1 }]
])('%s', (_, behind, rate, first, want) => {
  expect(step(behind, 0.35, rate, first)).toEqual(want);
});

it('a line that stalls plays later, to a point', () => {
  let target = 0.35;
  const once = later(target);
  for (let i = 0; i < 50; i++) target = later(target);
  expect([once > 0.35, target]).toEqual([true, 1.5]);
});

describe('an element', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  /** One that has loaded up to `newest`, and shows `at`. */
  function element(at: number, newest: number) {
    const video = Object.assign(new EventTarget(), {
      currentTime: at, playbackRate: 1, paused: false, seeking: false, buffered: { length: 1, end: () => newest }
    });
    const leave = keepToEdge(video as unknown as HTMLVideoElement, 0.35);
    return { video, leave, look: () => video.dispatchEvent(new Event('timeupdate')), stall: () => video.dispatchEvent(new Event('waiting')) };
  }

  it('jumps when it begins, and plays on from there', () => {
    const { video, look, leave } = element(8, 10);
    look();
    expect(video.currentTime).toBeCloseTo(9.65);
    video.currentTime = 9.3;
    look();
    expect(video.playbackRate).toBe(1.1);
    leave();
    expect(video.playbackRate).toBe(1);
  });

  it('plays later after a stall, not after the jump’s own, and comes back', () => {
    const { video, look, stall } = element(8, 10);
    look();
    stall();
    video.currentTime = 9.4; // 0.6 behind: too far for a line that never stalled
    look();
    expect(video.playbackRate).toBe(1.1);
    vi.advanceTimersByTime(2000);
    stall();
    video.currentTime = 9.5;
    look();
    expect(video.playbackRate).toBe(1);
    vi.advanceTimersByTime(21_000);
    video.currentTime = 9.4;
    look();
    expect(video.playbackRate).toBe(1.1);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Presses } from './presses';
import { show, takeKeys, type Shown } from './session';

const film: Shown = { title: 'A film', by: 'Kira', paused: false, at: 12, length: 60, rate: 1 };

/** The system's side of the media session, which refuses one key, as some browsers do. */
class System {
  metadata: { title: string; artist: string } | null = null;
  playbackState = 'none';
  position: object | null = null;
  handlers = new Map<string, ((d: object) => unknown) | null>();
  setActionHandler = (name: string, fn: ((d: object) => unknown) | null) => {
    if (name === 'stop') throw new TypeError('unknown action');
    this.handlers.set(name, fn);
  };
  setPositionState = (p: object) => (this.position = p);
}

let system: System;

beforeEach(() => {
  system = new System();
  vi.stubGlobal('navigator', { mediaSession: system });
  vi.stubGlobal('MediaMetadata', class { constructor(init: object) { Object.assign(this, init); } });
});
afterEach(() => void vi.unstubAllGlobals());

describe('takeKeys', () => {
  it('makes presses of the system\'s keys, and gives them back', () => {
    const done: string[] = [];
    const note = (name: string) => (s?: number) => done.push(s === undefined ? name : `${name} ${s}`);
    const presses = {
      play: note('play'), pause: note('pause'), seekTo: note('to'), seekBy: note('by'), next: note('next'), previous: note('previous'),
    } as unknown as Presses;
    const end = takeKeys(presses);
    const press = (name: string, d = {}) => system.handlers.get(name)!(d);
    press('play');
    press('pause');
    press('seekto', { seekTime: 7 });
    press('seekbackward');
    press('seekforward', { seekOffset: 30 });
    press('nexttrack');
    press('previoustrack');
    expect(done).toEqual(['play', 'pause', 'to 7', 'by -10', 'by 30', 'next', 'previous']);
    end();
    expect([...system.handlers.values()].every((h) => h === null)).toBe(true);
  });

  it('does without where there is no media session', () => {
    vi.stubGlobal('navigator', {});
    takeKeys({} as Presses)();
    show(film);
  });
});

describe('show', () => {
  it('says what plays and how far it is', () => {
    show(film);
    expect(system.metadata).toMatchObject({ title: 'A film', artist: 'Kira' });
    expect(system.playbackState).toBe('playing');
    expect(system.position).toEqual({ duration: 60, position: 12, playbackRate: 1 });
  });

  it.each([
    [{ at: 61 }, { duration: 60, position: 60, playbackRate: 1 }],
    [{ at: -1 }, { duration: 60, position: 0, playbackRate: 1 }],
    [{ length: NaN }, {}],
    [{ length: Infinity }, {}],
    [{ length: 0 }, {}],
  ])('never says a position that browsers refuse: %j', (over, want) => {
    show({ ...film, ...over });
    expect(system.position).toEqual(want);
  });

  it('clears what it said', () => {
    show({ ...film, paused: true });
    expect(system.playbackState).toBe('paused');
    show(null);
    expect([system.metadata, system.playbackState]).toEqual([null, 'none']);
  });
});

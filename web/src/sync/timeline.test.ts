import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lineAt, newer, positionAt, waitedFor, type Motion, type Playback, type Stamp } from './timeline';

type Vectors = {
  position: { name: string; playback: Motion & { duration_s?: number }; now_ms: number; want_s: number }[];
  rate: { name: string; playback: Motion; changed_ms: number; rate: number; now_ms: number; want_s: number }[];
  waited_for: { name: string; playback: Playback; now_ms: number; want: string[] }[];
  newer: { name: string; a: Stamp; b: Stamp; want: boolean }[];
};

const file = new URL('../../../internal/screen/testdata/playback.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

describe('positionAt', () => {
  it.each(vectors.position)('$name', ({ playback, now_ms, want_s }) => {
    expect(positionAt(playback, now_ms, playback.duration_s)).toBeCloseTo(want_s, 6);
  });

  const playing: Motion = { status: 'playing', position_s: 50, rate: 1, at_ms: 0 };
  it.each([
    ['no duration known yet', 20_000, NaN, 70],
    ['endless', 20_000, Infinity, 70],
  ])('%s', (_name, now, duration, want) => {
    expect(positionAt(playing, now, duration)).toBe(want);
  });

  it.each(vectors.rate)('$name', ({ playback, changed_ms, rate, now_ms, want_s }) => {
    const changed = { ...playback, position_s: positionAt(playback, changed_ms), at_ms: changed_ms, rate };
    expect(positionAt(changed, now_ms)).toBeCloseTo(want_s, 6);
  });
});

describe('waitedFor', () => {
  it.each(vectors.waited_for)('$name', ({ playback, now_ms, want }) => {
    expect(waitedFor(playback, now_ms).map((w) => w.id)).toEqual(want);
  });
});

describe('lineAt', () => {
  const playing: Motion = { status: 'playing', position_s: 50, rate: 2, at_ms: 10_000 };
  it.each([
    ['lies behind the position before its instant', 9_000, 60, 48],
    ['is the position at it', 10_000, 60, 50],
    ['runs on', 13_000, 60, 56],
    ['and to the end', 20_000, 60, 60],
  ])('%s', (_name, now, duration, want) => expect(lineAt(playing, now, duration)).toBe(want));
});

describe('newer', () => {
  it.each(vectors.newer)('$name', ({ a, b, want }) => {
    expect(newer(a, b)).toBe(want);
  });
});

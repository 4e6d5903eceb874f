import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { newer, positionAt, type Motion, type Stamp } from './timeline';

type Vectors = {
  position: { name: string; playback: Motion; now_ms: number; want_s: number }[];
  newer: { name: string; a: Stamp; b: Stamp; want: boolean }[];
};

const file = new URL('../../../internal/screen/testdata/playback.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

describe('positionAt', () => {
  it.each(vectors.position)('$name', ({ playback, now_ms, want_s }) => {
    expect(positionAt(playback, now_ms)).toBeCloseTo(want_s, 6);
  });

  const playing: Motion = { status: 'playing', position_s: 50, rate: 1, at_ms: 0 };
  it.each([
    ['stops at the end', 20_000, 60, 60],
    ['runs until then', 9_000, 60, 59],
    ['no duration known yet', 20_000, NaN, 70],
    ['endless', 20_000, Infinity, 70],
    ['a duration of nought means unknown', 20_000, 0, 70],
  ])('%s', (_name, now, duration, want) => {
    expect(positionAt(playing, now, duration)).toBe(want);
  });

  it('a record before the start of the film stands at its start', () => {
    expect(positionAt({ ...playing, status: 'paused', position_s: -3 }, 0)).toBe(0);
  });
});

describe('newer', () => {
  it.each(vectors.newer)('$name', ({ a, b, want }) => {
    expect(newer(a, b)).toBe(want);
  });

  it('any order and loss of events ends with the highest record', () => {
    const records: Stamp[] = [];
    for (let epoch = 1; epoch <= 4; epoch++) {
      for (let version = 1; version <= 6; version++) records.push({ epoch, version });
    }
    const last = records.at(-1)!;
    let seed = 7;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    for (let run = 0; run < 200; run++) {
      const heard = records.filter((r) => r === last || random() < 0.6);
      heard.sort(() => random() - 0.5);
      let mine: Stamp = { epoch: 0, version: 0 };
      for (const r of heard) if (newer(r, mine)) mine = r;
      expect(mine).toEqual(last);
    }
  });
});

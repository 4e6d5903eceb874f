import { describe, expect, it } from 'vitest';
import { Estimator, judge, WINDOW } from './estimator';
import { seeded } from './testing/world';

/** A probe sent at `t1` over a line with these one-way delays, against a server `offset` ahead. */
function probe(t1: number, up: number, down: number, offset: number, think = 0.2) {
  const t2 = t1 + up + offset;
  const t3 = t2 + think;
  return { t1, t2, t3, t4: t1 + up + think + down };
}

describe('judge', () => {
  it.each([
    ['even line', probe(1000, 20, 20, 500), 500, 40],
    ['no line at all', probe(1000, 0, 0, -250), -250, 0],
    ['late on the way up: half of it is mistaken for offset', probe(1000, 60, 20, 500), 520, 80],
    ['late on the way down', probe(1000, 20, 60, 500), 480, 80],
    ['a slow server is not a slow line', probe(1000, 20, 20, 500, 300), 500, 40],
    ['an hour apart', probe(1000, 5, 5, 3_600_000), 3_600_000, 10],
  ])('%s', (_name, p, offset, delay) => {
    const s = judge(p);
    expect(s.offset_ms).toBeCloseTo(offset, 6);
    expect(s.delay_ms).toBeCloseTo(delay, 6);
  });

  it('never finds a delay below nought', () => {
    expect(judge({ t1: 0, t2: 5, t3: 9, t4: 3 }).delay_ms).toBe(0);
  });
});

describe('Estimator', () => {
  it('knows nothing at first, and says so', () => {
    const e = new Estimator();
    expect([e.count, e.offsetAt(5), e.boundAt(5), e.delay_ms, e.recentDelay(), e.drift]).toEqual([
      0, 0, Infinity, Infinity, Infinity, 0,
    ]);
  });

  it('goes by the quickest way up and the quickest way down', () => {
    const e = new Estimator();
    e.add(probe(0, 90, 10, 400));
    e.add(probe(60, 14, 12, 400));
    e.add(probe(120, 10, 150, 400));
    expect(e.delay_ms).toBeCloseTo(26);
    expect(e.offsetAt(120)).toBeCloseTo(400, 1);
    expect(e.boundAt(120)).toBeCloseTo(10, 1);
  });

  it.each([
    [12, 6],
    [60, 2],
  ])('%i probes on a line that jitters by 40 ms each way: within %i ms, nine times of ten', (n, ms) => {
    const errors: number[] = [];
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const e = new Estimator();
      for (let i = 0; i < n; i++) e.add(probe(i * 60, 55 + random() * 40, 55 + random() * 40, 1000));
      errors.push(Math.abs(e.offsetAt(n * 60) - 1000));
    }
    expect(errors.sort((a, b) => a - b)[180]).toBeLessThan(ms);
  });

  it('a clock that wanders more than allowed for is followed by its newest samples', () => {
    const e = new Estimator();
    for (let i = 0; i < 50; i++) e.add(probe(i * 1000, 0.5, 0.5, i * 1000 * 250e-6));
    expect(Math.abs(e.offsetAt(49_000) - 49_000 * 250e-6)).toBeLessThan(1);
  });

  it('knows how slow the line is nine times of ten', () => {
    const e = new Estimator();
    expect(e.slowDelay_ms).toBe(Infinity);
    for (let i = 0; i < 10; i++) e.add(probe(i * 60, 10 + i, 10, 400));
    e.add(probe(600, 700, 10, 400));
    expect(e.slowDelay_ms).toBeCloseTo(29);
  });

  it('forgets the best sample once it has left the window', () => {
    const e = new Estimator();
    e.add(probe(0, 5, 5, 0));
    for (let i = 1; i < WINDOW; i++) e.add(probe(i * 1000, 30, 30, 0));
    expect(e.delay_ms).toBeCloseTo(10);
    expect(e.boundAt((WINDOW - 1) * 1000)).toBeLessThan(8);
    e.add(probe(WINDOW * 1000, 30, 30, 0));
    expect(e.delay_ms).toBeCloseTo(60);
    expect(e.boundAt(WINDOW * 1000)).toBeCloseTo(30);
    expect(e.count).toBe(WINDOW);
  });

  it('the truth lies within the bound, whatever the line does', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seeded(seed);
      const e = new Estimator();
      const offset = (random() - 0.5) * 7_200_000;
      for (let i = 0; i < 200; i++) {
        const t1 = i < 12 ? i * 60 : i * 1000;
        expect(e.add(probe(t1, random() ** 3 * 400, random() ** 3 * 400, offset))).toBe(true);
        expect(Math.abs(e.offsetAt(t1 + 500) - offset)).toBeLessThanOrEqual(e.boundAt(t1 + 500) + 1e-6);
      }
    }
  });

  it.each([20, -40, 150])('finds a drift of %i ppm within ten minutes on a home line', (ppm) => {
    const random = seeded(3);
    const e = new Estimator();
    for (let t = 0; t < 600_000; t += 1000) {
      e.add(probe(t, 10 + random() * 10, 10 + random() * 10, 1000 + t * ppm * 1e-6));
    }
    expect(e.drift * 1e6).toBeGreaterThan(ppm - 12);
    expect(e.drift * 1e6).toBeLessThan(ppm + 12);
    // A minute without an answer, and the estimate still holds.
    expect(Math.abs(e.offsetAt(660_000) - (1000 + 660_000 * ppm * 1e-6))).toBeLessThan(5);
  });

  it('claims no drift where there is only jitter', () => {
    const random = seeded(11);
    const e = new Estimator();
    for (let t = 0; t < 120_000; t += 1000) e.add(probe(t, 75 + random() * 80, 75 + random() * 80, 0));
    expect(Math.abs(e.drift)).toBeLessThan(100e-6);
  });

  it('notices a stepped clock and believes the new one at once', () => {
    const e = new Estimator();
    for (let i = 0; i < 20; i++) expect(e.add(probe(i * 1000, 10, 12, 0))).toBe(true);
    expect(e.add(probe(20_000, 10, 12, 5000))).toBe(false);
    expect(e.count).toBe(1);
    expect(e.offsetAt(20_000)).toBeCloseTo(4999);
    expect(e.add(probe(21_000, 10, 12, 5000))).toBe(true);
  });

  it('takes no jitter and no drift for a step', () => {
    const e = new Estimator();
    for (let i = 0; i < 100; i++) {
      expect(e.add(probe(i * 1000, 0.1, 0.1, i * 1000 * 200e-6))).toBe(true);
    }
  });

  it('says how the line is now', () => {
    const e = new Estimator();
    for (let i = 0; i < 10; i++) e.add(probe(i * 1000, 10, 10, 0));
    for (let i = 10; i < 15; i++) e.add(probe(i * 1000, 80, 80, 0));
    expect(e.delay_ms).toBeCloseTo(20);
    expect(e.recentDelay()).toBeCloseTo(160);
  });
});

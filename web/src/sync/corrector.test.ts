import { describe, expect, it } from 'vitest';
import { Corrector, planNudge, TUNING, type Tick } from './corrector';
import { calm, SimPlayer, type Habits } from './testing/player';
import { seeded } from './testing/world';

const tick = (over: Partial<Tick> = {}): Tick => ({
  nowMs: 0,
  playing: true,
  expectedS: 10,
  currentS: 10,
  buffered: true,
  seeking: false,
  stalled: false,
  standing: false,
  roomRate: 1,
  ...over,
});

/** Looks `n` times, 100 ms apart, from `from` on; answers with the first thing to be done. */
function look(c: Corrector, n: number, over: Partial<Tick>, from = 1000) {
  for (let i = 0; i < n; i++) {
    const a = c.tick(tick({ ...over, nowMs: from + i * 100 }));
    if (a.kind !== 'none') return { ...a, after: i + 1 };
  }
  return { kind: 'none', after: n };
}

/** What a player like Chromium does on a busy machine. */
function lively(seed: number): Habits {
  const random = seeded(seed);
  return {
    loss: (glides) => (glides ? random() - 0.5 : 10 + random() * 3),
    seekCost: () => 40 + random() * 80,
    noise: () => (random() - 0.5) * 6,
    speed: 1 + (random() - 0.5) * 100e-6,
    deaf: false,
  };
}

describe('planNudge', () => {
  it.each([
    // way, error, loss, room rate, rate, for
    ['stretching', 40, 0, 1, 1.08, 500],
    ['stretching', 40, 20, 1, 1.08, 750],
    ['stretching', -40, 20, 1, 0.92, 250],
    ['stretching', -60, 20, 1, 0.92, 500],
    ['stretching', 10, 0, 1, 1.04, 250],
    ['stretching', 4.5, 0, 1, 1.02, 225],
    ['stretching', 300, 20, 1, 1.08, 4000],
    ['stretching', 1000, 0, 1, 1.08, TUNING.maxNudge],
    ['stretching', 40, 0, 2, 2.16, 250],
    ['stretching', -30, 0, 0.5, 0.46, 750],
    ['stretching', -19.5, 20, 1, 1.001, 60],
    ['gliding', 10, 0, 1, 1.02, 500],
    ['gliding', -10, 0, 1, 0.98, 500],
    ['gliding', 40, 0, 1, 1.04, 1000],
    ['gliding', 2, 0, 1, 1.005, 400],
  ] as const)('%s, %i ms behind, %i lost, at %f: rate %f for %i ms', (way, error, loss, roomRate, rate, forMs) => {
    const n = planNudge(error, loss, roomRate, TUNING[way]);
    expect(n.rate).toBeCloseTo(rate, 6);
    expect(n.for_ms).toBeCloseTo(forMs, 3);
  });

  it.each(['gliding', 'stretching'] as const)('gains exactly the error and the loss, %s, unless it is cut', (way) => {
    for (let error = -400; error <= 400; error += 7) {
      for (const roomRate of [0.5, 1, 1.25, 2]) {
        const { rate, for_ms } = planNudge(error, 22, roomRate, TUNING[way]);
        expect(Math.abs(rate / roomRate - 1)).toBeLessThanOrEqual(TUNING[way].most + 1e-9);
        expect(for_ms).toBeGreaterThan(0);
        const short = error + 22 - for_ms * (rate - roomRate);
        if (for_ms < TUNING.maxNudge) expect(Math.abs(short)).toBeLessThan(1.1);
      }
    }
  });
});

describe('Corrector while playing', () => {
  it.each([
    ['in step', {}, 'none', 20],
    ['2 ms behind is near enough', { currentS: 9.9981 }, 'none', 20],
    ['4 ms behind for a while, and no nudge lately: a nudge', { currentS: 9.996 }, 'nudge', 5],
    ['10 ms behind for a while: a nudge', { currentS: 9.99 }, 'nudge', 5],
    ['20 ms behind: a nudge after three looks', { currentS: 9.98 }, 'nudge', 3],
    ['20 ms ahead: likewise', { currentS: 10.02 }, 'nudge', 3],
    ['150 ms behind, not loaded: two looks will do', { currentS: 9.85, buffered: false }, 'nudge', 2],
    ['99 ms behind, loaded: still a nudge', { currentS: 9.901 }, 'nudge', 3],
    ['101 ms behind, loaded: a seek', { currentS: 9.899 }, 'seek', 2],
    ['101 ms ahead, loaded: a seek', { currentS: 10.101 }, 'seek', 2],
    ['450 ms behind, not loaded: a nudge', { currentS: 9.55, buffered: false }, 'nudge', 2],
    ['1.2 s behind, not loaded: a seek', { currentS: 8.8, buffered: false }, 'seek', 2],
    ['not while seeking', { currentS: 5, seeking: true }, 'none', 20],
    ['not while stalled', { currentS: 5, stalled: true }, 'none', 20],
  ] as const)('%s', (_name, over, kind, after) => {
    expect(look(new Corrector(), 20, over)).toMatchObject({ kind, after });
  });

  it('leaves 4 ms alone for a while after a nudge', () => {
    const c = new Corrector();
    expect(look(c, 20, { currentS: 9.98 }).kind).toBe('nudge');
    c.nudgeEnded(1000);
    expect(look(c, 60, { currentS: 9.996 }, 1000)).toMatchObject({ kind: 'none' });
    expect(look(c, 60, { currentS: 9.996 }, 12_000)).toMatchObject({ kind: 'nudge' });
  });

  it.each<[string, (c: Corrector) => void]>([
    ['a command', (c) => c.adopt(tick({ nowMs: 2500 }))],
    ['a seek', (c) => c.tick(tick({ nowMs: 2500, seeking: true }))],
    ['a stall', (c) => c.tick(tick({ nowMs: 2500, stalled: true }))],
  ])('puts 4 ms right at once after %s, and not three seconds later', (_name, happens) => {
    for (const [from, kind] of [
      [2600, 'nudge'],
      [2500 + TUNING.fresh, 'none'],
    ] as const) {
      const c = new Corrector();
      expect(look(c, 20, { currentS: 9.98 }).kind).toBe('nudge');
      c.nudgeEnded(1400);
      happens(c);
      expect(look(c, 20, { currentS: 9.996 }, from)).toMatchObject({ kind });
    }
  });

  it('is not taken in by one odd reading', () => {
    const c = new Corrector();
    for (let i = 0; i < 50; i++) {
      const currentS = i % 4 === 2 ? 9.5 : 10;
      expect(c.tick(tick({ nowMs: i * 100, currentS })).kind).toBe('none');
    }
  });

  it('aims a seek ahead by what a seek costs, in film time', () => {
    const c = new Corrector();
    const a = look(c, 5, { currentS: 5, roomRate: 2 });
    expect(a).toMatchObject({ kind: 'seek', to_s: 10 + (c.lead_ms(true) / 1000) * 2 });
    expect(c.state).toBe('seek');
  });

  it('seeks at most once in 1.5 s', () => {
    const c = new Corrector();
    const at: number[] = [];
    for (let now = 0; now < 10_000; now += 100) {
      if (c.tick(tick({ nowMs: now, currentS: 5 })).kind === 'seek') at.push(now);
    }
    expect(at.length).toBeGreaterThan(3);
    at.slice(1).forEach((t, i) => expect(t - at[i]!).toBeGreaterThanOrEqual(TUNING.cool));
  });

  it('nudges what a seek has left, and seeks again only for a lot', () => {
    for (const [behindMs, kind] of [
      [250, 'nudge'],
      [410, 'seek'],
    ] as const) {
      const c = new Corrector();
      expect(look(c, 5, { currentS: 5 }).kind).toBe('seek');
      expect(look(c, 20, { currentS: 10 - behindMs / 1000 }, 3000)).toMatchObject({ kind });
      expect(look(c, 20, { currentS: 9.75 }, 1000 + TUNING.seekRest + 2000)).toMatchObject({ kind: 'seek' });
    }
  });

  it('says how far it is off, behind as positive', () => {
    const c = new Corrector();
    c.tick(tick({ currentS: 9.9 }));
    expect(c.error_ms).toBeCloseTo(100);
    c.tick(tick({ currentS: 10.2, nowMs: 100 }));
    expect(c.error_ms).toBeCloseTo(-200);
  });

  it('is quiet during a nudge and for 300 ms after it', () => {
    const c = new Corrector();
    const a = look(c, 5, { currentS: 9.95 });
    expect(a.kind).toBe('nudge');
    expect(c.state).toBe('nudge');
    expect(look(c, 10, { currentS: 9.95 }, 1300).kind).toBe('none');
    c.nudgeEnded(2300);
    expect(c.state).toBe('ok');
    expect(look(c, 9, { currentS: 9.95 }, 2300)).toMatchObject({ kind: 'nudge', after: 6 });
  });

  it('gives up a nudge for a seek when the room moves far away', () => {
    const c = new Corrector();
    look(c, 5, { currentS: 9.95 });
    expect(look(c, 5, { currentS: 8 }, 1500)).toMatchObject({ kind: 'seek', after: 2 });
    c.nudgeEnded(2000);
    expect(c.state).toBe('seek');
  });
});

describe('Corrector on a new state', () => {
  it.each([
    ['paused elsewhere: the exact position', { playing: false, currentS: 10.2 }, { kind: 'seek', to_s: 10 }],
    ['paused two ms off: likewise', { playing: false, currentS: 10.002 }, { kind: 'seek', to_s: 10 }],
    ['paused on the spot', { playing: false }, { kind: 'none' }],
    ['playing 30 ms off: left to a nudge', { currentS: 9.97 }, { kind: 'none' }],
    ['playing 50 ms off: a seek is free now', { currentS: 9.95 }, { kind: 'seek', to_s: 10.09 }],
    ['playing 50 ms ahead: likewise', { currentS: 10.05 }, { kind: 'seek', to_s: 10.09 }],
    ['to be started in time', { standing: true, currentS: 10.085 }, { kind: 'none' }],
    ['to be started 20 ms late: left to a nudge', { standing: true, currentS: 10.065 }, { kind: 'none' }],
    ['to be started too late: from where the room is by then', { standing: true }, { kind: 'seek', to_s: 10.14 }],
  ])('%s', (_name, over, want) => {
    expect(new Corrector().adopt(tick(over))).toEqual(want);
  });

  it('seeks although it has just sought', () => {
    const c = new Corrector();
    expect(c.adopt(tick({ currentS: 5 })).kind).toBe('seek');
    expect(c.adopt(tick({ currentS: 5, nowMs: 50 })).kind).toBe('seek');
  });

  it('voids a running nudge', () => {
    const c = new Corrector();
    look(c, 5, { currentS: 9.95 });
    c.adopt(tick({ nowMs: 1500 }));
    expect(c.state).toBe('ok');
    const loss = c.loss_ms(true);
    c.nudgeEnded(1600);
    look(c, 10, { currentS: 9.99 }, 1700);
    expect(c.loss_ms(true)).toBe(loss);
  });

  it('while paused, rounding by the player is left alone and a real step undone', () => {
    const c = new Corrector();
    c.adopt(tick({ playing: false, currentS: 4 }));
    expect(look(c, 40, { playing: false, currentS: 10.02 }).kind).toBe('none');
    expect(look(c, 40, { playing: false, currentS: 10.5 }, 6000)).toMatchObject({ kind: 'seek', to_s: 10 });
  });
});

describe('Corrector with a player', () => {
  const starts = [-99, -75, -60, -31, -18, -5, 0, 5, 18, 31, 60, 75, 99];

  it.each(starts)('from %i ms behind it settles within 15 ms and stays, with few rate changes', (start) => {
    const p = new SimPlayer(calm, start);
    p.run(12_000);
    let worst = 0;
    p.run(60_000, () => (worst = Math.max(worst, Math.abs(p.behind))));
    expect(worst).toBeLessThanOrEqual(TUNING.enter + 1);
    expect(p.changes).toBeLessThanOrEqual(8);
    expect(p.seeks).toBe(0);
  });

  it('likewise with noise, uneven losses and a drifting crystal, over 200 players', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed * 7919);
      const p = new SimPlayer(lively(seed), (random() - 0.5) * 195, [0.5, 1, 1.25, 2][seed % 4]);
      p.run(20_000);
      const before = p.changes;
      let off = 0;
      p.run(60_000, () => (off += Math.abs(p.behind) > 20 ? 1 : 0));
      expect(off / 60_000, `seed ${seed}: share of time over 20 ms`).toBeLessThan(0.03);
      expect(p.changes - before, `seed ${seed}: rate changes a minute`).toBeLessThan(20);
      expect(p.seeks).toBe(0);
    }
  });

  it.each([
    ['gliding', true, 40],
    ['stretching', false, 70],
  ] as const)('learns what two rate changes cost, %s', (_way, glides, back) => {
    const p = new SimPlayer({ ...calm, loss: () => 4 }, back);
    for (let i = 0; i < 8; i++) {
      p.run(4000);
      p.film -= back;
    }
    expect(p.corrector.loss_ms(glides)).toBeGreaterThan(5);
    expect(p.corrector.loss_ms(glides)).toBeLessThan(12);
  });

  it('small errors glide at the speed of the film, large ones and other speeds keep the pitch', () => {
    for (const [behindMs, roomRate, glides] of [
      [10, 1, true],
      [-59, 1, true],
      [61, 1, false],
      [10, 1.25, false],
    ] as const) {
      expect(look(new Corrector(), 20, { currentS: 10 - behindMs / 1000, roomRate })).toMatchObject({ kind: 'nudge', glides });
    }
  });

  it('keeps the rate within 8 %', () => {
    for (const roomRate of [0.5, 1, 2]) {
      const p = new SimPlayer(calm, 380, roomRate);
      p.run(10_000);
      p.film += 700;
      p.run(10_000);
      expect(p.highest / roomRate).toBeLessThanOrEqual(1.0801);
      expect(p.lowest / roomRate).toBeGreaterThanOrEqual(0.9199);
    }
  });

  it.each([30, 70, 150, 400])('learns a seek cost of %i ms: the second seek lands closer', (cost) => {
    const p = new SimPlayer({ ...calm, seekCost: () => cost }, 5000);
    for (let i = 0; i < 8; i++) {
      p.adopt();
      p.run(6000);
      p.film -= 3000;
    }
    p.adopt();
    p.run(cost + 50);
    expect(Math.abs(p.behind)).toBeLessThan(25);
  });

  it('learns what a start costs, from what it foresaw', () => {
    const c = new Corrector();
    for (let i = 0; i < 8; i++) {
      const from = i * 10_000;
      c.loaded();
      // 20 ms late by then, and 100 ms to start: foreseen is 20 and what is missing from the cost.
      expect(c.adopt(tick({ standing: true, nowMs: from, expectedS: 10.02 - c.start_ms / 1000 })).kind).toBe('none');
      look(c, 9, { currentS: 9.98 - (100 - c.start_ms) / 1000 }, from + 100);
    }
    expect(c.start_ms).toBeCloseTo(100, 0);
  });

  it('a film that ran is sought at a pause, once, be it where it should', () => {
    const c = new Corrector();
    const still = tick({ playing: false, expectedS: 10, currentS: 10 });
    expect(c.adopt({ ...still, nowMs: 0 }).kind, 'never ran').toBe('none');
    c.adopt(tick({ standing: true, nowMs: 1000 }));
    c.tick(tick({ nowMs: 1100 }));
    expect(c.adopt({ ...still, nowMs: 1200 })).toEqual({ kind: 'seek', to_s: 10 });
    expect(c.adopt({ ...still, nowMs: 1250 }).kind, 'the echo').toBe('none');
    expect(c.tick({ ...still, nowMs: 9000 }).kind).toBe('none');
  });

  it.each([800, 1400, 2000])('is back within 50 ms 1.5 s after a stall of %i ms', (stall) => {
    const p = new SimPlayer(lively(stall), 0);
    p.run(5000);
    p.stallUntil = p.now + stall;
    p.run(stall + 1500);
    expect(Math.abs(p.behind)).toBeLessThan(50);
    expect(p.seeks).toBe(1);
  });

  it('learns nothing from a nudge that a stall spoiled', () => {
    const p = new SimPlayer(calm, 50);
    p.run(690);
    expect(p.corrector.state).toBe('nudge');
    const loss = p.corrector.loss_ms(true);
    p.stallUntil = p.now + 30;
    p.run(2000);
    expect(p.corrector.loss_ms(true)).toBe(loss);
  });

  it('a player that ignores the rate is sought, and not nudged for ever', () => {
    const p = new SimPlayer({ ...calm, deaf: true }, 200);
    p.run(30_000);
    expect(Math.abs(p.behind)).toBeLessThan(60);
    expect(p.seeks).toBe(1);
    const changes = p.changes;
    p.run(60_000);
    expect(p.changes).toBe(changes);
  });
});

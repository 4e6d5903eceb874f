// From samples to numbers: how far apart the pages were, how soon together again.

/** One look at a page's film: instant (ms, the common clock), position (s), whether it stands. */
export type Look = [at: number, position: number, paused: boolean];

/** A picture shown: instant (ms, the common clock), its place in the film (s). */
export type Frame = [at: number, media: number];

/** Something done to the room, and by when it is expected to be over. */
export interface Act {
  what: string;
  at: number;
}

/** What one page did. */
export interface Track {
  name: string;
  looks: Look[];
  frames: Frame[];
  seeks: number[];
  rates: [at: number, rate: number][];
}

/** Between the first and the last page while steady, by percentile (ms). */
export interface Spread {
  p50: number;
  p95: number;
  p99: number;
  samples: number;
}

export interface Verdict extends Spread {
  /** The same with the seconds in which the machine's host took its time away, and what followed from them. */
  everything: Spread;
  /** Time (ms) until all pages were back together, and stayed; per act. */
  settle: { what: string; ms: number }[];
  /** Between the first and the last page's first picture after "play" or "resume" (ms). */
  firstFrame: number[];
  /** How far apart the pages stood at the end of a pause (ms). */
  pausedApart: number;
  /** How long the film was to play, in all. */
  playedMinutes: number;
  /** Seeks that no command asked for, by page. */
  correctiveSeeks: Record<string, number>;
  rateChangesPerMinute: Record<string, number>;
  rates: [number, number];
}

/** All pages' positions at an instant. */
export interface Row {
  at: number;
  /** Between the first and the last page, in ms. */
  spread: number;
  /** By page, in seconds; null before it came. */
  of: (number | null)[];
}

const STEP = 50;
/** Steady play begins so long (ms) after an act, or after a second of which the host took a part. */
const STEADY_AFTER = 3000;
/** … and stay so for this long (ms). */
const FOR = 500;

/** Positions of the pages that are there, every 50 ms; an instant at which one gave none is left out. */
export function rows(tracks: Track[]): Row[] {
  const from = Math.min(...tracks.map((t) => t.looks[0]?.[0] ?? Infinity));
  const to = Math.min(...tracks.map((t) => t.looks.at(-1)?.[0] ?? Infinity));
  const cursors = tracks.map(() => 0);
  const found: Row[] = [];
  for (let at = from; at < to; at += STEP) {
    const of: (number | null)[] = tracks.map((t, i) => {
      if ((t.looks[0]?.[0] ?? Infinity) > at) return null;
      while (t.looks[cursors[i]! + 1]![0] < at) cursors[i]!++;
      return between(t.looks[cursors[i]!]!, t.looks[cursors[i]! + 1]!, at);
    });
    const here = of.filter((s) => s !== null);
    if (here.length < 2 || here.some(Number.isNaN)) continue;
    found.push({ at, of, spread: (Math.max(...here) - Math.min(...here)) * 1000 });
  }
  return found;
}

function between(left: Look, right: Look, at: number): number {
  if (right[0] - left[0] > 400) return NaN;
  const part = (at - left[0]) / (right[0] - left[0] || 1);
  return left[1] + part * (right[1] - left[1]);
}

/** Acts that end steady play until the next one. */
const ENDS = ['pause', 'frozen'];

/** Judges a run; `stolen` are the ends of seconds of which the machine's host took a part, within `back` ms of each other all pages are back. */
export function judge(tracks: Track[], acts: Act[], end: number, stolen: number[] = [], back = 50): Verdict {
  const all = rows(tracks);
  const quiet = (at: number): boolean => !stolen.some((second) => at >= second - 1000 && at < second + STEADY_AFTER);
  const steady: Row[] = [];
  let [played_ms, quiet_ms] = [0, 0];
  acts.forEach((act, i) => {
    const until = acts[i + 1]?.at ?? end;
    if (ENDS.includes(act.what)) return;
    played_ms += until - act.at;
    for (let at = act.at; at < until; at += STEP) if (quiet(at)) quiet_ms += STEP;
    steady.push(...all.filter((row) => row.at >= act.at + STEADY_AFTER && row.at < until));
  });
  const rates = tracks.flatMap((t) => t.rates.map(([, rate]) => rate));
  return {
    ...spread(steady.filter((row) => quiet(row.at))),
    everything: spread(steady),
    settle: acts.flatMap((act, i) => (ENDS.includes(act.what) ? [] : [{ what: act.what, ms: settle(all, back, act.at, acts[i + 1]?.at ?? end) }])),
    firstFrame: acts.filter((act) => act.what === 'play' || act.what === 'resume').map((act) => firstFrame(tracks, act.at)),
    pausedApart: pausedApart(all, acts),
    playedMinutes: Math.round(played_ms / 600) / 100,
    correctiveSeeks: each(tracks, (t) => t.seeks.filter((at) => at >= acts[0]!.at && !acts.some((act) => at >= act.at && at < act.at + STEADY_AFTER)).length),
    rateChangesPerMinute: each(tracks, (t) => round(t.rates.filter(([at]) => quiet(at)).length / (quiet_ms / 60_000))),
    rates: [Math.min(1, ...rates), Math.max(1, ...rates)]
  };
}

function spread(of: Row[]): Spread {
  const ms = of.map((row) => row.spread);
  return { p50: percentile(ms, 0.5), p95: percentile(ms, 0.95), p99: percentile(ms, 0.99), samples: ms.length };
}

/** Time from an act until all pages are together for good; to its end when they never are. */
function settle(all: Row[], back: number, at: number, until: number): number {
  let since = NaN;
  for (const row of all) {
    if (row.at < at || row.at >= until) continue;
    if (row.spread > back) since = NaN;
    else if (Number.isNaN(since)) since = row.at;
    else if (row.at - since >= FOR) return round(since - at);
  }
  return round(until - at);
}

/** How long after the first page the last one showed a picture beyond the one all stood on. */
function firstFrame(tracks: Track[], at: number): number {
  const begun = tracks.flatMap((t) => {
    const stood = t.looks.findLast((look) => look[0] <= at);
    const first = stood && t.frames.find((frame) => frame[0] > at && frame[1] > stood[1]);
    return first ? [first[0]] : [];
  });
  return round(Math.max(...begun) - Math.min(...begun));
}

function pausedApart(all: Row[], acts: Act[]): number {
  const apart = acts.map((act, i) => {
    const until = acts[i + 1]?.at ?? 0;
    return act.what === 'pause' ? (all.findLast((row) => row.at < until - 2 * STEP)?.spread ?? NaN) : 0;
  });
  return Math.round(Math.max(0, ...apart) * 1000) / 1000;
}

export function percentile(values: number[], part: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN);
}

const round = (n: number): number => Math.round(n * 10) / 10;

function each(tracks: Track[], of: (t: Track) => number): Record<string, number> {
  return Object.fromEntries(tracks.map((t) => [t.name, of(t)]));
}

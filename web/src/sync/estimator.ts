/**
 * What the server's clock reads, judged from four-timestamp probes. Pure arithmetic on the
 * samples it is given: knows no clock, timer or network.
 */

/** One probe: t1, t4 on this page's monotonic clock, t2, t3 on the server's, all in ms. */
export type Probe = { t1: number; t2: number; t3: number; t4: number };

/**
 * A probe judged. No message arrives before it was sent, so the true offset is at most `up_ms`
 * and at least -`down_ms`; the middle of the two is `offset_ms`, `delay_ms` what lies between.
 */
export type Sample = { at_ms: number; up_ms: number; down_ms: number; offset_ms: number; delay_ms: number };

/** How many of the latest samples compete. */
export const WINDOW = 60;

/** A crystal's error when nothing is known of it: 30 ppm, so 0.03 ms a second. */
const WANDER = 30e-6;
/** Whatever the regression says, no clock in a computer is worse than 300 ppm. */
const MAX_DRIFT = 300e-6;
/** The best sample of each such stretch (ms) is an anchor of the drift estimate. */
const STRETCH = 10_000;
const MAX_ANCHORS = 60;
const MIN_ANCHORS = 6;
/** Samples may contradict each other by this much (ms) before we say a clock was stepped. */
const SLACK = 2;

/** The offset and delay of a probe by the usual NTP formulas (RFC 5905, section 8). */
export function judge(p: Probe): Sample {
  const up_ms = p.t2 - p.t1;
  const down_ms = p.t4 - p.t3;
  return { at_ms: (p.t1 + p.t4) / 2, up_ms, down_ms, offset_ms: (up_ms - down_ms) / 2, delay_ms: Math.max(0, up_ms + down_ms) };
}

/**
 * Collects samples; answers with the middle of what they leave possible. The quickest way up
 * and the quickest way down may have been different probes': of n on a jittering line, what is
 * left open shrinks with 1/n, where the quickest round trip shrinks with its root.
 */
export class Estimator {
  #window: Sample[] = [];
  #anchors: Sample[] = [];
  #drift = 0;
  #driftError = 0;
  /** The offset as of the last sample, and how wrong (ms) it may be. */
  #at = 0;
  #offset = 0;
  #bound = Infinity;

  /**
   * Takes a probe. False when it cannot be true together with what is known: one of the two
   * clocks was stepped (or is another machine's now), all before it is forgotten, and the
   * caller does well to probe in a burst.
   */
  add(probe: Probe): boolean {
    const s = judge(probe);
    const fits = this.#fits(s);
    if (!fits) this.reset();
    this.#window.push(s);
    if (this.#window.length > WINDOW) this.#window.shift();
    this.#anchor(s);
    this.#narrow(s);
    return fits;
  }

  reset(): void {
    this.#window = [];
    this.#anchors = [];
    this.#drift = 0;
    this.#driftError = 0;
    this.#offset = 0;
    this.#bound = Infinity;
  }

  /** How many samples the estimate rests on, at most {@link WINDOW}. */
  get count(): number {
    return this.#window.length;
  }

  /** The lowest delay of late; Infinity without samples. */
  get delay_ms(): number {
    return Math.min(...this.#window.map((s) => s.delay_ms));
  }

  /** Median delay of the latest samples: how the line is now, not at its best. */
  recentDelay(of = 5): number {
    const d = this.#window.slice(-of).map((s) => s.delay_ms);
    return d.sort((a, b) => a - b)[d.length >> 1] ?? Infinity;
  }

  /** Delay that nine of ten samples kept within; Infinity without samples. */
  get slowDelay_ms(): number {
    const d = this.#window.map((s) => s.delay_ms).sort((a, b) => a - b);
    return d[Math.floor(d.length * 0.9)] ?? Infinity;
  }

  /** How fast the server's clock gains on ours, as a fraction; 0 until it is sure. */
  get drift(): number {
    return this.#drift;
  }

  /** What to add to the local instant to get the server's; 0 without samples. */
  offsetAt(localMs: number): number {
    return this.#offset + (this.count && this.#drift * (localMs - this.#at));
  }

  /** How wrong {@link offsetAt} may be, in ms; Infinity without samples. */
  boundAt(localMs: number): number {
    return this.#bound + Math.abs(localMs - this.#at) * (WANDER + this.#driftError);
  }

  /** What all samples together leave possible as of the last one, and what the clocks may have wandered since each. */
  #narrow(last: Sample): void {
    let most = last.up_ms;
    let least = -last.down_ms;
    for (let i = this.#window.length - 1; i >= 0; i--) {
      const s = this.#window[i]!;
      const age = last.at_ms - s.at_ms;
      const drifted = this.#drift * age;
      const doubt = Math.abs(age) * (WANDER + this.#driftError);
      const lower = Math.min(most, s.up_ms + drifted + doubt);
      const higher = Math.max(least, -s.down_ms + drifted - doubt);
      // A clock is worse than we allow for: what is older says nothing any more.
      if (higher > lower) break;
      [most, least] = [lower, higher];
    }
    this.#at = last.at_ms;
    this.#offset = (most + least) / 2;
    this.#bound = Math.max(0, most - least) / 2;
  }

  #fits(s: Sample): boolean {
    const gap = Math.abs(s.offset_ms - this.#offset);
    return gap <= this.#bound + s.delay_ms / 2 + Math.abs(s.at_ms - this.#at) * MAX_DRIFT + SLACK;
  }

  #anchor(s: Sample): void {
    const last = this.#anchors.at(-1);
    if (last && Math.floor(last.at_ms / STRETCH) === Math.floor(s.at_ms / STRETCH)) {
      if (s.delay_ms < last.delay_ms) this.#anchors[this.#anchors.length - 1] = s;
      return;
    }
    // A stretch has closed: its best sample stands from now on, so the slope may be drawn anew.
    [this.#drift, this.#driftError] = slopeOf(this.#anchors);
    this.#anchors.push(s);
    if (this.#anchors.length > MAX_ANCHORS) this.#anchors.shift();
  }
}

/** Least-squares slope of offset over time and its error; none unless three errors clear of chance. */
function slopeOf(s: readonly Sample[]): [slope: number, error: number] {
  if (s.length < MIN_ANCHORS) return [0, 0];
  const mean = (f: (x: Sample) => number) => s.reduce((sum, x) => sum + f(x), 0) / s.length;
  const t0 = mean((x) => x.at_ms);
  const o0 = mean((x) => x.offset_ms);
  const spread = mean((x) => (x.at_ms - t0) ** 2);
  const slope = mean((x) => (x.at_ms - t0) * (x.offset_ms - o0)) / spread;
  const left = mean((x) => (x.offset_ms - o0 - slope * (x.at_ms - t0)) ** 2);
  const error = Math.sqrt(left / spread / (s.length - 2));
  if (Math.abs(slope) <= 3 * error) return [0, 0];
  return [Math.min(MAX_DRIFT, Math.max(-MAX_DRIFT, slope)), 3 * error];
}

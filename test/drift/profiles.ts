// The lines people have, and what the room promises on them (docs/SYNC.md).
import { free, type Line } from '../e2e/support/relay';

/** Limits that report.mjs judges runs by; ms unless it says otherwise. A limit that is not named is not judged. */
export interface Promised {
  /** Steady spread over all pages. */
  p50?: number;
  p95?: number;
  p99?: number;
  /** All are back together after play, seek and resume; p95. */
  settle?: number;
  /** … after a stall of one. */
  stall?: number;
  /** … after one was away: without a network, or hidden. */
  inPlace?: number;
  /** Between the first and the last page's first picture after "play"; p95. */
  firstFrame?: number;
  /** Seeks outside of acts in ten minutes of summed time. */
  seeks?: number;
  /** Fewer changes of the rate than this in a minute, on each page. */
  rateChanges?: number;
  /** Between which rates a page corrects itself. */
  rates?: [number, number];
}

export interface Profile {
  /** One line per page; a latecomer takes the first again. */
  lines: Line[];
  most: Promised;
  /** What is promised of six pages or more; of them nothing else is. */
  ofSix?: Promised;
  /** Back together after an act is within this (ms); 50 where it is not said. */
  back?: number;
  /** An outage of the last page (ms), for the profile that has one. */
  outage?: number;
  /** How long the last page is hidden (ms). */
  hidden?: number;
}

/** A round trip of so many ms, half of it each way. */
const even = (rtt: number, jitter: number): Line => ({ up: rtt / 2, down: rtt / 2, jitter: jitter / 2 });

const everywhere: Promised = { rateChanges: 20, rates: [0.92, 1.08] };

export const profiles: Record<string, Profile> = {
  lan: {
    lines: [free, free, free],
    most: { ...everywhere, p95: 8, settle: 300, stall: 1500, seeks: 1 },
    ofSix: { firstFrame: 80 }
  },
  home: {
    lines: [even(30, 10), even(150, 80), { ...even(80, 20), stall: { every: 8000, hold: 700 } }],
    most: { ...everywhere, p50: 8, p95: 20, p99: 40, settle: 500, stall: 1500, seeks: 1 }
  },
  bad: {
    lines: [
      even(60, 0),
      // 40 % of 250 ms lie between the two directions; a fiftieth of the pieces is 2 round trips late.
      { up: 175, down: 75, jitter: 20, loss: { part: 0.02, late: 500 } }
    ],
    // Nobody can tell 50 ms of asymmetry from an offset: that far apart they are at best.
    back: 80,
    most: { ...everywhere, p95: 80, settle: 1500, stall: 2500 }
  },
  mobile: {
    lines: [even(120, 0), even(300, 80)],
    most: { ...everywhere, p95: 60, settle: 1500, inPlace: 3000 },
    outage: 20_000,
    hidden: 60_000
  }
};

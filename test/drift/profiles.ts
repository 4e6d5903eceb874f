// The lines people have, and what the room promises on them (docs/SYNC.md).
import { free, type Line } from '../e2e/support/relay';

export interface Profile {
  /** One line per page; a latecomer takes the first again. */
  lines: Line[];
  /** Promised: steady spread (ms) by percentile, settling after a command and after a stall (ms). */
  most: { p50?: number; p95: number; p99?: number; settleP95: number; afterStall: number };
  /** Back together after an act is within this (ms); 50 where it is not said. */
  back?: number;
  /** An outage of the last page (ms), for the profile that has one. */
  outage?: number;
  /** How long the last page is hidden (ms). */
  hidden?: number;
}

/** A round trip of so many ms, half of it each way. */
const even = (rtt: number, jitter: number): Line => ({ up: rtt / 2, down: rtt / 2, jitter: jitter / 2 });

export const profiles: Record<string, Profile> = {
  lan: { lines: [free, free, free], most: { p95: 8, settleP95: 300, afterStall: 1500 } },
  home: {
    lines: [even(30, 10), even(150, 80), { ...even(80, 20), stall: { every: 8000, hold: 700 } }],
    most: { p50: 8, p95: 20, p99: 40, settleP95: 500, afterStall: 1500 }
  },
  bad: {
    lines: [
      even(60, 0),
      // 40 % of 250 ms lie between the two directions; a fiftieth of the pieces is 2 round trips late.
      { up: 175, down: 75, jitter: 20, loss: { part: 0.02, late: 500 } }
    ],
    // Nobody can tell 50 ms of asymmetry from an offset: that far apart they are at best.
    back: 80,
    most: { p95: 80, settleP95: 1500, afterStall: 2500 }
  },
  mobile: {
    lines: [even(120, 0), even(300, 80)],
    most: { p95: 60, settleP95: 1500, afterStall: 3000 },
    outage: 20_000,
    hidden: 60_000
  }
};

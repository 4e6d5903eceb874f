/**
 * When and how a player is brought back onto the room's timeline. A state machine over
 * numbers: knows no element, clock or network; the engine measures and carries out.
 *
 * Why planned nudges: Chromium loses 10–13 ms of media time at every change of playbackRate,
 * so a loop that keeps adjusting the rate hunts for ever. One change, held for exactly as
 * long as the error needs, and one back; what is then left over teaches what the two changes
 * cost.
 */

/** One look at the player. Instants in ms on any steady clock, positions in seconds. */
export type Tick = {
  nowMs: number;
  playing: boolean;
  expectedS: number;
  currentS: number;
  /** Whether the expected position has been loaded, so that a seek there is quick. */
  buffered: boolean;
  seeking: boolean;
  /** Whether the player wants to move and has no data. */
  stalled: boolean;
  roomRate: number;
};

/** What to do. A nudge sets `rate` for `for_ms`, then the room's rate again. */
export type Action =
  | { kind: 'none' }
  | { kind: 'seek'; to_s: number }
  | { kind: 'nudge'; rate: number; for_ms: number };

/** All in ms but the two shares. */
export const TUNING = {
  /** Errors above this are nudged as soon as three readings agree. */
  enter: 15,
  /** Errors below this are left alone; between the two it takes `calm` readings to be sure. */
  fine: 6,
  calm: 8,
  minShare: 0.02,
  maxShare: 0.08,
  /** A longer nudge is cut here and measured before the next. */
  maxNudge: 4000,
  /** Silence after a nudge, so that what is measured is what it left. */
  rest: 300,
  /** Silence after a new state. */
  hold: 150,
  /** Silence after a seek or a stall: Chromium takes this long to get up to speed. */
  settle: 350,
  seekBuffered: 400,
  seekUnbuffered: 1000,
  /** A player that ignores its rate is sought from here on. */
  seekDeaf: 150,
  cool: 1500,
  /** Right after a command a seek is free, so it needs less of a reason. */
  freeSeek: 40,
  /** A paused picture within this of the position is the same picture. */
  exact: 0.01,
  /** … and while it stays paused, some players round what they were told. */
  still: 30,
} as const;

type Seek = 'loaded' | 'unloaded';
type Nudge = {
  rate: number;
  roomRate: number;
  errorMs: number;
  startMs: number;
  gainedMs: number;
  /** A stall or a seek came between: what is left over teaches nothing. */
  spoiled: boolean;
};

const NONE: Action = { kind: 'none' };
const LOSS_AT_FIRST = 20;
const LEARN = 0.5;

export class Corrector {
  /** Media time (ms) that a nudge's two rate changes cost this player. */
  #loss = LOSS_AT_FIRST;
  /** Time (ms) from asking for a seek to the picture running again. */
  #cost: Record<Seek, number> = { loaded: 60, unloaded: 250 };
  #window: number[] = [];
  #quietUntil = -Infinity;
  #coolUntil = -Infinity;
  #nudge: Nudge | null = null;
  #nudged: Nudge | null = null;
  #sought: Seek | null = null;
  #seeking = false;
  #farFor = 0;
  #ignored = 0;
  #error = 0;

  /** What the pill says: `seek` until the sought position runs. */
  get state(): 'ok' | 'nudge' | 'seek' {
    return this.#seeking ? 'seek' : this.#nudge ? 'nudge' : 'ok';
  }

  /** How far behind (> 0) or ahead the player last was, in ms of film. */
  get error_ms(): number {
    return this.#error;
  }

  /** Media time in ms that a nudge is believed to cost. */
  get loss_ms(): number {
    return this.#loss;
  }

  /** How far ahead of the target a seek aims, in ms. */
  lead_ms(buffered: boolean): number {
    return this.#cost[kindOf(buffered)];
  }

  /** The room's state is new: a running nudge is void (the caller resets the rate), a seek is free. */
  adopt(t: Tick): Action {
    this.#nudge = null;
    this.#sought = null;
    this.#seeking = false;
    this.#forget(t.nowMs + TUNING.hold);
    this.#error = behind(t);
    if (!t.playing) return this.#stand(t, TUNING.exact);
    return Math.abs(this.#error) > TUNING.freeSeek ? this.#seek(t) : NONE;
  }

  /** Called about ten times a second. */
  tick(t: Tick): Action {
    if (t.seeking || t.stalled) {
      this.#forget(t.nowMs + TUNING.settle);
      return NONE;
    }
    this.#seeking = false;
    this.#error = behind(t);
    if (!t.playing) return t.nowMs < this.#coolUntil ? NONE : this.#stand(t, TUNING.still);
    if (t.nowMs < this.#quietUntil) return NONE;
    // One odd reading is no reason to jump; two in a row are.
    this.#farFor = Math.abs(this.#error) > this.#seekAt(t) ? this.#farFor + 1 : 0;
    if (this.#farFor >= 2) return t.nowMs < this.#coolUntil ? NONE : this.#seek(t);
    return this.#nudge || this.#farFor > 0 ? NONE : this.#decide(t);
  }

  /** The caller has put the room's rate back at the end of a nudge. */
  nudgeEnded(nowMs: number): void {
    const n = this.#nudge;
    if (!n) return;
    this.#nudge = null;
    this.#forget(nowMs + TUNING.rest);
    if (n.spoiled) return;
    // Timers are late at times: what counts is what the nudge really gained.
    this.#nudged = { ...n, gainedMs: (nowMs - n.startMs) * (n.rate - n.roomRate) };
  }

  /** Enough readings for the size of the error, their median, and a nudge if it is worth one. */
  #decide(t: Tick): Action {
    this.#window = [...this.#window, this.#error].slice(-TUNING.calm);
    if (this.#window.length < (Math.abs(this.#error) > 120 ? 2 : 3)) return NONE;
    this.#learn(median(this.#window.slice(-3)), t.roomRate);
    if (this.#deaf) return NONE;
    const large = median(this.#window.slice(-3));
    const error = Math.abs(large) > TUNING.enter ? large : this.#small();
    if (Math.abs(error) <= TUNING.fine) return NONE;
    const { rate, for_ms } = planNudge(error, this.#loss, t.roomRate);
    this.#window = [];
    this.#nudge = { rate, roomRate: t.roomRate, errorMs: error, startMs: t.nowMs, gainedMs: 0, spoiled: false };
    return { kind: 'nudge', rate, for_ms };
  }

  /** A small error, once it has stood for a while; 0 until then. */
  #small(): number {
    return this.#window.length < TUNING.calm ? 0 : median(this.#window);
  }

  /** Three nudges in a row changed nothing: this player does not do rates. */
  get #deaf(): boolean {
    return this.#ignored >= 3;
  }

  #seekAt(t: Tick): number {
    if (this.#deaf) return TUNING.seekDeaf;
    return t.buffered ? TUNING.seekBuffered : TUNING.seekUnbuffered;
  }

  #seek(t: Tick): Action {
    this.#nudge = null;
    this.#forget(t.nowMs + TUNING.settle);
    this.#sought = kindOf(t.buffered);
    this.#seeking = true;
    this.#coolUntil = t.nowMs + TUNING.cool;
    return { kind: 'seek', to_s: t.expectedS + (this.#cost[this.#sought] / 1000) * t.roomRate };
  }

  /** Paused: everybody looks at the same picture. */
  #stand(t: Tick, tolerance: number): Action {
    if (Math.abs(behind(t)) <= tolerance) return NONE;
    this.#coolUntil = t.nowMs + TUNING.cool;
    this.#seeking = true;
    return { kind: 'seek', to_s: t.expectedS };
  }

  /** What was measured belongs to the past; a seek in progress is still to be learned from. */
  #forget(quietUntil: number): void {
    this.#window = [];
    this.#farFor = 0;
    this.#nudged = null;
    if (this.#nudge) this.#nudge.spoiled = true;
    this.#quietUntil = quietUntil;
  }

  /** The first clean error after a nudge or a seek tells what it cost. */
  #learn(leftMs: number, roomRate: number): void {
    const n = this.#nudged;
    if (n) {
      const loss = leftMs - n.errorMs + n.gainedMs;
      if (Math.abs(leftMs) < 50) this.#loss = clamp(blend(this.#loss, loss), -10, 60);
      this.#ignored = Math.abs(leftMs - n.errorMs) < 0.3 * Math.abs(n.errorMs) ? this.#ignored + 1 : 0;
    }
    const s = this.#sought;
    if (s) this.#cost[s] = clamp(this.#cost[s] + LEARN * clamp(leftMs / roomRate, -300, 300), 0, 2000);
    this.#nudged = null;
    this.#sought = null;
  }
}

/**
 * One planned nudge: the rate and how long to hold it so that the film gains `errorMs` and
 * what the two rate changes lose. Takes about a second, longer for what 8 % cannot do in one.
 */
export function planNudge(errorMs: number, lossMs: number, roomRate: number): { rate: number; for_ms: number } {
  const gain = errorMs + lossMs;
  // The changes alone do it: make two that gain nothing themselves.
  if (Math.abs(gain) < 4) return { rate: roomRate * 1.001, for_ms: 60 };
  const share = Math.sign(gain) * clamp(Math.abs(gain) / 1000, TUNING.minShare, TUNING.maxShare);
  return { rate: roomRate * (1 + share), for_ms: Math.min(TUNING.maxNudge, gain / (share * roomRate)) };
}

function behind(t: Tick): number {
  return (t.expectedS - t.currentS) * 1000;
}

function kindOf(buffered: boolean): Seek {
  return buffered ? 'loaded' : 'unloaded';
}

function blend(old: number, seen: number): number {
  return old + LEARN * (seen - old);
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}

function median(xs: readonly number[]): number {
  return [...xs].sort((a, b) => a - b)[xs.length >> 1] ?? 0;
}

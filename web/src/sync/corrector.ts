/**
 * When and how a player is brought back onto the room's timeline. A state machine over
 * numbers: knows no element, clock or network; the engine measures and carries out.
 *
 * Why planned nudges: a player may lose media time at every change of playbackRate, Chromium
 * 19–24 ms at the two of a nudge, so a loop that keeps adjusting the rate hunts for ever. One
 * change, held for exactly as long as the error needs, and one back; what is then left over
 * teaches what the two changes cost.
 *
 * Why small ones let the pitch follow the rate: then Chromium loses nothing (−0.9 to 1.3 ms),
 * and skips no sound either. A few per cent for half a second are hardly heard.
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
  /** Whether the player is still to be started. */
  standing: boolean;
  roomRate: number;
};

/**
 * What to do. A nudge sets `rate` for `for_ms`, then the room's rate again; if it glides, the
 * pitch follows the rate meanwhile.
 */
export type Action =
  | { kind: 'none' }
  | { kind: 'seek'; to_s: number }
  | { kind: 'nudge'; rate: number; for_ms: number; glides: boolean };

/** All in ms but the shares. */
export const TUNING = {
  /** Errors above this are nudged as soon as three readings agree. */
  enter: 15,
  /** Between this and `enter` it takes `calm` readings to be sure. */
  fine: 6,
  calm: 5,
  /**
   * Errors below this are left alone. Up to `fine` they are nudged while the film is finding its
   * place, for `fresh` after a command, seek or stall; later only after so long without a nudge.
   */
  finest: 2,
  fresh: 3000,
  patience: 15_000,
  /** Errors up to this glide, if the room plays at the film's own speed. */
  glide: 60,
  /** Shares of the rate, and what a nudge takes (ms) when no share bounds it. */
  gliding: { least: 0.005, most: 0.04, nudge: 500 },
  /** The first change alone throws Chromium some 18 ms back, so it is over soon. */
  stretching: { least: 0.02, most: 0.08, nudge: 250 },
  /** A longer nudge is cut here and measured before the next. */
  maxNudge: 4000,
  /** Silence after a nudge, so that what is measured is what it left. */
  rest: 300,
  /** Silence after a new state. */
  hold: 150,
  /** Silence after a seek or a stall: Chromium takes this long to get up to speed. */
  settle: 350,
  /** A nudge makes up for this in 1.5 s. More is sought, and what a seek leaves is nudged, unless it is a lot. */
  seekBuffered: 100,
  seekAgain: 400,
  seekRest: 10_000,
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

/**
 * A way of getting going; each takes a time of its own until the picture runs. A start is that
 * of a film that was loaded or sought since it last ran, as all are here: Chromium needs 65–115
 * ms then, and 10 after a mere pause.
 */
type Way = 'start' | Seek | `${Seek} start`;
type Seek = 'loaded' | 'unloaded';
/** Under way: how (foreseenMs) far behind it will be once the picture runs, if the cost is right. */
type Going = { way: Way; foreseenMs: number };
type Nudge = {
  rate: number;
  glides: boolean;
  roomRate: number;
  errorMs: number;
  startMs: number;
  gainedMs: number;
  /** A stall or a seek came between: what is left over teaches nothing. */
  spoiled: boolean;
};

const NONE: Action = { kind: 'none' };
const LEARN = 0.5;

export class Corrector {
  /** Media time (ms) that a nudge's two rate changes cost this player, while it glides and otherwise. */
  readonly #loss = { gliding: 0, stretching: 20 };
  /** Time (ms) from asking to the picture running. */
  readonly #cost: Record<Way, number> = { start: 85, loaded: 90, unloaded: 250, 'loaded start': 140, 'unloaded start': 300 };
  #window: number[] = [];
  #quietUntil = -Infinity;
  #coolUntil = -Infinity;
  #soughtAt = -Infinity;
  #freshUntil = -Infinity;
  #nudge: Nudge | null = null;
  #nudged: Nudge | null = null;
  #nudgedAt = -Infinity;
  #going: Going | null = null;
  #seeking = false;
  /** Since it was last loaded or sought. */
  #ran = false;
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
  loss_ms(glides: boolean): number {
    return this.#loss[glides ? 'gliding' : 'stretching'];
  }

  /** How far ahead of the target a seek of a running film aims, in ms. */
  lead_ms(buffered: boolean): number {
    return this.#cost[kindOf(buffered)];
  }

  /** From play() to a picture that moves, as it stands now, in ms. */
  get start_ms(): number {
    return this.#cost.start;
  }

  /** The player has another film. */
  loaded(): void {
    this.#ran = false;
  }

  /**
   * The room's state is new: a running nudge is void (the caller resets the rate), a seek is
   * free. A player that stands and is now to play may be ahead by what starting takes.
   */
  adopt(t: Tick): Action {
    this.#nudge = null;
    this.#going = null;
    this.#seeking = false;
    this.#forget(t.nowMs + TUNING.hold);
    this.#freshUntil = t.nowMs + TUNING.fresh;
    this.#error = behind(t);
    if (!t.playing) return this.#stand(t, TUNING.exact);
    const foreseenMs = this.#error + (t.standing ? this.start_ms * t.roomRate : 0);
    if (Math.abs(foreseenMs) > TUNING.freeSeek) return this.#seek(t);
    if (t.standing && !t.seeking) {
      this.#going = { way: 'start', foreseenMs };
      this.#quietUntil += this.start_ms;
    }
    return NONE;
  }

  /** Called about ten times a second. */
  tick(t: Tick): Action {
    if (t.seeking || t.stalled) {
      if (this.#going?.way === 'start') this.#going = null;
      this.#forget(t.nowMs + TUNING.settle);
      this.#freshUntil = t.nowMs + TUNING.fresh;
      return NONE;
    }
    this.#seeking = false;
    this.#error = behind(t);
    if (!t.playing) return t.nowMs < this.#coolUntil ? NONE : this.#stand(t, TUNING.still);
    this.#ran = true;
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
    const error = Math.abs(large) > TUNING.enter ? large : this.#small(t.nowMs);
    if (error === 0) return NONE;
    const glides = t.roomRate === 1 && Math.abs(error) <= TUNING.glide;
    const { rate, for_ms } = planNudge(error, this.loss_ms(glides), t.roomRate, glides ? TUNING.gliding : TUNING.stretching);
    this.#window = [];
    this.#nudgedAt = t.nowMs;
    this.#nudge = { rate, glides, roomRate: t.roomRate, errorMs: error, startMs: t.nowMs, gainedMs: 0, spoiled: false };
    return { kind: 'nudge', rate, for_ms, glides };
  }

  /** A small error that is worth a nudge, once it has stood for a while; 0 otherwise. */
  #small(nowMs: number): number {
    if (this.#window.length < TUNING.calm) return 0;
    const error = median(this.#window);
    const often = nowMs < this.#freshUntil || nowMs - this.#nudgedAt > TUNING.patience;
    const least = often ? TUNING.finest : TUNING.fine;
    return Math.abs(error) > least ? error : 0;
  }

  /** Three nudges in a row changed nothing: this player does not do rates. */
  get #deaf(): boolean {
    return this.#ignored >= 3;
  }

  #seekAt(t: Tick): number {
    if (this.#deaf) return TUNING.seekDeaf;
    if (!t.buffered) return TUNING.seekUnbuffered;
    return t.nowMs - this.#soughtAt < TUNING.seekRest ? TUNING.seekAgain : TUNING.seekBuffered;
  }

  #seek(t: Tick): Action {
    // Where the one before it landed says how long it took, however far that is.
    this.#learn(this.#error, t.roomRate);
    this.#nudge = null;
    this.#forget(t.nowMs + TUNING.settle);
    const way: Way = t.standing ? `${kindOf(t.buffered)} start` : kindOf(t.buffered);
    this.#going = { way, foreseenMs: 0 };
    this.#seeking = true;
    this.#coolUntil = t.nowMs + TUNING.cool;
    this.#soughtAt = t.nowMs;
    return { kind: 'seek', to_s: Math.max(0, t.expectedS + (this.#cost[way] / 1000) * t.roomRate) };
  }

  /**
   * Paused: everybody looks at the same picture. A film that ran is sought in any case, the
   * presser's too: it shows whichever picture came last, and would start sooner than the others.
   */
  #stand(t: Tick, tolerance: number): Action {
    if (!this.#ran && Math.abs(behind(t)) <= tolerance) return NONE;
    this.#coolUntil = t.nowMs + TUNING.cool;
    this.#seeking = true;
    this.#ran = false;
    return { kind: 'seek', to_s: t.expectedS };
  }

  /** What was measured belongs to the past; what got it going is still to be learned from. */
  #forget(quietUntil: number): void {
    this.#window = [];
    this.#farFor = 0;
    this.#nudged = null;
    if (this.#nudge) this.#nudge.spoiled = true;
    this.#quietUntil = quietUntil;
  }

  /** The first clean error after a nudge, a seek or a start tells what it cost. */
  #learn(leftMs: number, roomRate: number): void {
    const n = this.#nudged;
    if (n) {
      const loss = leftMs - n.errorMs + n.gainedMs;
      const kind = n.glides ? 'gliding' : 'stretching';
      if (Math.abs(leftMs) < 50) this.#loss[kind] = clamp(blend(this.#loss[kind], loss), -10, 60);
      this.#ignored = Math.abs(leftMs - n.errorMs) < 0.3 * Math.abs(n.errorMs) ? this.#ignored + 1 : 0;
    }
    const g = this.#going;
    if (g) this.#cost[g.way] = clamp(this.#cost[g.way] + LEARN * clamp((leftMs - g.foreseenMs) / roomRate, -300, 300), 0, 2000);
    this.#nudged = null;
    this.#going = null;
  }
}

/**
 * One planned nudge: the rate and how long (ms) to hold it so that the film gains `errorMs` and
 * what the two rate changes lose. Takes as long as the way says, longer for what its largest
 * share cannot do in that.
 */
export function planNudge(errorMs: number, lossMs: number, roomRate: number, way: { least: number; most: number; nudge: number }): { rate: number; for_ms: number } {
  const gain = errorMs + lossMs;
  // The changes alone do it: make two that gain nothing themselves.
  if (Math.abs(gain) < 1) return { rate: roomRate * 1.001, for_ms: 60 };
  const share = Math.sign(gain) * clamp(Math.abs(gain) / way.nudge, way.least, way.most);
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

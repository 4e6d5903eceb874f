import { Estimator } from './estimator';

/** Asks the server once; t2 and t3 are its ms at receipt and just before the reply. */
export type ProbeServer = () => Promise<{ t2: number; t3: number }>;

/** What a clock needs of the world; the page by default. */
export interface World {
  /** Monotonic ms; never the wall clock, which people and NTP step. */
  now(): number;
  /** Calls `fn` once after `ms`; the answer cancels it. */
  later(ms: number, fn: () => void): () => void;
  /** Calls `fn` when the page is shown again or the network changes; the answer ends that. */
  onReturn(fn: () => void): () => void;
}

const BURST = 12;
const BURST_GAP = 60;
const STEADY_GAP = 1000;
/** A probe without an answer for so long (ms) no longer counts as under way. */
const LOST = 10_000;
/** So many probes under way at most: a dead line is not filled with more of them. */
const MAX_FLYING = 16;
/** Samples before the estimate is worth steering by. */
const ENOUGH = 3;
/** No answer for so long (ms) means the server is out of reach. */
const SILENCE = 5000;
/** A delay risen by half and by so many ms is another line, not jitter. */
const JUMP_MS = 40;
/** A jumping line causes at most one burst in so many ms. */
const JUMP_REST = 20_000;

/**
 * The server's time, estimated over whatever line `probe` uses. Probes in a burst of 12 at
 * 60 ms, then once a second; bursts again when the page is shown, the network changes, the
 * delay jumps or a clock was stepped. A probe that rejects or never answers is only a sample
 * less. Runs from start() to stop(); nothing of it is left after stop().
 */
export class Clock {
  #estimator = new Estimator();
  #running = false;
  #run = 0;
  #left = 0;
  #cancel = () => {};
  #unwatch = () => {};
  #flying = new Set<number>();
  #usual = Infinity;
  #jumpedAt = -Infinity;
  #heardAt = -Infinity;
  readonly #probe: ProbeServer;
  readonly #world: World;

  constructor(probe: ProbeServer, world: World = page) {
    this.#probe = probe;
    this.#world = world;
  }

  /** Starts probing with a burst. Starting twice is starting once. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#run++;
    this.#heardAt = this.#world.now();
    this.#unwatch = this.#world.onReturn(() => this.burst());
    this.burst();
  }

  /** Ends all timers and listeners; late answers are not counted. The estimate stays. */
  stop(): void {
    this.#running = false;
    this.#run++;
    this.#cancel();
    this.#unwatch();
    this.#flying.clear();
  }

  /** Probes quickly for a moment, from now. Does nothing while stopped. */
  burst(): void {
    if (!this.#running) return;
    this.#cancel();
    this.#left = BURST;
    this.#beat();
  }

  /** The server's time now, in ms since the Unix epoch; our own guess before {@link synced}. */
  now(): number {
    const local = this.#world.now();
    return local + this.#estimator.offsetAt(local);
  }

  /** What is added to this page's time to get the server's, in ms. */
  get offset_ms(): number {
    return this.#estimator.offsetAt(this.#world.now());
  }

  /** Round trip of the sample that counts, in ms; Infinity before the first. */
  get rtt_ms(): number {
    return this.#estimator.delay_ms;
  }

  /** How long (ms) a message is under way on this line, nine times of ten; Infinity before the first sample. */
  get lag_ms(): number {
    return this.#estimator.slowDelay_ms / 2;
  }

  /** How wrong {@link now} may be, in ms; Infinity before the first sample. */
  get bound_ms(): number {
    return this.#estimator.boundAt(this.#world.now());
  }

  /** Whether {@link now} is worth steering by. */
  get synced(): boolean {
    return this.#estimator.count >= ENOUGH;
  }

  /** Whether the server has not answered for a while. */
  get offline(): boolean {
    return this.#world.now() - this.#heardAt > SILENCE;
  }

  #beat(): void {
    this.#left = Math.max(0, this.#left - 1);
    this.#cancel = this.#world.later(this.#left > 0 ? BURST_GAP : STEADY_GAP, () => this.#beat());
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const t1 = this.#world.now();
    for (const t of this.#flying) if (t1 - t > LOST) this.#flying.delete(t);
    if (this.#flying.size >= MAX_FLYING) return;
    const run = this.#run;
    this.#flying.add(t1);
    try {
      const { t2, t3 } = await this.#probe();
      const t4 = this.#world.now();
      if (run === this.#run && t4 - t1 <= LOST) this.#take(t1, t2, t3, t4);
    } catch {
      // Offline, or the server refused: the next one may do better.
    } finally {
      if (run === this.#run) this.#flying.delete(t1);
    }
  }

  #take(t1: number, t2: number, t3: number, t4: number): void {
    if (!Number.isFinite(t2) || !Number.isFinite(t3)) return;
    this.#heardAt = t4;
    const fits = this.#estimator.add({ t1, t2, t3, t4 });
    if (!fits || this.#jumped(t4)) this.burst();
  }

  /** Whether the line has become another one: its delay is well over what it used to be. */
  #jumped(nowMs: number): boolean {
    if (this.#left > 0 || nowMs - this.#jumpedAt < JUMP_REST) return false;
    const recent = this.#estimator.recentDelay();
    const jumped = recent > this.#usual * 1.5 + JUMP_MS;
    if (jumped) this.#jumpedAt = nowMs;
    this.#usual = jumped || this.#usual === Infinity ? recent : this.#usual * 0.9 + recent * 0.1;
    return jumped;
  }
}

/** The page's own clock, timers and events. */
export const page: World = {
  now: () => performance.timeOrigin + performance.now(),
  later(ms, fn) {
    const id = setTimeout(fn, ms);
    return () => clearTimeout(id);
  },
  onReturn(fn) {
    const shown = () => void (document.visibilityState === 'visible' && fn());
    const line = (navigator as Navigator & { connection?: EventTarget }).connection;
    document.addEventListener('visibilitychange', shown);
    window.addEventListener('online', fn);
    line?.addEventListener('change', fn);
    return () => {
      document.removeEventListener('visibilitychange', shown);
      window.removeEventListener('online', fn);
      line?.removeEventListener('change', fn);
    };
  },
};

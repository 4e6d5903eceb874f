import type { Player } from '../engine';
import type { SimWorld } from './world';

/** Ranges as an element shows them. */
class Ranges implements TimeRanges {
  readonly #r: [number, number][];
  constructor(r: [number, number][]) {
    this.#r = r;
  }
  get length(): number {
    return this.#r.length;
  }
  start = (i: number) => this.#r[i]![0];
  end = (i: number) => this.#r[i]![1];
}

/**
 * A media element in simulated time: it plays, seeks with a cost, loses film at each change of
 * rate that keeps the pitch, and fires its events late, as elements do.
 */
export class SimVideo extends EventTarget implements Player {
  duration = NaN;
  readyState = 0;
  seeking = false;
  paused = true;
  defaultPlaybackRate = 1;
  preservesPitch = false;
  loss_s = 0.012;
  seekCost_ms = 60;
  /** From play() to a picture that moves: after a mere pause, and when it was loaded or sought since. */
  warmStart_ms = 10;
  coldStart_ms = 85;
  #cold = true;
  #movesAt = -Infinity;
  /** What play() does: as a browser that wants a press first, or not. */
  refuses = false;
  /** Each position that was set. */
  sets: number[] = [];
  rates: number[] = [];
  #film = 0;
  #at = 0;
  #rate = 1;
  readonly #world: SimWorld;

  constructor(world: SimWorld) {
    super();
    this.#world = world;
  }

  /** As when the source's headers have come. */
  load(duration: number): void {
    this.#film = 0;
    this.#cold = true;
    this.duration = duration;
    this.readyState = 4;
    this.playbackRate = this.defaultPlaybackRate;
    this.#fire('loadedmetadata');
  }

  get ended(): boolean {
    return this.currentTime >= this.duration;
  }

  get buffered(): TimeRanges {
    return new Ranges(this.readyState > 0 ? [[0, Math.min(this.duration, 1e6)]] : []);
  }

  get currentTime(): number {
    const t = this.#world.true_ms;
    const moves = !this.paused && !this.seeking && this.readyState >= 3;
    const for_ms = Math.max(0, t - Math.max(this.#at, this.#movesAt));
    if (moves) this.#film = Math.min(this.#film + (for_ms / 1000) * this.#rate, this.duration || Infinity);
    this.#at = t;
    return this.#film;
  }

  set currentTime(s: number) {
    this.sets.push(s);
    this.jump(s);
  }

  /** As when the browser's own controls move it. */
  jump(s: number): void {
    // As Chromium does: a seek of a standing film to exactly where it stands is none.
    const stood = this.currentTime;
    this.#cold ||= this.paused && s !== stood;
    this.#film = s;
    this.seeking = true;
    this.#fire('seeking');
    this.#world.later(this.seekCost_ms, () => {
      void this.currentTime;
      this.seeking = false;
      this.#fire('seeked');
    });
  }

  get playbackRate(): number {
    return this.#rate;
  }

  set playbackRate(rate: number) {
    this.rates.push(rate);
    void this.currentTime;
    if (!this.paused && this.preservesPitch) this.#film -= this.loss_s;
    this.#rate = rate;
    this.#fire('ratechange');
  }

  play = async (): Promise<void> => {
    if (this.refuses) throw new DOMException('a press first', 'NotAllowedError');
    void this.currentTime;
    if (this.paused) {
      this.#fire('play');
      this.#movesAt = this.#world.true_ms + (this.#cold ? this.coldStart_ms : this.warmStart_ms);
      this.#cold = false;
    }
    this.paused = false;
  };

  pause = (): void => {
    void this.currentTime;
    if (!this.paused) this.#fire('pause');
    this.paused = true;
  };

  #fire(name: string): void {
    this.#world.later(4, () => this.dispatchEvent(new Event(name)));
  }
}

import { Corrector, type Tick } from '../corrector';

/** How a simulated player misbehaves; times in ms, positions in ms of film. */
export type Habits = {
  /** Film lost at each change of rate, when the pitch follows it and when it does not. */
  loss: (glides: boolean) => number;
  /** From a seek until the picture runs again. */
  seekCost: () => number;
  /** Error of one reading of currentTime. */
  noise: () => number;
  /** Speed of its own clock against true time. */
  speed: number;
  /** Whether setting a rate does anything. */
  deaf: boolean;
};

/** What Chromium on a quiet machine looks like. */
export const calm: Habits = { loss: (glides) => (glides ? 0 : 12), seekCost: () => 70, noise: () => 0, speed: 1, deaf: false };

/** A player in steps of one ms, and a room that plays on at `roomRate`. */
export class SimPlayer {
  now = 0;
  film: number;
  room = 0;
  rate: number;
  changes = 0;
  seeks = 0;
  lowest: number;
  highest: number;
  stallUntil = 0;
  loadedAhead = Infinity;
  readonly corrector = new Corrector();
  #busyUntil = 0;
  #nudgeUntil = Infinity;
  #glides = false;
  readonly #habits: Habits;
  readonly #roomRate: number;

  constructor(habits: Habits, behindMs: number, roomRate = 1) {
    this.#habits = habits;
    this.#roomRate = roomRate;
    this.rate = this.lowest = this.highest = roomRate;
    this.film = -behindMs;
  }

  /** How far behind it truly is, in ms of film. */
  get behind(): number {
    return this.room - this.film;
  }

  /** Lets so many ms pass with ten ticks a second. `watch` is called every ms. */
  run(ms: number, watch?: () => void): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.#step();
      if (this.now % 100 === 0) this.#act(this.corrector.tick(this.look()));
      watch?.();
    }
  }

  adopt(): void {
    this.#setRate(this.#roomRate);
    this.#nudgeUntil = Infinity;
    this.#act(this.corrector.adopt(this.look()));
  }

  look(): Tick {
    return {
      nowMs: this.now,
      playing: true,
      expectedS: this.room / 1000,
      currentS: (this.film + this.#habits.noise()) / 1000,
      buffered: this.behind < this.loadedAhead,
      seeking: this.now < this.#busyUntil,
      stalled: this.now < this.stallUntil,
      standing: false,
      roomRate: this.#roomRate,
    };
  }

  #step(): void {
    this.now++;
    this.room += this.#roomRate;
    if (this.now >= this.#busyUntil && this.now >= this.stallUntil) {
      this.film += (this.#habits.deaf ? this.#roomRate : this.rate) * this.#habits.speed;
    }
    if (this.now >= this.#nudgeUntil) {
      this.#nudgeUntil = Infinity;
      this.#setRate(this.#roomRate);
      this.corrector.nudgeEnded(this.now);
    }
  }

  #act(a: ReturnType<Corrector['tick']>): void {
    if (a.kind === 'nudge') {
      this.#glides = a.glides;
      this.#setRate(a.rate);
      this.#nudgeUntil = this.now + a.for_ms;
    }
    if (a.kind === 'seek') {
      this.#nudgeUntil = Infinity;
      this.#setRate(this.#roomRate);
      this.seeks++;
      this.film = a.to_s * 1000;
      this.#busyUntil = this.now + this.#habits.seekCost();
    }
  }

  #setRate(rate: number): void {
    if (rate === this.rate) return;
    this.rate = rate;
    this.changes++;
    this.lowest = Math.min(this.lowest, rate);
    this.highest = Math.max(this.highest, rate);
    if (!this.#habits.deaf) this.film -= this.#habits.loss(this.#glides);
  }
}

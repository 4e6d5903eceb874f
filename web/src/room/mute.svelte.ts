/** The longest a timer may be set for (ms); a longer wait looks again then. */
const LONGEST_MS = 2 ** 31 - 1;

/** Whether a person is muted; ends by itself when the time has come. Whoever makes one calls stop(). */
export class Mute {
  on = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Muted until an instant of the server's clock, `now` being that clock (ms); 0 for not muted. */
  until(instant: number, now: () => number): void {
    this.stop();
    const left = instant - now();
    this.on = left > 0;
    if (left > 0) this.#timer = setTimeout(() => this.until(instant, now), Math.min(left, LONGEST_MS));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

import { readTaste, type Taste } from './taste';

const STORED = 'synctv.danmaku';

/** A person's taste as state; every change is stored. */
export class TasteStore {
  #taste = $state<Taste>(readTaste(localStorage.getItem(STORED)));
  /** Whether this person's system asks for less motion: then nothing moves over the film. */
  readonly still = matchMedia('(prefers-reduced-motion: reduce)').matches;

  get value(): Taste {
    return this.#taste;
  }

  /** Whether comments are drawn at all. */
  get on(): boolean {
    return this.#taste.on && !this.still;
  }

  change(part: Partial<Taste>): void {
    this.#taste = { ...this.#taste, ...part };
    localStorage.setItem(STORED, JSON.stringify(this.#taste));
  }

  toggle = (): void => this.change({ on: !this.#taste.on });
}

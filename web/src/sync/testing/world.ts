import type { World } from '../clock';

/** A small seeded generator, so that a failing run can be had again. */
export function seeded(seed: number): () => number {
  let s = seed % 2147483647 || 1;
  return () => (s = (s * 48271) % 2147483647) / 2147483647;
}

type Due = { at: number; fn: () => void };

/** Simulated time: things happen in order, at once, when `pass` is called. */
export class SimWorld implements World {
  /** True time in ms, which nobody in the simulation reads. */
  true_ms = 0;
  /** This page's clock: its error, its speed, and steps a test makes. */
  skew = 0;
  readonly origin: number;
  #due: Due[] = [];
  #watchers = new Set<() => void>();

  constructor(origin = 1_795_420_800_000) {
    this.origin = origin;
  }

  now(): number {
    return this.origin + this.true_ms * (1 + this.skew);
  }

  later(ms: number, fn: () => void): () => void {
    const entry: Due = { at: this.true_ms + ms, fn };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((d) => d !== entry);
    };
  }

  onReturn(fn: () => void): () => void {
    this.#watchers.add(fn);
    return () => this.#watchers.delete(fn);
  }

  /** As when the page is shown again. */
  return(): void {
    for (const fn of this.#watchers) fn();
  }

  get timers(): number {
    return this.#due.length;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((done) => this.later(ms, done));
  }

  /** Lets so many ms pass, running what falls due and what it promises. */
  async pass(ms: number): Promise<void> {
    const end = this.true_ms + ms;
    for (;;) {
      await settled();
      const next = this.#next();
      if (!next || next.at > end) break;
      this.#due = this.#due.filter((d) => d !== next);
      this.true_ms = Math.max(this.true_ms, next.at);
      next.fn();
    }
    this.true_ms = end;
    await settled();
  }

  #next(): Due | null {
    let first: Due | null = null;
    for (const d of this.#due) if (!first || d.at < first.at) first = d;
    return first;
  }
}

/** Lets the promises of one event run to their end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}

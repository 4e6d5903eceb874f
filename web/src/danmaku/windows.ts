import type { Danmaku, DanmakuWindow } from '../api/types';

/** Seconds of film fetched at a time, and how long before the end of what is there the next are. */
const SPAN_S = 120;
const AHEAD_S = 30;

/** In the order of the film. */
export const byPosition = (comments: readonly Danmaku[]): Danmaku[] => [...comments].sort((a, b) => a.position_s - b.position_s);

export type Fetch = (item: string, from_s: number, to_s: number) => Promise<DanmakuWindow>;

/**
 * Which parts of an item's comments are here. Asked often with the film's
 * position; fetches the part around it once, and one part at a time.
 */
export class Windows {
  readonly #fetch: Fetch;
  readonly #take: (comments: readonly Danmaku[]) => void;
  #item = '';
  #have: { from: number; to: number }[] = [];
  #seen = new Set<string>();
  #busy = false;
  #pauseUntil = 0;

  constructor(fetch: Fetch, take: (comments: readonly Danmaku[]) => void) {
    this.#fetch = fetch;
    this.#take = take;
  }

  /** Another item: nothing of it is here yet. */
  start(item: string): void {
    this.#item = item;
    this.#have = [];
    this.#seen = new Set();
    this.#pauseUntil = 0;
  }

  /** Whether a comment is new here; it counts as known from now on. */
  fresh(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    return true;
  }

  /** Fetches what is missing at a position; `now` in ms is for waiting after a failure. */
  async at(position_s: number, now: number): Promise<void> {
    const from = this.#missingFrom(position_s);
    if (!this.#item || this.#busy || from === null || now < this.#pauseUntil) return;
    const item = this.#item;
    this.#busy = true;
    try {
      const { danmaku, until_s } = await this.#fetch(item, from, from + SPAN_S);
      if (item !== this.#item) return;
      // A window that ended where it began would be asked for ever.
      this.#have.push({ from, to: Math.max(until_s, from + 1) });
      const fresh = danmaku.filter((d) => this.fresh(d.id));
      if (fresh.length) this.#take(fresh);
    } catch {
      this.#pauseUntil = now + 10_000;
    } finally {
      this.#busy = false;
    }
  }

  /** Where the next window begins; null when there is enough. */
  #missingFrom(position_s: number): number | null {
    const start = Math.max(0, Math.floor(position_s) - 10);
    let end = start;
    for (;;) {
      const reach = this.#have.filter((w) => w.from <= end && w.to > end).reduce((to, w) => Math.max(to, w.to), end);
      if (reach === end) break;
      end = reach;
    }
    return end > position_s + AHEAD_S ? null : end;
  }
}

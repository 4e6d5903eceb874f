import { asApiError, type ApiError } from '../api/problem';
import type { Found, NewItem } from '../api/types';

/** Somebody may still be typing (ms). */
const PAUSE_MS = 300;
/** Who adds without looking does not wait longer (ms) for what the look finds. */
const PATIENCE_MS = 1500;

/** What is at the one link in the field: asked for a moment after it was pasted. */
export class Look {
  found = $state.raw<Found | null>(null);
  error = $state.raw<ApiError | null>(null);
  busy = $state(false);
  #url = '';
  #timer = 0;
  #answer: Promise<void> = Promise.resolve();
  readonly #ask: (url: string) => Promise<Found>;

  constructor(ask: (url: string) => Promise<Found>) {
    this.#ask = ask;
  }

  /** Looks at a link; null for none. The same link again changes nothing. */
  at(url: string | null): void {
    if (url === (this.#url || null)) return;
    clearTimeout(this.#timer);
    this.#url = url ?? '';
    this.found = null;
    this.error = null;
    this.busy = url !== null;
    if (url === null) return;
    this.#answer = new Promise((done) => {
      this.#timer = window.setTimeout(() => void this.#look(url).then(done), PAUSE_MS);
    });
  }

  /** The link as it is to be added, with what is known of it by then. */
  async item(url: string): Promise<NewItem> {
    if (url !== this.#url) return { url };
    if (this.busy) await Promise.race([this.#answer, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    const f = url === this.#url ? this.found : null;
    if (!f || f.warnings.some((w) => w.fatal || w.code === 'not_looked')) return { url };
    return { url, kind: f.kind, live: f.live, duration_s: f.duration_s, ...(f.title && { title: f.title }) };
  }

  async #look(url: string): Promise<void> {
    try {
      const found = await this.#ask(url);
      if (url === this.#url) this.found = found;
    } catch (e) {
      if (url === this.#url) this.error = asApiError(e);
    } finally {
      if (url === this.#url) this.busy = false;
    }
  }
}

import { rooms } from '../api/api';
import { asApiError, type ApiError } from '../api/problem';
import type { RoomSummary } from '../api/types';

/**
 * A list of rooms that is fetched by pages. A newer search makes the answers of
 * an older one count for nothing, whenever they arrive.
 */
export class RoomList {
  rooms = $state.raw<RoomSummary[]>([]);
  error = $state.raw<ApiError | null>(null);
  /** False until the first answer to the present search. */
  loaded = $state(false);
  busy = $state(false);
  #next = $state('');
  #search = 0;
  #query = '';
  readonly #mine: boolean;

  constructor(mine: boolean) {
    this.#mine = mine;
  }

  get more(): boolean {
    return this.#next !== '';
  }

  /** Starts over with a search text; what is shown stays until the answer is here. */
  async load(q: string): Promise<void> {
    this.#query = q;
    this.#search++;
    await this.#fetch('');
  }

  /** Fetches the next page; does nothing when there is none or one is under way. */
  async loadMore(): Promise<void> {
    if (this.more && !this.busy) await this.#fetch(this.#next);
  }

  async #fetch(cursor: string): Promise<void> {
    const search = this.#search;
    this.busy = true;
    this.error = null;
    try {
      const page = await rooms.list({ q: this.#query, mine: this.#mine, cursor });
      if (search === this.#search) this.#take(page.rooms ?? [], page.next, cursor !== '');
    } catch (e) {
      if (search === this.#search) this.error = asApiError(e);
    } finally {
      if (search === this.#search) this.busy = false;
    }
  }

  #take(found: RoomSummary[], next: string, append: boolean): void {
    this.rooms = append ? [...this.rooms, ...found] : found;
    this.#next = next ?? '';
    this.loaded = true;
  }
}

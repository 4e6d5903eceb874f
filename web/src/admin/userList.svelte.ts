import { admin, type UserStatus } from '../api/accounts';
import { asApiError, type ApiError } from '../api/problem';
import type { User } from '../api/types';

/**
 * Accounts, fetched by pages. A newer search makes the answers of an older one
 * count for nothing, whenever they arrive.
 */
export class UserList {
  users = $state.raw<User[]>([]);
  error = $state.raw<ApiError | null>(null);
  /** False until the first answer. */
  loaded = $state(false);
  busy = $state(false);
  #next = $state('');
  #query: { q: string; status: UserStatus | '' } = { q: '', status: '' };
  #search = 0;

  get more(): boolean {
    return this.#next !== '';
  }

  async load(q: string, status: UserStatus | ''): Promise<void> {
    this.#query = { q, status };
    this.#search++;
    await this.#fetch('');
  }

  async loadMore(): Promise<void> {
    if (this.more && !this.busy) await this.#fetch(this.#next);
  }

  /** Puts a changed account where it stood. */
  replace(user: User): void {
    this.users = this.users.map((u) => (u.id === user.id ? user : u));
  }

  async #fetch(cursor: string): Promise<void> {
    const search = this.#search;
    this.busy = true;
    this.error = null;
    try {
      const page = await admin.users({ ...this.#query, cursor });
      if (search !== this.#search) return;
      this.users = cursor ? [...this.users, ...page.users] : page.users;
      this.#next = page.next;
      this.loaded = true;
    } catch (e) {
      if (search === this.#search) this.error = asApiError(e);
    } finally {
      if (search === this.#search) this.busy = false;
    }
  }
}

import { people } from '../api/api';
import { asApiError, type ApiError } from '../api/problem';
import type { Info, User } from '../api/types';

/** Who is looking at the page and what the server offers them. One per page, made by App. */
export class Session {
  user = $state.raw<User | null>(null);
  info = $state.raw<Info | null>(null);
  /** False until the first answer: nothing about people should be drawn before. */
  ready = $state(false);
  /** Why the server could not be asked at all. */
  error = $state.raw<ApiError | null>(null);

  async load(): Promise<void> {
    this.error = null;
    try {
      const [user, info] = await Promise.all([whoAmI(), people.info()]);
      this.user = user;
      this.info = info;
      this.ready = true;
    } catch (e) {
      this.error = asApiError(e);
    }
  }

  /** Somebody signed in; what the server offers may differ now. */
  signedIn(user: User): void {
    this.user = user;
    void this.#refreshInfo();
  }

  async signOut(): Promise<void> {
    await people.logout();
    this.gone();
  }

  /** Nobody is signed in any more, and the server knows it. */
  gone(): void {
    this.user = null;
    void this.#refreshInfo();
  }

  async #refreshInfo(): Promise<void> {
    try {
      this.info = await people.info();
    } catch {
      // What was known stays; the server still decides about each command.
    }
  }
}

async function whoAmI(): Promise<User | null> {
  try {
    return await people.me();
  } catch (e) {
    if (asApiError(e).kind === 'unauthenticated') return null;
    throw e;
  }
}

import { me, type SessionInfo } from '../api/accounts';
import { asApiError, type ApiError } from '../api/problem';

/** One's own sessions as the page shows them: what was ended leaves at once. */
export class Sessions {
  list = $state.raw<SessionInfo[]>([]);
  error = $state.raw<ApiError | null>(null);
  /** False until the first answer. */
  loaded = $state(false);

  readonly devices = $derived(this.list.filter((s) => s.kind === 'device').sort((a, b) => Number(b.current) - Number(a.current)));
  readonly tokens = $derived(this.list.filter((s) => s.kind === 'token'));
  /** Whether anything but the session in use is there to end. */
  readonly others = $derived(this.list.some((s) => !s.current));

  load = async (): Promise<void> => {
    this.error = null;
    try {
      this.list = await me.sessions();
      this.loaded = true;
    } catch (e) {
      this.error = asApiError(e);
    }
  };

  async end(id: string): Promise<void> {
    await me.endSession(id).catch((e: unknown) => {
      // Somebody ended it already: that is what was wanted.
      if (asApiError(e).code !== 'session_not_found') throw e;
    });
    this.list = this.list.filter((s) => s.id !== id);
  }

  async endOthers(): Promise<void> {
    await me.endOthers();
    this.list = this.list.filter((s) => s.current);
  }

  /** Makes an access token and gives it; it is not kept here. */
  async createToken(name: string): Promise<string> {
    const made = await me.createToken(name);
    this.list = [made.session, ...this.list];
    return made.token;
  }
}

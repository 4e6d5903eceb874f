// Short notes at the foot of the page: what a command did, or why it did not.
import type { ApiError } from '../api/problem';
import { asApiError } from '../api/problem';
import { errorText } from '../text/errors';

export type ToastAction = { text: string; run(): void };
export type Toast = { id: number; tone: 'info' | 'danger'; text: string; action?: ToastAction };

/** More would cover the page; the oldest goes. */
const MOST = 3;
const INFO_MS = 3_000;
/** Errors are longer and unexpected. */
const DANGER_MS = 8_000;

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;

  info = (text: string): void => this.#show('info', text, INFO_MS);

  /** Shows a failed command. */
  problem = (e: unknown): ApiError => {
    const error = asApiError(e);
    this.#show('danger', errorText(error), DANGER_MS);
    return error;
  };

  /** A note with something one may still do about it, for a while (ms). */
  offer = (text: string, action: ToastAction, forMs: number): void => this.#show('info', text, forMs, action);

  dismiss = (id: number): void => {
    this.list = this.list.filter((toast) => toast.id !== id);
  };

  #show(tone: Toast['tone'], text: string, forMs: number, action?: ToastAction): void {
    const id = this.#next++;
    // The same words twice are one note that stays longer; each offer is its own.
    const others = this.list.filter((toast) => toast.text !== text || action);
    this.list = [...others, { id, tone, text, ...(action && { action }) }].slice(-MOST);
    setTimeout(() => this.dismiss(id), forMs);
  }
}

export const toasts = new Toasts();

import type { Playback, SyncStatus } from '../sync';

/** What this page's player says of itself; the server adds who said it. */
export type Said = { epoch: number; reason: string; drift_ms?: number; rtt_ms: number; start_ms: number };

/** How often a player says how far it is off (ms), and for how many people that is told. */
const EVERY_MS = 5_000;
const PER_PERSON_MS = 250;

/**
 * Tells the room whether this player is ready, at once when that changes, and now and then
 * how far it is off. In a large room it does so more rarely. What was not sent is said again.
 */
export class Words {
  #said = '';
  #at = -Infinity;
  readonly #send: (said: Said) => Promise<unknown>;
  readonly #now: () => number;

  constructor(send: (said: Said) => Promise<unknown>, now: () => number = () => performance.now()) {
    this.#send = send;
    this.#now = now;
  }

  /** Twice a second, with what the player is like and how many people are here. */
  heard(status: SyncStatus, playback: Playback | null, people: number): void {
    if (!playback?.item_id) return;
    const what = `${playback.epoch} ${status.reason} ${status.start_ms > 0}`;
    const wait = Math.max(EVERY_MS, people * PER_PERSON_MS);
    if (what === this.#said && this.#now() - this.#at < wait) return;
    this.#said = what;
    this.#at = this.#now();
    const round = (ms: number): number => Math.round(ms * 10) / 10;
    const { reason, error_ms, rtt_ms, start_ms } = status;
    const said: Said = { epoch: playback.epoch, reason, rtt_ms: round(rtt_ms ?? 0), start_ms: round(start_ms) };
    if (error_ms !== null) said.drift_ms = round(error_ms);
    this.#send(said).catch(() => (this.#said = ''));
  }

  /** The socket is another one: all of it is news there. */
  forget(): void {
    this.#said = '';
  }
}

import { playback } from '../api/api';
import type { Item, Playback } from '../api/types';

/** A controller's word counts alone, so it comes first; others wait whether theirs is still needed (ms). */
const OWN_WORD_MS = 1_500;
const OTHERS_MS = 4_000;

/** What the reporter needs of the visit, read when it is needed. */
export type Scene = {
  current(): Item | null;
  playback(): Playback | null;
  /** Whether this person controls the playback. */
  controls(): boolean;
};

/**
 * Tells the server what this page's player found out about the current item: that
 * it has ended, how long it is, that it does not play. The server decides what
 * that means. Each thing is said once for each start of an item.
 */
export class Reporter {
  readonly #room: string;
  readonly #scene: Scene;
  readonly #random: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #said = '';

  constructor(room: string, scene: Scene, random: () => number = Math.random) {
    this.#room = room;
    this.#scene = scene;
    this.#random = random;
  }

  /** The film has come to its end, after `length_s` seconds. */
  ended(length_s: number): void {
    if (this.#scene.playback()?.status === 'playing') this.#say('ended', { duration_s: length_s });
  }

  failed(reason: string): void {
    if (this.#scene.playback()?.status === 'playing') this.#say('ended', { failed: reason });
  }

  /** The player knows how long the film is; the room may not need to hear it. */
  length(length_s: number): void {
    clearTimeout(this.#timer);
    if (!this.#needed(length_s)) return;
    const wait = this.#scene.controls() ? OWN_WORD_MS : OWN_WORD_MS + OTHERS_MS * (0.5 + this.#random());
    this.#timer = setTimeout(() => this.#needed(length_s) && this.#say('length', { duration_s: length_s }), wait);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #needed(length_s: number): boolean {
    const item = this.#scene.current();
    return item !== null && !item.live && item.duration_s === 0 && length_s > 0;
  }

  #say(what: 'ended' | 'length', about: { duration_s?: number; failed?: string }): void {
    const now = this.#scene.playback();
    const item = this.#scene.current();
    if (!now || !item || item.live || now.item_id !== item.id) return;
    const said = `${now.epoch} ${what} ${about.failed ?? ''}`;
    if (said === this.#said) return;
    this.#said = said;
    // Nobody waits for it, and another page will say the same.
    playback.report(this.#room, what, { item_id: item.id, epoch: now.epoch, ...about }).catch(() => (this.#said = ''));
  }
}

import type { Subtitle } from '../api/types';
import { subtitles as api } from '../api/subtitles';
import { locale } from '../text/text.svelte';
import { choiceOf, clampShift, readChoice, trackFor, withItem, type Choice } from './choice';

const STORED = 'synctv.subtitles';

/** The subtitles of what plays, and what this viewer wants of them; every choice is stored. */
export class Subtitles {
  tracks = $state.raw<readonly Subtitle[]>([]);
  #choice = $state.raw<Choice>(readChoice(localStorage.getItem(STORED)));
  #item = $state('');

  readonly shown = $derived.by(() => trackFor(this.tracks, this.#choice, this.#item, locale()));
  readonly shift_s = $derived.by(() => choiceOf(this.#choice, this.#item)?.shift_s ?? 0);
  readonly size = $derived.by(() => this.#choice.size);

  /** Asks for the tracks of an item; what was there stays while the same item is asked for again. */
  async load(room: string, item: string): Promise<void> {
    if (item !== this.#item) this.tracks = [];
    this.#item = item;
    if (!item) return;
    try {
      const { subtitles } = await api.list(room, item);
      if (item === this.#item) this.tracks = subtitles;
    } catch {
      // Without them the film still plays; the next change or item asks again.
    }
  }

  /** Shows a track, or none. */
  show(track: Subtitle | null): void {
    const next = withItem(this.#choice, this.#item, { track: track?.id ?? '', shift_s: this.shift_s });
    this.#store({ ...next, language: track ? track.language || next.language : '' });
  }

  /** Off, or on again: the first one when none was ever chosen. */
  toggle = (): void => this.show(this.shown ? null : (this.tracks.find((t) => t.language === this.#choice.language) ?? this.tracks[0] ?? null));

  shift(seconds: number): void {
    this.#store(withItem(this.#choice, this.#item, { track: this.shown?.id ?? '', shift_s: clampShift(seconds) }));
  }

  resize(size: number): void {
    this.#store({ ...this.#choice, size });
  }

  #store(next: Choice): void {
    this.#choice = next;
    localStorage.setItem(STORED, JSON.stringify(next));
  }
}

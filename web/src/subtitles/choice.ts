/** What a viewer wants of subtitles, and how it is remembered. Pure: nothing here touches the page. */
import type { Subtitle } from '../api/types';

/** The choice for one item: a track's id ('' = none), and its shift in seconds (later is positive). */
export type ItemChoice = { track: string; shift_s: number };

export type Choice = {
  /** Letters, 1 = as the browser draws them. */
  size: number;
  /** Language of the track chosen last; '' = they were turned off; null = never chosen. */
  language: string | null;
  /** By item, the latest last. */
  items: [id: string, choice: ItemChoice][];
};

export const SIZES = [0.6, 0.8, 1, 1.25, 1.5, 2] as const;
/** The furthest a subtitle can be shifted, in seconds. */
export const MOST_SHIFT_S = 600;
/** Items whose choice is remembered. */
const KEPT = 100;

export function readChoice(stored: string | null): Choice {
  const none: Choice = { size: 1, language: null, items: [] };
  try {
    const found = { ...none, ...(JSON.parse(stored ?? '{}') as Partial<Choice>) };
    const sized = typeof found.size === 'number' && found.size >= 0.5 && found.size <= 3;
    return { ...found, size: sized ? found.size : 1, items: Array.isArray(found.items) ? found.items : [] };
  } catch {
    return none;
  }
}

/** The choice for an item as it is remembered. */
export const choiceOf = (choice: Choice, item: string): ItemChoice | undefined => choice.items.find(([id]) => id === item)?.[1];

/** The choice with another one for an item. */
export function withItem(choice: Choice, item: string, next: ItemChoice): Choice {
  const rest = choice.items.filter(([id]) => id !== item);
  return { ...choice, items: [...rest, [item, next] as [string, ItemChoice]].slice(-KEPT) };
}

/**
 * The track to show: the one chosen for this item; else one in the language
 * chosen last; else, if nothing was ever chosen, one in the page's language.
 */
export function trackFor(tracks: readonly Subtitle[], choice: Choice, item: string, page: string): Subtitle | null {
  const own = choiceOf(choice, item);
  if (own) return tracks.find((t) => t.id === own.track) ?? null;
  const wanted = choice.language ?? page;
  if (wanted === '') return null;
  const base = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';
  return tracks.find((t) => t.language === wanted) ?? tracks.find((t) => t.language !== '' && base(t.language) === base(wanted)) ?? null;
}

/** A shift within the bounds, in whole tenths. */
export const clampShift = (s: number): number => Math.max(-MOST_SHIFT_S, Math.min(MOST_SHIFT_S, Math.round(s * 10) / 10)) || 0;

// How a person wants comments over films, kept in their browser.
import type { Danmaku, DanmakuSize } from '../api/types';

export type Taste = {
  on: boolean;
  /** Share of comments drawn, 0.1 to 1. */
  density: number;
  /** 0.2 to 1. */
  opacity: number;
  /** Pixels a second at a width of 1000. */
  speed: number;
  /** Share of the picture's height used, from the top. */
  area: number;
  /** Factor of the letters. */
  scale: number;
  /** Comments with one of these in them are not drawn. */
  words: string[];
  /** Nor those of these people, by id; the name is for the list. */
  people: { id: string; name: string }[];
};

export const PLAIN: Taste = { on: true, density: 1, opacity: 0.9, speed: 150, area: 0.75, scale: 1, words: [], people: [] };

/** The least and most of each number, as the controls offer them. */
export const RANGES = {
  density: [0.1, 1], opacity: [0.2, 1], speed: [60, 320], area: [0.25, 1], scale: [0.6, 1.8]
} as const satisfies Partial<Record<keyof Taste, readonly [number, number]>>;
export type Ranged = keyof typeof RANGES;

const MOST_BLOCKED = 200;

/** Reads what was stored; whatever makes no sense is as it was in the beginning. */
export function readTaste(stored: string | null): Taste {
  let raw: Partial<Record<keyof Taste, unknown>> = {};
  try {
    raw = (JSON.parse(stored ?? '{}') as typeof raw | null) ?? {};
  } catch {
    // Somebody else's words under our name.
  }
  const taste = { ...PLAIN, on: raw.on !== false };
  for (const key of Object.keys(RANGES) as Ranged[]) {
    const value = raw[key];
    const [least, most] = RANGES[key];
    if (typeof value === 'number' && value >= least && value <= most) taste[key] = value;
  }
  const list = (v: unknown): unknown[] => (Array.isArray(v) ? v.slice(0, MOST_BLOCKED) : []);
  taste.words = list(raw.words).filter((w): w is string => typeof w === 'string' && w.trim() !== '');
  taste.people = list(raw.people).filter((p): p is Taste['people'][number] => typeof (p as { id?: unknown })?.id === 'string');
  return taste;
}

/** Whether a comment is drawn. Which ones fall to density depends on their id, so they stay away on replay too. */
export function drawn(d: Danmaku, taste: Taste): boolean {
  if (taste.people.some((p) => p.id === d.author.id)) return false;
  const text = d.text.toLowerCase();
  if (taste.words.some((w) => text.includes(w.toLowerCase()))) return false;
  return taste.density >= 1 || share(d.id) < taste.density;
}

/** A number from 0 to 1 that an id always gets. */
export function share(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  // The last characters reach the low bits only: stir them through.
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

const SIZES: Record<DanmakuSize, number> = { small: 0.75, normal: 1, large: 1.35 };

/** Size of the letters (px) over a picture of a height. */
export function letterSize(size: DanmakuSize, height: number, taste: Taste): number {
  return Math.round(Math.max(13, Math.min(34, height / 17)) * SIZES[size] * taste.scale);
}

/** Speed (px/s) over a picture of a width: a comment takes the same time to cross a small one. */
export const speedOver = (width: number, taste: Taste): number => Math.max(30, (taste.speed * width) / 1000);

/** The color if it is one, else white. */
export const colorOf = (color: string): string => (/^#[0-9a-f]{6}$/i.test(color) ? color : '#ffffff');

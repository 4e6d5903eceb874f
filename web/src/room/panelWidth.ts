/** How wide the side panel may be, in px. */
export const WIDTH = { least: 320, usual: 372, most: 480, step: 16 };

const STORED = 'synctv.panel_width';

export const clampWidth = (px: number): number =>
  Number.isFinite(px) ? Math.round(Math.min(WIDTH.most, Math.max(WIDTH.least, px))) : WIDTH.usual;

/** The width a key leads to (the panel is on the right), or null when the key is not about it. */
export function widthByKey(from: number, key: string): number | null {
  const to: Record<string, number> = { ArrowLeft: from + WIDTH.step, ArrowRight: from - WIDTH.step, Home: WIDTH.least, End: WIDTH.most };
  const px = to[key];
  return px === undefined ? null : clampWidth(px);
}

export const storedWidth = (): number => clampWidth(Number(localStorage.getItem(STORED) ?? NaN));
export const storeWidth = (px: number): void => localStorage.setItem(STORED, String(px));

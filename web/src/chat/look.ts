import type { DanmakuLook, DanmakuMode, DanmakuSize } from '../api/types';

export const MODES: DanmakuMode[] = ['scroll', 'top', 'bottom'];
export const SIZES: DanmakuSize[] = ['small', 'normal', 'large'];

/** Colours that are readable over a film with a dark edge around the letters. */
export const COLORS = [
  { name: 'white', value: '#ffffff' }, { name: 'yellow', value: '#ffd54a' }, { name: 'red', value: '#ff8a80' }, { name: 'pink', value: '#ff9ff3' },
  { name: 'blue', value: '#82b1ff' }, { name: 'cyan', value: '#7ee8fa' }, { name: 'green', value: '#8ce99a' }
] as const;

const STORED = 'synctv.danmaku.look';
const PLAIN: DanmakuLook = { mode: 'scroll', color: '#ffffff', size: 'normal' };

/** How this person wrote over a film last time. */
export function storedLook(stored: string | null = localStorage.getItem(STORED)): DanmakuLook {
  const [mode, color, size] = (stored ?? '').split(' ');
  return {
    mode: MODES.find((m) => m === mode) ?? PLAIN.mode,
    color: COLORS.find((c) => c.value === color)?.value ?? PLAIN.color,
    size: SIZES.find((s) => s === size) ?? PLAIN.size
  };
}

export const storeLook = (look: DanmakuLook): void => localStorage.setItem(STORED, `${look.mode} ${look.color} ${look.size}`);

const STORED = 'synctv.read';
/** How many rooms this device remembers, the last read first. */
const ROOMS = 50;

/** What the device keeps: [room, sequence number] pairs. */
type Kept = [string, number][];

function kept(stored: string | null): Kept {
  try {
    const list: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(list) ? list.filter((e): e is [string, number] => Array.isArray(e) && typeof e[0] === 'string' && Number.isSafeInteger(e[1])) : [];
  } catch {
    return [];
  }
}

/** Up to which message somebody has read a room's chat on this device; 0 = it is not known. */
export const readUpTo = (room: string, stored = localStorage.getItem(STORED)): number => kept(stored).find(([id]) => id === room)?.[1] ?? 0;

/** Remembers it. */
export function noteRead(room: string, seq: number): void {
  localStorage.setItem(STORED, withRead(localStorage.getItem(STORED), room, seq));
}

export function withRead(stored: string | null, room: string, seq: number): string {
  const others = kept(stored).filter(([id]) => id !== room);
  return JSON.stringify([[room, seq], ...others].slice(0, ROOMS));
}

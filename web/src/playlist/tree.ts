// A list of folders and items as one folder after another shows it. Pure.
import type { Folder, Item } from '../api/types';

/** The folders on the way to one of them, outermost first; a folder that is gone ends the way. */
export function wayTo(folders: readonly Folder[], id: string): Folder[] {
  const way: Folder[] = [];
  for (let at = folders.find((f) => f.id === id); at && way.length < folders.length; ) {
    way.unshift(at);
    const parent = at.parent_id;
    at = folders.find((f) => f.id === parent);
  }
  return way;
}

/** The folders in a folder, by name. */
export const foldersIn = (folders: readonly Folder[], parent: string): Folder[] =>
  folders.filter((f) => f.parent_id === parent).sort((a, b) => a.name.localeCompare(b.name));

/** How many items a folder holds, however deep. */
export function countIn(folders: readonly Folder[], items: readonly Item[], id: string): number {
  const here = items.filter((item) => item.folder_id === id).length;
  return folders.filter((f) => f.parent_id === id).reduce((n, f) => n + countIn(folders, items, f.id), here);
}

/** Where folders may be moved: every folder that is none of them and not below one, with its whole name. */
export function targets(folders: readonly Folder[], moving: readonly string[]): { id: string; name: string }[] {
  return folders
    .map((f) => ({ id: f.id, way: wayTo(folders, f.id) }))
    .filter(({ way }) => !way.some((f) => moving.includes(f.id)))
    .map(({ id, way }) => ({ id, name: way.map((f) => f.name).join(' / ') }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** After which item one is to be put to move it a step up (-1) or down (+1): '' = first; null when it cannot. */
export function stepped(items: readonly Item[], id: string, step: -1 | 1): string | null {
  const i = items.findIndex((item) => item.id === id);
  const to = i + step;
  if (i < 0 || to < 0 || to >= items.length) return null;
  return step > 0 ? (items[to]?.id ?? null) : (items[to - 1]?.id ?? '');
}

/**
 * After which item the dragged ones are dropped: on `over`, in its lower or upper half.
 * Dragged ones do not count as neighbours. '' = first.
 */
export function dropped(items: readonly Item[], dragged: readonly string[], over: string, lower: boolean): string {
  const upTo = items.findIndex((item) => item.id === over) + (lower ? 1 : 0);
  return items.slice(0, Math.max(0, upTo)).findLast((item) => !dragged.includes(item.id))?.id ?? '';
}

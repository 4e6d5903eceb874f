const STORED = 'synctv.reloaded_at';
const QUIET_MS = 60_000;

/**
 * Whether to reload now because a part of the page is missing. True at most
 * once a minute, so that a part that stays missing does not reload for ever.
 */
export function reloadOnce(store: Pick<Storage, 'getItem' | 'setItem'>, now: number): boolean {
  const last = Number(store.getItem(STORED) ?? 0);
  if (now - last < QUIET_MS) return false;
  store.setItem(STORED, String(now));
  return true;
}

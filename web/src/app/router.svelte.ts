// The page's address as state, and following links without a reload.
import { tick } from 'svelte';
import { here, inside } from '../api/base';
import { isOurs, parseRoute, type Route } from './routes';

// Paths in here begin where the server's do.
const pathname = (): string => inside(location.pathname) ?? '/';
const read = (): Route => parseRoute(pathname(), location.search);

const state = $state<{ route: Route; path: string }>({ route: read(), path: pathname() + location.search });

export const route = (): Route => state.route;
/** Path and query as they stand in the address bar, without what the server is below. */
export const path = (): string => state.path;

/** Goes to a path of this server. */
export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', here(to));
  else history.replaceState(null, '', here(to));
  update();
  scrollTo(0, 0);
  // Screen readers and the keyboard continue in the new page, not at the old link.
  void tick().then(() => document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true }));
}

/** Starts listening; returns how to stop. */
export function startRouter(): () => void {
  addEventListener('popstate', update);
  document.addEventListener('click', follow);
  return () => {
    removeEventListener('popstate', update);
    document.removeEventListener('click', follow);
  };
}

function update(): void {
  state.path = pathname() + location.search;
  state.route = read();
}

function follow(e: MouseEvent): void {
  const link = e.target instanceof Element ? e.target.closest('a') : null;
  if (!link?.href) return;
  const to = link.origin === location.origin ? inside(link.pathname) : null;
  const ours = isOurs({
    prevented: e.defaultPrevented,
    button: e.button,
    modified: e.metaKey || e.ctrlKey || e.shiftKey || e.altKey,
    target: link.target,
    download: link.hasAttribute('download'),
    path: to
  });
  // A jump within the page (the skip link) is the browser's.
  if (!ours || to === null || (link.hash && link.pathname === location.pathname)) return;
  e.preventDefault();
  go(to + link.search);
}

// The page's address as state, and following links without a reload.
import { tick } from 'svelte';
import { isOurs, parseRoute, type Route } from './routes';

const read = (): Route => parseRoute(location.pathname, location.search);

const state = $state<{ route: Route; path: string }>({ route: read(), path: location.pathname + location.search });

export const route = (): Route => state.route;
/** Path and query as they stand in the address bar. */
export const path = (): string => state.path;

/** Goes to an address of this site. */
export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
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
  state.path = location.pathname + location.search;
  state.route = read();
}

function follow(e: MouseEvent): void {
  const link = e.target instanceof Element ? e.target.closest('a') : null;
  if (!link?.href) return;
  const ours = isOurs({
    prevented: e.defaultPrevented,
    button: e.button,
    modified: e.metaKey || e.ctrlKey || e.shiftKey || e.altKey,
    target: link.target,
    download: link.hasAttribute('download'),
    sameOrigin: link.origin === location.origin,
    path: link.pathname
  });
  // A jump within the page (the skip link) is the browser's.
  if (!ours || (link.hash && link.pathname === location.pathname)) return;
  e.preventDefault();
  go(link.pathname + link.search);
}

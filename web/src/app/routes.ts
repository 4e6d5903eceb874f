// Which page an address means. Pure; router.svelte.ts holds the current one.
import { here } from '../api/base';

export type Route =
  | { page: 'home' }
  | { page: 'room'; id: string }
  | { page: 'login'; next: string }
  | { page: 'register'; next: string }
  | { page: 'me' }
  | { page: 'admin' }
  | { page: 'missing' };

/** Reads a path and its query. A trailing slash does not matter. */
export function parseRoute(path: string, search: string): Route {
  const parts = path.split('/').filter(Boolean);
  const next = safeNext(new URLSearchParams(search).get('next'));
  if (parts.length === 0) return { page: 'home' };
  if (parts.length === 2 && parts[0] === 'r') return roomRoute(parts[1] ?? '');
  if (parts.length === 1 && parts[0] === 'login') return { page: 'login', next };
  if (parts.length === 1 && parts[0] === 'register') return { page: 'register', next };
  if (parts.length === 1 && parts[0] === 'me') return { page: 'me' };
  if (parts.length === 1 && parts[0] === 'admin') return { page: 'admin' };
  return { page: 'missing' };
}

function roomRoute(encoded: string): Route {
  try {
    return { page: 'room', id: decodeURIComponent(encoded) };
  } catch {
    // A half-written escape like %E4 names no room.
    return { page: 'missing' };
  }
}

/** Where to go after signing in: only a path of this site, never another one's address. */
export function safeNext(next: string | null): string {
  if (!next?.startsWith('/')) return '/';
  const target = URL.canParse(next, 'http://here') ? new URL(next, 'http://here') : null;
  return target?.host === 'here' ? target.pathname + target.search + target.hash : '/';
}

export const roomPath = (id: string): string => `/r/${encodeURIComponent(id)}`;

/** The link to a page about one's account that brings the person back afterwards. */
export const withNext = (path: '/login' | '/register', next: string): string =>
  here(next === '/' ? path : `${path}?next=${encodeURIComponent(next)}`);

/** What a click on a link is about, as far as routing needs to know. */
export type LinkClick = {
  prevented: boolean;
  button: number;
  modified: boolean;
  target: string;
  download: boolean;
  /** Where the link leads on this server; null: elsewhere. */
  path: string | null;
};

/** Whether the page follows a link itself rather than the browser. */
export function isOurs(click: LinkClick): boolean {
  const plain = !click.prevented && click.button === 0 && !click.modified && !click.download;
  return plain && click.path !== null && (click.target === '' || click.target === '_self') && !click.path.startsWith('/api/');
}

// Where the server's paths begin: "/watch" when a reverse proxy shows it below
// https://example.org/watch/, else "". The server writes it into the page.
export const base = typeof document === 'undefined' ? '' : (document.documentElement.dataset['base'] ?? '');

/** A path of this server as it stands in addresses. */
export const here = (path: string): string => base + path;

/** The path of an address without what the server is below; null: it is not of this server. */
export function inside(pathname: string, root = base): string | null {
  if (pathname === root) return '/';
  return pathname.startsWith(`${root}/`) ? pathname.slice(root.length) : null;
}

export type Crumb = { name: string; path: string };

/** The folders on the way to a library path, outermost first, without the root. */
export function crumbs(path: string): Crumb[] {
  const names = path.split('/').filter(Boolean);
  return names.map((name, i) => ({ name, path: names.slice(0, i + 1).join('/') }));
}

/** The side panel's tabs, in order. */
export const TABS = ['chat', 'playlist', 'members'] as const;
export type Tab = (typeof TABS)[number];

/** The tab a key leads to from another, or null when the key is not about tabs. */
export function tabByKey(from: Tab, key: string): Tab | null {
  const i = TABS.indexOf(from);
  const to: Record<string, number> = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: TABS.length - 1 };
  const next = to[key];
  return next === undefined ? null : (TABS.at(next % TABS.length) ?? null);
}

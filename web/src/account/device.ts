// What a browser's own words about itself come down to. Guesswork for people's
// eyes only: nothing is decided by it.

// First match counts: others claim to be Chrome and Safari as well.
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bMicroMessenger\//, 'WeChat'],
  [/\bChrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari']
];
const SYSTEMS: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux']
];

const first = (table: [RegExp, string][], agent: string): string => table.find(([sign]) => sign.test(agent))?.[1] ?? '';

/** "Firefox · Linux"; a program's own name where it is no browser; empty when it said nothing. */
export function deviceName(agent: string): string {
  const parts = [first(BROWSERS, agent), first(SYSTEMS, agent)].filter(Boolean);
  return parts.join(' · ') || agent.split(/[\s/]/)[0] || '';
}

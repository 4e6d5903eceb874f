// Times and dates as people read them.

/** A film position: 65 → "1:05", 3725 → "1:02:05"; anything unknown → "0:00". */
export function formatPosition(seconds: number): string {
  const whole = Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) : 0;
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, '0');
  return h ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** The time of day of an instant, with the date when it was not today. */
export function formatInstant(ms: number, locale: string, now = new Date()): string {
  const at = new Date(ms);
  const today = at.toDateString() === now.toDateString();
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(locale, today ? time : { month: 'short', day: 'numeric', ...time }).format(at);
}

/** A file's size in the largest unit that keeps it above one. */
export function formatBytes(bytes: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  let i = 0;
  let n = bytes;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  const options = { style: 'unit', unit: units[i], unitDisplay: 'short', maximumFractionDigits: n < 10 && i ? 1 : 0 } as const;
  return new Intl.NumberFormat(locale, options).format(n);
}

/**
 * Why a source does not play, as a person may be told: each reason has a text
 * `player.fail_<reason>`. Pure: engines hand in what they got.
 */
export type Reason =
  /** The address did not answer, or not with media. */
  | 'network'
  /** The data is broken. */
  | 'decode'
  /** This browser cannot play the format. */
  | 'format'
  /** The element found nothing to play there: a wrong address and a strange format look the same. */
  | 'unopened'
  /** This browser has no way to play FLV. */
  | 'no_flv'
  | 'no_dash'
  /** This server does not fetch from there. */
  | 'refused'
  /** A live stream that nobody publishes at the moment. */
  | 'offline';

export type Failure = { reason: Reason; detail: string };

/** A media element's own error (MediaError.code). */
export function ofElement(code: number, message: string): Failure {
  const reason: Record<number, Reason> = { 2: 'network', 3: 'decode', 4: 'unopened' };
  return { reason: reason[code] ?? 'network', detail: message };
}

/** An error of hls.js: its type and details. */
export function ofHls(type: string, details: string, status = 0): Failure {
  if (status === 404 || details === 'levelEmptyError') return { reason: 'offline', detail: details };
  if (status === 403) return { reason: 'refused', detail: '' };
  if (type === 'mediaError') return { reason: details.includes('Codec') ? 'format' : 'decode', detail: details };
  return { reason: 'network', detail: status ? `${details} ${status}` : details };
}

/** An error of dash.js: its code (dashjs Errors: 10 to 19 and 25 to 32 are loading) and words. */
export function ofDash(code: number, message: string): Failure {
  if (code >= 34 || code === 23) return { reason: 'format', detail: message };
  return { reason: code >= 10 && code < 33 ? 'network' : 'decode', detail: message };
}

/** Whether the same from another address may play: this one could not be fetched from here. */
export function elsewhere(f: Failure): boolean {
  return f.reason === 'network' || f.reason === 'unopened';
}

/** An error of mpegts.js: its type, its detail, and the HTTP status if one came. */
export function ofFlv(type: string, detail: string, status = 0): Failure {
  if (status === 404) return { reason: 'offline', detail };
  if (status === 403) return { reason: 'refused', detail: '' };
  if (type === 'NetworkError') return { reason: 'network', detail: status ? `${detail} ${status}` : detail };
  return { reason: /Unsupported/.test(detail) ? 'format' : 'decode', detail };
}

/** Whether trying again may help without anybody changing anything. */
export function passing(f: Failure): boolean {
  return f.reason === 'network' || f.reason === 'offline' || f.reason === 'decode';
}

const FIRST = 1000;
const MOST = 15_000;

/**
 * How long to wait (ms) before try number `tries` (from 0): doubling to 15 s, and anywhere in
 * the upper half of it, so that a room's viewers do not come back all at once.
 */
export function pauseBefore(tries: number, random: () => number = Math.random): number {
  const full = Math.min(MOST, FIRST * 2 ** Math.min(tries, 10));
  return full / 2 + random() * (full / 2);
}

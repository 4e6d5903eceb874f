/** Why a room's socket ended for good. */
export type Ending = 'session_ended' | 'removed' | 'kicked' | 'banned' | 'gone';

const ENDINGS: Record<number, Ending> = { 4501: 'session_ended', 4503: 'removed', 4504: 'gone' };

/** What a close code and its reason mean: an ending, or null for "come back". */
export const endingOf = (code: number, reason = ''): Ending | null =>
  code === 4503 && (reason === 'kicked' || reason === 'banned') ? reason : (ENDINGS[code] ?? null);

const AGAIN_MS = 5_000;

/** How long to wait (ms) after the client library gave up: 5 to 15 s, so that pages do not return all at once. */
export const returnDelay = (random = Math.random): number => AGAIN_MS * (1 + 2 * random());

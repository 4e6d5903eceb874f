const STORED = 'synctv.ahead_ms';

/** Beyond this (ms) it is no longer a matter of headphones. */
export const MOST_AHEAD_MS = 500;

/** How far this page plays ahead of the room (ms), because its sound comes late: kept on this device. */
export class Ahead {
  ms = $state(within(Number(localStorage.getItem(STORED))));

  set(ms: number): void {
    this.ms = within(ms);
    localStorage.setItem(STORED, String(this.ms));
  }
}

function within(ms: number): number {
  return Number.isFinite(ms) ? Math.max(-MOST_AHEAD_MS, Math.min(MOST_AHEAD_MS, Math.round(ms))) : 0;
}

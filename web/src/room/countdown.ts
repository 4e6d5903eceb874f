/** Whole seconds until an instant (ms on the server's clock), never below 0; a started second counts whole. */
export const secondsLeft = (untilMs: number, nowMs: number): number => Math.max(0, Math.ceil((untilMs - nowMs) / 1000));

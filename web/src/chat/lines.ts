import type { Message } from '../api/types';

/** One line of the log. `first`: it starts a run of one author and carries the name. */
export type Line =
  | { kind: 'user'; message: Message; first: boolean }
  | { kind: 'system'; message: Message; count: number };

/** After so long a pause the name is written again. */
const RUN_MS = 5 * 60_000;

/**
 * Messages as they are drawn: what one person did to playback in a row is one
 * line, the last one; what one person said in a row carries the name once.
 */
export function toLines(messages: readonly Message[]): Line[] {
  const lines: Line[] = [];
  for (const message of messages) {
    const last = lines.at(-1);
    if (message.kind === 'system') {
      const again = last?.kind === 'system' && last.message.author.id === message.author.id;
      if (again) lines[lines.length - 1] = { kind: 'system', message, count: last.count + 1 };
      else lines.push({ kind: 'system', message, count: 1 });
    } else {
      lines.push({ kind: 'user', message, first: !continues(last, message) });
    }
  }
  return lines;
}

function continues(last: Line | undefined, message: Message): boolean {
  if (last?.kind !== 'user' || last.message.author.id !== message.author.id) return false;
  return message.created_ms - last.message.created_ms < RUN_MS;
}

/** Letters a message may have. */
export const LONGEST = 500;

/** Length as the server counts it: by code point, not by UTF-16 unit. */
export const lengthOf = (text: string): number => [...text.trim()].length;

/** Whether a key press sends the message: Enter alone, and never while an input method composes. */
export function sends(e: { key: string; shiftKey: boolean; isComposing: boolean; keyCode: number }): boolean {
  // Safari ends the composition before the key event; its key code 229 tells.
  return e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229;
}

/** What stands in the field after a send failed: nothing that was typed is lost. */
export const afterFailure = (failed: string, typedSince: string): string =>
  typedSince.trim() ? `${failed}\n${typedSince}` : failed;

/** More new messages than this within a second are told to screen readers as a number. */
export const BURST = 4;

/** Counts arrivals of the last second; tells whether the log should be read out line by line. */
export class BurstGauge {
  #arrivals: number[] = [];

  /** Notes n arrivals at an instant (ms); answers whether this is a burst. */
  note(n: number, now: number): boolean {
    this.#arrivals = this.#arrivals.filter((at) => now - at < 1_000);
    // More than BURST of them need not be remembered one by one.
    for (let i = 0; i < Math.min(n, BURST + 1); i++) this.#arrivals.push(now);
    return this.#arrivals.length > BURST;
  }
}

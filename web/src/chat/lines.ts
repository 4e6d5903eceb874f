import type { Message } from '../api/types';

/** One line of the log. `first`: it starts a run of one author and carries the name. */
export type Line =
  | { kind: 'user'; message: Message; first: boolean }
  | { kind: 'system'; message: Message; who: string[]; count: number };

/** After so long a pause the name is written again. */
const RUN_MS = 5 * 60_000;

/**
 * Messages as they are drawn: comings (or goings) in a row are one line with
 * all the names, what one person did in a row is its last one; what one person
 * said in a row carries the name once.
 */
export function toLines(messages: readonly Message[]): Line[] {
  const lines: Line[] = [];
  for (const message of messages) {
    if (message.kind === 'user') {
      lines.push({ kind: 'user', message, first: !continues(lines.at(-1), message) });
      continue;
    }
    const last = lines.at(-1);
    const name = message.author.name;
    if (last?.kind === 'system' && folds(last.message, message)) {
      const who = last.who.includes(name) ? last.who : [...last.who, name];
      lines[lines.length - 1] = { kind: 'system', message, who, count: last.count + 1 };
    } else {
      lines.push({ kind: 'system', message, who: [name], count: 1 });
    }
  }
  return lines;
}

/** What people do one by one reads as one: two who came in. What plays is somebody's act. */
const SHARED = ['member_joined', 'member_left'];

function folds(before: Message, now: Message): boolean {
  if (before.code !== now.code || before.params?.['target'] !== now.params?.['target']) return false;
  return before.author.id === now.author.id || SHARED.includes(now.code ?? '');
}

function continues(last: Line | undefined, message: Message): boolean {
  if (last?.kind !== 'user' || last.message.author.id !== message.author.id) return false;
  if (message.reply_to || last.message.deleted_ms) return false;
  return message.created_ms - last.message.created_ms < RUN_MS;
}

/** Names as a list of the language; of more than five the rest is a number. */
export function nameList(names: readonly string[], locale: string, others: (n: number) => string): string {
  const shown = names.length > 5 ? [...names.slice(0, 4), others(names.length - 4)] : names;
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(shown);
}

/** How long one's own message can be changed. */
export const EDIT_MS = 15 * 60_000;

/** What a person may do with a message. */
export type Allowed = { reply: boolean; react: boolean; edit: boolean; remove: boolean };

export function allowedOn(message: Message, me: string, can: { send: boolean; remove: boolean }, nowMS: number): Allowed {
  const there = message.kind === 'user' && !message.deleted_ms;
  const mine = message.author.id === me;
  return {
    reply: there && can.send,
    react: there && can.send,
    edit: there && can.send && mine && nowMS - message.created_ms < EDIT_MS,
    remove: there && (mine || can.remove)
  };
}

/**
 * Where the line "new" belongs: after what was there when the person looked
 * away. Looking again leaves it until they look away once more.
 */
export class UnreadMark {
  /** Sequence number of the last message seen before; 0 draws no line. */
  after = 0;
  #seen: number;
  #begun = false;
  #looking = true;

  /** `seen` is up to where somebody had read when they came; 0 when that is not known. */
  constructor(seen = 0) {
    this.after = seen;
    this.#seen = seen;
  }

  /** Says whether the newest messages are in view, and which the newest is. */
  note(looking: boolean, newest: number): void {
    // Nothing came while they were away: what comes now is not news of that kind.
    if (!this.#begun && newest <= this.after) this.after = 0;
    this.#begun = true;
    if (!looking && this.#looking) this.after = this.#seen;
    this.#looking = looking;
    if (looking) this.#seen = newest;
  }

  /** Whether the line stands before a message. */
  before(message: Message, previous: Message | undefined): boolean {
    return this.after > 0 && message.seq > this.after && (previous?.seq ?? 0) <= this.after && previous !== undefined;
  }
}

/** Letters a message may have. */
export const LONGEST = 500;
/** Letters a comment over the film may have. */
export const LONGEST_COMMENT = 100;

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

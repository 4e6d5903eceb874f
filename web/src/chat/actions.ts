import type { DanmakuLook, Message, NewMessage } from '../api/types';

/** What the chat asks of the room. All but `jump` reject when it was refused; what to say is the caller's. */
export type TalkActions = {
  say(message: NewMessage): Promise<void>;
  edit(message: Message, text: string): Promise<void>;
  remove(message: Message): Promise<void>;
  react(message: Message, emoji: string, on: boolean): Promise<void>;
  older(): Promise<void>;
  /** Writes over the film at its position now. */
  comment(text: string, look: DanmakuLook): Promise<void>;
  /** Goes to the film position of a message. */
  jump(message: Message): void;
};

/** What this person may do in the talk. */
export type TalkRights = {
  send: boolean;
  remove: boolean;
  /** Write over the film: allowed, switched on, and something plays. */
  comment: boolean;
  /** Go to a message's place in the film: it is what plays, and they may control it. */
  jump(message: Message): boolean;
  /** Seconds between two messages of this person; 0 without slow mode. */
  slow_s: number;
  /** Why nothing may be sent, in words; empty when it may, or for no special reason. */
  reason: string;
};

/** The reactions one press away. Any other emoji can be typed. */
export const REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '👏', '🎉', '🔥'];

/** Splits a text into plain parts and the @names of people here, for drawing. Names are matched as typed. */
export function markMentions(text: string, names: readonly string[]): { text: string; name: boolean }[] {
  const parts: { text: string; name: boolean }[] = [];
  const longestFirst = [...new Set(names)].filter(Boolean).sort((a, b) => b.length - a.length);
  let plain = '';
  for (let i = 0; i < text.length; ) {
    const name = text[i] === '@' ? longestFirst.find((n) => text.slice(i + 1, i + 1 + n.length).toLowerCase() === n.toLowerCase()) : undefined;
    if (!name) {
      plain += text[i++];
      continue;
    }
    if (plain) parts.push({ text: plain, name: false });
    plain = '';
    parts.push({ text: text.slice(i, i + 1 + name.length), name: true });
    i += 1 + name.length;
  }
  if (plain) parts.push({ text: plain, name: false });
  return parts;
}

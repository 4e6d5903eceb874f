/** A name that is being typed: where its @ is, and what follows it up to the caret. */
export type Typing = { at: number; typed: string };

/** Longest name that is looked for, and how many are offered. */
const LONGEST_NAME = 32;
const OFFERED = 6;

/** The @name the caret stands in, or null. An @ inside a word (an address) names nobody. */
export function typingAt(text: string, caret: number): Typing | null {
  const at = text.lastIndexOf('@', caret - 1);
  if (at < 0 || at >= caret || caret - at > LONGEST_NAME + 1) return null;
  if (at > 0 && /[\p{L}\p{N}_]/u.test(text[at - 1]!)) return null;
  const typed = text.slice(at + 1, caret);
  return typed.includes('\n') ? null : { at, typed };
}

/** Names that begin with what was typed, then those in which a later word does. */
export function offer(typed: string, names: readonly string[]): string[] {
  const wanted = typed.toLocaleLowerCase();
  const rank = (name: string): number => {
    const folded = name.toLocaleLowerCase();
    if (folded.startsWith(wanted)) return 0;
    return folded.split(/[\s._-]+/).some((word) => word.startsWith(wanted)) ? 1 : 2;
  };
  return [...new Set(names)].filter((name) => name && rank(name) < 2).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b)).slice(0, OFFERED);
}

/** The text with the chosen name in place of what was typed, and where the caret goes. */
export function choose(text: string, typing: Typing, name: string): { text: string; caret: number } {
  const head = `${text.slice(0, typing.at)}@${name} `;
  const tail = text.slice(typing.at + 1 + typing.typed.length).replace(/^ /, '');
  return { text: head + tail, caret: head.length };
}

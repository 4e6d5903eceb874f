/** What a key means to the player. Pure: the place it was pressed at is handed in. */
export type KeyAction =
  | { kind: 'toggle' | 'mute' | 'fullscreen' | 'theatre' | 'danmaku' | 'subtitles' | 'next' | 'help' }
  | { kind: 'by'; s: number }
  | { kind: 'louder'; share: number };

/** The part of a KeyboardEvent that counts. */
export type Key = Pick<
  KeyboardEvent,
  'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing' | 'keyCode' | 'repeat' | 'defaultPrevented'
>;

/** Where the focus is: writing, in a dialog, on something that has keys of its own, or nowhere. */
export type Place = 'writing' | 'dialog' | 'arrows' | 'button' | 'free';

/** What an input method reports while it composes, besides isComposing. */
const COMPOSING = 229;

const TABLE: Record<string, KeyAction> = {
  ' ': { kind: 'toggle' },
  k: { kind: 'toggle' },
  j: { kind: 'by', s: -10 },
  l: { kind: 'by', s: 10 },
  ArrowLeft: { kind: 'by', s: -5 },
  ArrowRight: { kind: 'by', s: 5 },
  ArrowUp: { kind: 'louder', share: 0.05 },
  ArrowDown: { kind: 'louder', share: -0.05 },
  m: { kind: 'mute' },
  f: { kind: 'fullscreen' },
  t: { kind: 'theatre' },
  d: { kind: 'danmaku' },
  c: { kind: 'subtitles' },
  n: { kind: 'next' },
  '?': { kind: 'help' },
};

/** The table as the help dialog shows it: the keys of each line and the text that explains them. */
export const SHORTCUTS = [
  { keys: ['Space', 'K'], text: 'player.key_toggle' },
  { keys: ['J', 'L'], text: 'player.key_ten' },
  { keys: ['←', '→'], text: 'player.key_five' },
  { keys: ['↑', '↓'], text: 'player.key_volume' },
  { keys: ['M'], text: 'player.key_mute' },
  { keys: ['F'], text: 'player.key_fullscreen' },
  { keys: ['T'], text: 'player.key_theatre' },
  { keys: ['D'], text: 'player.key_danmaku' },
  { keys: ['C'], text: 'player.key_subtitles' },
  { keys: ['N'], text: 'player.key_next' },
  { keys: ['?'], text: 'player.key_help' },
] as const;

/** The action of a key pressed at a place; null when the key is not the player's there. */
export function actionOf(e: Key, place: Place): KeyAction | null {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return null;
  if (e.isComposing || e.keyCode === COMPOSING || place === 'writing' || place === 'dialog') return null;
  if (place === 'button' && e.key === ' ') return null;
  if (place === 'arrows' && (e.key.startsWith('Arrow') || e.key === ' ')) return null;
  const action = TABLE[e.key.length === 1 ? e.key.toLowerCase() : e.key] ?? null;
  const steps = action?.kind === 'by' || action?.kind === 'louder';
  return e.repeat && !steps ? null : action;
}

/** Where an event happened. A range is no writing: only its arrows are its own. */
export function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return 'free';
  if (target.closest('dialog, [role=dialog], [role=menu], [role=listbox]')) return 'dialog';
  if (document.querySelector('dialog[open]')) return 'dialog';
  if (target.closest('input:is([type=range], [type=radio]), [role=tab], [role=log]')) return 'arrows';
  if (target.closest('input:not([type=checkbox], [type=button]), textarea, select, [contenteditable]')) return 'writing';
  return target.closest('button, a, summary, input') ? 'button' : 'free';
}

// Every word on the page comes from here. One dictionary is loaded at a time;
// switching languages changes `state` and so redraws whatever shows a text.
import { fill, type Params } from './fill';
import { isLanguage, LOCALES, pickLanguage, type Language } from './languages';
import type en from './en.json';

export type Key = keyof typeof en;
type Dictionary = Record<Key, string>;

const STORED = 'synctv.language';
const loaders: Record<Language, () => Promise<Dictionary>> = {
  en: async () => (await import('./en.json')).default,
  zh: async () => (await import('./zh.json')).default
};
const state = $state<{ language: Language; dictionary: Partial<Dictionary> }>({ language: 'en', dictionary: {} });

/** The text of a key in the current language. A key without a text shows itself. */
export const t = (key: Key, params: Params = {}): string =>
  fill(state.dictionary[key] ?? key, params, LOCALES[state.language]);

/** Whether a string that came from outside (an error code) is a key that has a text. */
export const hasText = (key: string): key is Key => key in state.dictionary;

export const language = (): Language => state.language;
export const locale = (): string => LOCALES[state.language];

/** The person's own choice, or null while the browser's language counts. */
export function chosenLanguage(): Language | null {
  const stored = localStorage.getItem(STORED);
  return isLanguage(stored) ? stored : null;
}

/** Stores a choice (null: follow the browser again) and switches to it. */
export async function chooseLanguage(choice: Language | null): Promise<void> {
  if (choice) localStorage.setItem(STORED, choice);
  else localStorage.removeItem(STORED);
  await useLanguage(choice ?? pickLanguage(navigator.languages));
}

/** Loads the texts once before the first drawing. */
export const startLanguage = (): Promise<void> => useLanguage(chosenLanguage() ?? pickLanguage(navigator.languages));

async function useLanguage(next: Language): Promise<void> {
  state.dictionary = await loaders[next]();
  state.language = next;
  document.documentElement.lang = LOCALES[next];
}

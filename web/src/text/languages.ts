/** The languages the page speaks, with their own names. */
export const LANGUAGES = { en: 'English', zh: '简体中文' } as const;
export type Language = keyof typeof LANGUAGES;

/** What goes into `html lang` and into Intl for each language. */
export const LOCALES: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

export const isLanguage = (s: string | null): s is Language => s !== null && s in LANGUAGES;

/** The first language of the browser's list that the page speaks, else English. */
export function pickLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (isLanguage(language)) return language;
  }
  return 'en';
}

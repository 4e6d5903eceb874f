/** What a text may be given: numbers are written the language's way inside plurals. */
export type Params = Record<string, string | number>;

const PLURAL = /\{(\w+), plural, ((?:\w+ \{[^{}]*\} ?)+)\}/g;
const FORM = /(\w+) \{([^{}]*)\}/g;
const PLAIN = /\{(\w+)\}/g;

/**
 * Puts params into a text. Two forms are known: `{name}` and
 * `{n, plural, one {# item} other {# items}}`, where # is the number itself.
 * A parameter that is missing leaves nothing behind.
 */
export function fill(text: string, params: Params, locale: string): string {
  return text
    .replace(PLURAL, (_, name: string, body: string) => {
      const n = Number(params[name]);
      const forms = Object.fromEntries([...body.matchAll(FORM)].map((m) => [m[1], m[2] ?? '']));
      const form = forms[new Intl.PluralRules(locale).select(n)] ?? forms['other'] ?? '';
      return form.replaceAll('#', new Intl.NumberFormat(locale).format(n));
    })
    .replace(PLAIN, (_, name: string) => String(params[name] ?? ''));
}

/** The parameter names a text asks for, sorted. Every language must ask for the same. */
export function placeholders(text: string): string[] {
  const names = [...text.matchAll(PLURAL)].map((m) => m[1] ?? '');
  for (const m of text.replace(PLURAL, '').matchAll(PLAIN)) names.push(m[1] ?? '');
  return [...new Set(names)].sort();
}

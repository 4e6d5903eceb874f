import type { ApiError, FieldProblem } from '../api/problem';
import { hasText, t } from './text.svelte';

/** Words for an error: its code translated, else what the server said, else the general ones. */
export function errorText(e: ApiError): string {
  const key = `error.${e.code}`;
  const words = hasText(key) ? t(key) : e.detail || t(e.kind === 'network' ? 'error.network' : 'error.unknown');
  return e.retryAfterS > 0 ? `${words} ${t('error.wait_s', { n: Math.ceil(e.retryAfterS) })}` : words;
}

/** Words for one field of a form, or nothing when that field is right. */
export function fieldText(field: FieldProblem | undefined): string {
  if (!field) return '';
  for (const key of [`error.field_${field.code}`, `error.${field.code}`]) if (hasText(key)) return t(key);
  return field.message || t('error.field_invalid');
}

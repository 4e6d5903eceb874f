import type { Playback, Problem } from './types';

/** What kind of thing went wrong; `network`: no answer came at all. */
export type Kind =
  | 'invalid' | 'unauthenticated' | 'forbidden' | 'not_found' | 'conflict'
  | 'too_large' | 'rate_limited' | 'unavailable' | 'internal' | 'network';

export type FieldProblem = { code: string; message: string };

const KINDS: Record<number, Kind> = {
  400: 'invalid', 401: 'unauthenticated', 403: 'forbidden', 404: 'not_found', 409: 'conflict',
  413: 'too_large', 422: 'invalid', 429: 'rate_limited', 502: 'unavailable', 503: 'unavailable', 504: 'unavailable'
};

/** Every failed call ends in one of these, whatever the server or the network did. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    /** HTTP status, 0 when no answer came. */
    readonly status: number,
    readonly kind: Kind,
    /** The server's code (see error.* in the texts), empty when it gave none. */
    readonly code: string,
    /** The server's English words, for people who report a problem. */
    readonly detail: string,
    readonly requestId = '',
    /** By field name: `password`, not `body.password`. */
    readonly fields: Readonly<Record<string, FieldProblem>> = {},
    readonly current: Playback | null = null,
    readonly retryAfterS = 0
  ) {
    super(detail || code || kind);
  }

  /** Whether the person has to sign in (again) before this can work. */
  get signedOut(): boolean {
    return this.kind === 'unauthenticated' && this.code !== 'wrong_credentials';
  }
}

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null;

/** The field a location names: `body.items[0].url` → `url`. */
export const fieldName = (location: string): string => location.split('.').at(-1)?.replace(/\[\d+\]$/, '') ?? '';

function fieldsOf(body: Partial<Problem>): Record<string, FieldProblem> {
  const fields: Record<string, FieldProblem> = {};
  for (const e of Array.isArray(body.errors) ? body.errors : []) {
    const name = fieldName(e.location ?? '');
    // The first problem of a field is the one to fix first.
    if (name && !fields[name]) fields[name] = { code: e.code ?? '', message: e.message ?? '' };
  }
  return fields;
}

/** Reads an error answer; a body that is not ours (a proxy's page) still gives a sound error. */
export function problemToError(status: number, json: unknown, retryAfter: string | null = null): ApiError {
  const body: Partial<Problem> = isObject(json) ? json : {};
  return new ApiError(
    status,
    KINDS[status] ?? 'internal',
    body.code ?? '',
    body.detail ?? body.title ?? '',
    body.request_id ?? '',
    fieldsOf(body),
    body.current ?? null,
    body.retry_after_s ?? (Number(retryAfter) || 0)
  );
}

export const networkError = (cause: unknown): ApiError =>
  new ApiError(0, 'network', 'network', cause instanceof Error ? cause.message : '');

/** Anything thrown, as an ApiError: a mistake of ours shows as an unknown one. */
export const asApiError = (e: unknown): ApiError =>
  e instanceof ApiError ? e : new ApiError(0, 'internal', 'unknown', e instanceof Error ? e.message : String(e));

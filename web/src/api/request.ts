import { here } from './base';
import { networkError, problemToError } from './problem';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Record<string, string | number | boolean | undefined>;

/** Longer than any honest answer; a request that hangs must not hang the page. */
const TIMEOUT_MS = 15_000;

/** A path of the server's as it stands in addresses. What the server says itself stands so already. */
const fromHere = (url: string): string => (url.startsWith('/api/') ? here(url) : url);

/** Path and query of a call, with empty parameters left out. */
export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') params.set(name, String(value));
  const search = params.toString();
  return search ? `${path}?${search}` : path;
}

/**
 * One call to the server, cookies included. Resolves with the parsed body
 * (undefined for 204) and rejects with an ApiError only.
 */
export async function request<T>(method: Method, url: string, body?: unknown): Promise<T> {
  const response = await send(method, url, body);
  const json = await parse(response);
  if (!response.ok) throw problemToError(response.status, json, response.headers.get('Retry-After'));
  return json as T;
}

async function send(method: Method, url: string, body: unknown): Promise<Response> {
  const init: RequestInit = { method, credentials: 'same-origin', signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  try {
    return await fetch(fromHere(url), init);
  } catch (cause) {
    throw networkError(cause);
  }
}

async function parse(response: Response): Promise<unknown> {
  try {
    const text = await response.text();
    return text ? (JSON.parse(text) as unknown) : undefined;
  } catch (cause) {
    // A broken error page keeps its status; a broken success is as good as no answer.
    if (!response.ok) return undefined;
    throw networkError(cause);
  }
}

import { afterEach, describe, expect, it, vi } from 'vitest';
import { chat, people, playback, rooms, socketURL } from './api';
import { ApiError, asApiError, fieldName, problemToError } from './problem';
import { address } from './request';

const PLAYBACK = { item_id: 'a', status: 'paused', position_s: 1, rate: 1, at_ms: 5, epoch: 1, version: 7, by: { id: 'u', name: 'U' } };

function answer(status: number, body: string, headers: Record<string, string> = {}) {
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response(status === 204 ? null : body, { status, headers }));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}
afterEach(() => vi.unstubAllGlobals());

const failure = async (call: Promise<unknown>): Promise<ApiError> => {
  const e: unknown = await call.then(() => null, (x: unknown) => x);
  expect(e).toBeInstanceOf(ApiError);
  return e as ApiError;
};

describe('a call', () => {
  it('sends JSON with cookies and returns the body', async () => {
    const fetch = answer(200, JSON.stringify(PLAYBACK));
    expect(await playback.command('r/1', 'seek', { position_s: 3 })).toEqual(PLAYBACK);
    const [url, init] = fetch.mock.calls[0]!;
    expect(url).toBe('/api/rooms/r%2F1/playback/seek');
    expect(init).toMatchObject({ method: 'POST', credentials: 'same-origin', body: '{"position_s":3}' });
  });

  it('sends no body and no content type with GET', async () => {
    const fetch = answer(200, '{"messages":[],"more":false}');
    await chat.history('r', 40);
    expect(fetch.mock.calls[0]![0]).toBe('/api/rooms/r/chat?before=40&limit=50');
    expect(fetch.mock.calls[0]![1]).not.toHaveProperty('headers');
  });

  it('takes 204 as done', async () => {
    answer(204, '');
    await expect(people.logout()).resolves.toBeUndefined();
  });

  it('reads a user wrapped or bare', async () => {
    answer(200, '{"user":{"id":"u1"}}');
    expect((await people.me()).id).toBe('u1');
    answer(200, '{"id":"u2"}');
    expect((await people.me()).id).toBe('u2');
  });

  it('leaves empty parameters out', () => {
    expect(address('/x', { q: '', mine: false, cursor: undefined, limit: 3 })).toBe('/x?mine=false&limit=3');
    expect(address('/x', { q: 'a b&c' })).toBe('/x?q=a+b%26c');
    expect(address('/x')).toBe('/x');
  });
});

describe('a failed call', () => {
  it('keeps code, fields, request id and waiting time', async () => {
    const body = { status: 429, code: 'too_fast', kind: 'rate_limited', detail: 'slow down', request_id: 'q', retry_after_s: 3, errors: [{ location: 'body.name', code: 'too_long', message: 'm' }] };
    answer(429, JSON.stringify(body));
    const e = await failure(rooms.create({ name: 'x' }));
    expect(e).toMatchObject({ status: 429, kind: 'rate_limited', code: 'too_fast', detail: 'slow down', requestId: 'q', retryAfterS: 3 });
    expect(e.fields).toEqual({ name: { code: 'too_long', message: 'm' } });
  });

  it('carries the current playback of a conflict', async () => {
    answer(409, JSON.stringify({ code: 'playback_conflict', current: PLAYBACK }));
    expect((await failure(playback.command('r', 'play', {}))).current).toEqual(PLAYBACK);
  });

  it('survives a body that is not ours', async () => {
    answer(502, '<html>bad gateway</html>', { 'Retry-After': '7' });
    expect(await failure(rooms.gate('r'))).toMatchObject({ status: 502, kind: 'unavailable', code: '', retryAfterS: 7 });
  });

  it('calls a missing answer and a torn one a network error', async () => {
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await failure(people.info())).toMatchObject({ status: 0, kind: 'network', code: 'network' });
    answer(200, '{"name":');
    expect((await failure(people.info())).kind).toBe('network');
  });

  it.each([
    [400, 'invalid'], [401, 'unauthenticated'], [403, 'forbidden'], [404, 'not_found'], [409, 'conflict'],
    [413, 'too_large'], [422, 'invalid'], [429, 'rate_limited'], [500, 'internal'], [503, 'unavailable'], [599, 'internal']
  ])('%d is %s', (status, kind) => expect(problemToError(status, null).kind).toBe(kind));

  it('knows when signing in would help', () => {
    expect(problemToError(401, { code: 'session_expired' }).signedOut).toBe(true);
    expect(problemToError(401, { code: 'wrong_credentials' }).signedOut).toBe(false);
    expect(problemToError(403, { code: 'not_a_member' }).signedOut).toBe(false);
  });

  it('takes the first problem of a field and its bare name', () => {
    expect(fieldName('body.items[0].url')).toBe('url');
    expect(fieldName('body.items[3]')).toBe('items');
    expect(fieldName('')).toBe('');
    const e = problemToError(400, { errors: [{ location: 'body.a', code: '1' }, { location: 'body.a', code: '2' }, {}] });
    expect(e.fields).toEqual({ a: { code: '1', message: '' } });
  });

  it('turns anything thrown into an error that can be shown', () => {
    expect(asApiError(new Error('boom'))).toMatchObject({ code: 'unknown', detail: 'boom' });
    const e = problemToError(404, {});
    expect(asApiError(e)).toBe(e);
  });
});

describe('the socket', () => {
  it('is on the page\'s host, secure when the page is', () => {
    expect(socketURL('r1', { protocol: 'http:', host: 'h:8080' })).toBe('ws://h:8080/api/rooms/r1/socket');
    expect(socketURL('r1', { protocol: 'https:', host: 'h' })).toBe('wss://h/api/rooms/r1/socket');
  });
});

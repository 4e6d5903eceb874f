import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SessionInfo } from '../api/accounts';
import { Sessions } from './sessions.svelte';

const session = (id: string, more: Partial<SessionInfo> = {}): SessionInfo => ({
  id, kind: 'device', name: '', agent: 'x', address: '', created_ms: 0, seen_ms: 0, expires_ms: 0, current: false, ...more
});

let answers: Record<string, { status: number; body?: unknown }>;

beforeEach(() => {
  answers = { 'GET /api/me/sessions': { status: 200, body: { sessions: [session('a'), session('b', { current: true }), session('t', { kind: 'token', name: 'bot' })] } } };
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const answer = answers[`${init.method} ${url}`] ?? { status: 500 };
    return Promise.resolve(new Response(answer.body ? JSON.stringify(answer.body) : null, { status: answer.status }));
  });
});
afterEach(() => vi.unstubAllGlobals());

const loaded = async (): Promise<Sessions> => {
  const s = new Sessions();
  await s.load();
  return s;
};

it('tells devices from tokens, this device first', async () => {
  const s = await loaded();
  expect([s.devices.map((d) => d.id), s.tokens.map((d) => d.id), s.others]).toEqual([['b', 'a'], ['t'], true]);
});

it('takes a session that is gone already for ended', async () => {
  const s = await loaded();
  answers['DELETE /api/me/sessions/a'] = { status: 404, body: { code: 'session_not_found' } };
  await s.end('a');
  expect(s.list.map((d) => d.id)).toEqual(['b', 't']);
  await expect(s.end('t')).rejects.toThrow();
  expect(s.tokens.length).toBe(1);
});

it('keeps only its own after ending the others', async () => {
  const s = await loaded();
  answers['DELETE /api/me/sessions'] = { status: 200, body: { ended: 2 } };
  await s.endOthers();
  expect([s.list.map((d) => d.id), s.others]).toEqual([['b'], false]);
});

it('shows a new token in the list and gives it once', async () => {
  const s = await loaded();
  answers['POST /api/me/tokens'] = { status: 201, body: { session: session('n', { kind: 'token', name: 'new' }), token: 'secret' } };
  expect(await s.createToken('new')).toBe('secret');
  expect(s.tokens.map((d) => d.name)).toEqual(['new', 'bot']);
});

it('says why it could not load', async () => {
  answers['GET /api/me/sessions'] = { status: 401, body: { code: 'session_expired', kind: 'unauthenticated' } };
  const s = await loaded();
  expect([s.loaded, s.error?.signedOut]).toEqual([false, true]);
});

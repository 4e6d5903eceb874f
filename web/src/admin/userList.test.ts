import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { User } from '../api/types';
import { UserList } from './userList.svelte';

const user = (id: string): User => ({ id, name: id, color: '#000000', role: 'user', status: 'active', created_ms: 0 });

let asked: { url: string; answer(body: unknown): void }[];

beforeEach(() => {
  asked = [];
  vi.stubGlobal('fetch', (url: string) => new Promise<Response>((done) => asked.push({ url, answer: (body) => done(new Response(JSON.stringify(body))) })));
});
afterEach(() => vi.unstubAllGlobals());

it('goes on where the page ended, with the same search', async () => {
  const list = new UserList();
  const first = list.load('a', 'pending');
  asked[0]?.answer({ users: [user('1')], next: '5.x' });
  await first;
  expect([asked[0]?.url, list.more]).toEqual(['/api/admin/users?q=a&status=pending', true]);
  const second = list.loadMore();
  asked[1]?.answer({ users: [user('2')], next: '' });
  await second;
  expect(asked[1]?.url).toBe('/api/admin/users?q=a&status=pending&cursor=5.x');
  expect([list.users.map((u) => u.id), list.more]).toEqual([['1', '2'], false]);
});

it('lets a late answer to an older search count for nothing', async () => {
  const list = new UserList();
  const old = list.load('a', '');
  const now = list.load('ab', '');
  asked[1]?.answer({ users: [user('new')], next: '' });
  await now;
  asked[0]?.answer({ users: [user('old')], next: '9.y' });
  await old;
  expect([list.users.map((u) => u.id), list.more, list.busy]).toEqual([['new'], false, false]);
});

it('puts a changed account where it stood', async () => {
  const list = new UserList();
  const load = list.load('', '');
  asked[0]?.answer({ users: [user('1'), user('2')], next: '' });
  await load;
  list.replace({ ...user('1'), status: 'banned' });
  expect(list.users.map((u) => u.status)).toEqual(['banned', 'active']);
});

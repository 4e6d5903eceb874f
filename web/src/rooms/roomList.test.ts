import { afterEach, expect, it, vi } from 'vitest';
import type { RoomSummary } from '../api/types';
import { RoomList } from './roomList.svelte';

const summary = (id: string): RoomSummary => ({
  id, name: id, description: '', creator: { id: 'u', name: 'U', color: '' }, has_password: false, guests_allowed: true,
  visibility: 'listed', online: 0, playing: '', live: false, created_ms: 0, role: ''
});
const ids = (list: RoomList) => list.rooms.map((r) => r.id);

/** Answers in the order the test wants, each call waiting for its turn. */
function heldAnswers() {
  const calls: { url: string; answer(rooms: RoomSummary[] | null, next?: string): void; fail(status: number): void }[] = [];
  vi.stubGlobal('fetch', (url: string) => new Promise<Response>((resolve) => {
    calls.push({
      url,
      answer: (rooms, next = '') => resolve(Response.json({ rooms, next })),
      fail: (status) => resolve(Response.json({ code: 'unavailable' }, { status }))
    });
  }));
  return calls;
}
afterEach(() => vi.unstubAllGlobals());

it('joins pages', async () => {
  const calls = heldAnswers();
  const list = new RoomList(false);
  const first = list.load('x y');
  calls[0]!.answer([summary('a')], 'c1');
  await first;
  expect([ids(list), list.more, list.loaded]).toEqual([['a'], true, true]);
  const second = list.loadMore();
  await list.loadMore();
  expect(calls).toHaveLength(2);
  expect(calls[1]!.url).toBe('/api/rooms?q=x+y&mine=false&cursor=c1');
  calls[1]!.answer([summary('b')]);
  await second;
  expect([ids(list), list.more, list.busy]).toEqual([['a', 'b'], false, false]);
});

it('lets the newest search win, however late the older answer is', async () => {
  const calls = heldAnswers();
  const list = new RoomList(true);
  const old = list.load('a');
  const recent = list.load('ab');
  calls[1]!.answer([summary('new')]);
  await recent;
  calls[0]!.answer([summary('old')]);
  await old;
  expect(ids(list)).toEqual(['new']);
});

it('keeps what is shown when a search fails, and recovers', async () => {
  const calls = heldAnswers();
  const list = new RoomList(false);
  const first = list.load('');
  calls[0]!.answer([summary('a')]);
  await first;
  const second = list.load('b');
  calls[1]!.fail(503);
  await second;
  expect([ids(list), list.error?.kind, list.busy]).toEqual([['a'], 'unavailable', false]);
  const third = list.load('b');
  calls[2]!.answer(null);
  await third;
  expect([ids(list), list.error]).toEqual([[], null]);
});

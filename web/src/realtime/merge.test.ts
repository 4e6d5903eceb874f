import { describe, expect, it } from 'vitest';
import { item, member, message, stream } from './fixtures';
import { changeMessages, changePlaylist, mergeMessages, newerPlaylist, putMember, putStream, rejoinMessages } from './merge';

const seqs = (list: { seq: number }[]) => list.map((m) => m.seq);

describe('messages', () => {
  it('are sorted by sequence and never doubled', () => {
    const merged = mergeMessages([message(1), message(3)], [message(3, 'edited'), message(2), message(1)]);
    expect(seqs(merged)).toEqual([1, 2, 3]);
    expect(merged[2]?.text).toBe('edited');
  });

  it('keep the later version, whichever comes first', () => {
    const [old, now] = [message(1, 'old', { version: 1 }), message(1, 'now', { version: 3 })];
    expect(mergeMessages([now], [old])[0]?.text).toBe('now');
    expect(mergeMessages([old], [now])[0]?.text).toBe('now');
    expect(changeMessages([now], message(1, 'late', { version: 2 }))[0]?.text).toBe('now');
  });

  it('change in place, and answers follow', () => {
    const quote = { id: 'c1', seq: 1, author: message(1).author, text: 'm1' };
    const mine = [message(5), message(6, 'answer', { reply_to: quote })];
    const changed = changeMessages(mine, message(1, '', { version: 2, deleted_ms: 9 }));
    expect(seqs(changed)).toEqual([5, 6]);
    expect(changed[1]?.reply_to?.text).toBe('');
    expect(changeMessages(mine, message(5, 'a\nb', { version: 2 }))[0]?.text).toBe('a\nb');
  });

  it.each([
    ['overlap', [1, 2, 3], [3, 4], [1, 2, 3, 4]],
    ['adjacent', [1, 2], [3, 4], [1, 2, 3, 4]],
    ['a hole', [1, 2], [9, 10], [9, 10]],
    ['nothing here', [], [5], [5]],
    ['nothing there', [1, 2], [], [1, 2]],
    ['an older snapshot', [1, 2, 3], [1, 2], [1, 2, 3]]
  ])('after a reconnect: %s', (_, mine, theirs, want) => {
    expect(seqs(rejoinMessages(mine.map((n) => message(n)), theirs.map((n) => message(n))))).toEqual(want);
  });
});

describe('the playlist', () => {
  const list = { version: 4, items: [item('a', 1), item('b', 2)], folders: [] };
  const ids = (p: { items: { id: string }[] } | null) => p?.items.map((i) => i.id);

  it('takes the next step and keeps the order of positions', () => {
    const next = changePlaylist(list, { version: 5, added: [item('c', 1.5)], removed: ['a'] });
    expect(next?.version).toBe(5);
    expect(ids(next)).toEqual(['c', 'b']);
  });

  it('ignores what it has seen', () => {
    for (const version of [1, 4]) expect(changePlaylist(list, { version, added: [item('z', 9)], removed: ['a'] })).toBe(list);
  });

  it('reports a missed step', () => {
    expect(changePlaylist(list, { version: 6, added: [], removed: [] })).toBeNull();
  });

  it('puts edited items in their new place and takes all folders, or keeps them', () => {
    const folders = [{ id: 'f', parent_id: '', name: 'F', added_by: { id: 'u1', name: 'Ann' } }];
    const next = changePlaylist(list, { version: 5, edited: [item('a', 9, { title: 'New' })], folders });
    expect([ids(next), next?.items[1]?.title, next?.folders]).toEqual([['b', 'a'], 'New', folders]);
    expect(next && changePlaylist(next, { version: 6, removed: ['a'] })?.folders).toEqual(folders);
  });

  it('is fetched when a change was too large to be sent', () => {
    expect(changePlaylist(list, { version: 5, refetch: true })).toBeNull();
    expect(changePlaylist(list, { version: 4, refetch: true })).toBe(list);
  });

  it('replaces an item that is added again and bears absent lists', () => {
    expect(ids(changePlaylist(list, { version: 5, added: [item('a', 3)], removed: null }))).toEqual(['b', 'a']);
    expect(ids(changePlaylist(list, { version: 5, added: null, removed: null }))).toEqual(['a', 'b']);
  });

  it('never goes back to an older whole', () => {
    const older = { version: 3, items: [], folders: [] };
    expect(newerPlaylist(list, older)).toBe(list);
    expect(newerPlaylist(older, list)).toBe(list);
  });
});

it('members keep their place and are added once', () => {
  const list = [member('a'), member('b')];
  expect(putMember(list, member('a', { online: false })).map((m) => [m.id, m.online])).toEqual([['a', false], ['b', true]]);
  expect(putMember(list, member('c')).map((m) => m.id)).toEqual(['a', 'b', 'c']);
});

it('streams are replaced by name', () => {
  expect(putStream([stream('s', true), stream('t', true)], stream('s', false)).map((s) => [s.stream, s.live])).toEqual([['t', true], ['s', false]]);
});

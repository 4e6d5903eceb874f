import { describe, expect, it } from 'vitest';
import type { RoomEvent } from '../api/types';
import { endingOf, returnDelay } from './endings';
import { item, liveItem, member, message, playback, room, snapshot, stream } from './fixtures';
import { KEPT_MESSAGES } from './merge';
import { RoomState } from './RoomState.svelte';

function stateWith(...events: RoomEvent[]): RoomState {
  const state = new RoomState();
  for (const e of events) state.apply(e);
  return state;
}

describe('playback', () => {
  it.each([
    ['a later version', playback(1, 9), 9],
    ['the same version', playback(1, 5, { position_s: 99 }), 5],
    ['an earlier version', playback(1, 4), 5],
    ['a later epoch with a small version', playback(2, 1), 1],
    ['an earlier epoch with a large version', playback(0, 50), 5]
  ])('%s', (_, next, want) => {
    const state = stateWith(snapshot({ playback: playback(1, 5) }), { type: 'playback', playback: next });
    expect(state.playback?.version).toBe(want);
    expect(state.playback?.position_s).toBe(0);
  });

  it('is not set back by a snapshot that an event overtook', () => {
    const state = stateWith({ type: 'playback', playback: playback(1, 8) }, snapshot({ playback: playback(1, 7) }));
    expect(state.playback?.version).toBe(8);
  });

  it('names the current item and the one after it', () => {
    const state = stateWith(snapshot());
    expect([state.current?.id, state.upNext?.id]).toEqual(['a', 'b']);
    state.apply({ type: 'playback', playback: playback(2, 1, { item_id: 'b' }) });
    expect([state.current?.id, state.upNext]).toEqual(['b', null]);
    state.apply({ type: 'playback', playback: playback(3, 1, { item_id: '' }) });
    expect([state.current, state.upNext]).toEqual([null, null]);
  });

  it('looks for what is next in the folder, or to the countdown', () => {
    const items = [item('a', 1), item('x', 2, { folder_id: 'f' }), item('b', 3)];
    const state = stateWith(snapshot({ playlist: { version: 3, items, folders: [] } }));
    expect(state.upNext?.id).toBe('b');
    state.apply({ type: 'playback', playback: playback(1, 2, { next_item_id: 'x', next_ms: 9 }) });
    expect(state.upNext?.id).toBe('x');
  });
});

describe('the playlist', () => {
  it('asks to be fetched when a step is missing, then goes on', () => {
    const state = stateWith(snapshot());
    expect(state.apply({ type: 'playlist', version: 5, added: [item('d', 4)], removed: [] })).toBe('playlist');
    expect(state.playlist.version).toBe(3);
    state.applyPlaylist({ version: 5, items: [item('a', 1), item('d', 4)], folders: [] });
    expect(state.apply({ type: 'playlist', version: 6, added: [], removed: ['a'] })).toBeNull();
    expect(state.playlist.items.map((i) => i.id)).toEqual(['d']);
  });

  it('does not let a slow answer undo a newer step', () => {
    const state = stateWith(snapshot(), { type: 'playlist', version: 4, added: [], removed: ['a'] });
    state.applyPlaylist({ version: 3, items: [item('a', 1)], folders: [] });
    expect(state.playlist.version).toBe(4);
  });
});

describe('chat', () => {
  it('takes each message once, in order', () => {
    const state = stateWith(snapshot(), { type: 'chat', message: message(4) }, { type: 'chat', message: message(3) }, { type: 'chat', message: message(4) });
    expect(state.messages.map((m) => m.seq)).toEqual([1, 2, 3, 4]);
  });

  it('knows whether there is more above', () => {
    expect(stateWith(snapshot()).moreMessages).toBe(false);
    expect(stateWith(snapshot({ chat: [message(41), message(42)] })).moreMessages).toBe(true);
    expect(stateWith(snapshot({ chat: [] })).moreMessages).toBe(false);
  });

  it('keeps what was scrolled to through a reconnect without a hole', () => {
    const state = stateWith(snapshot({ chat: [message(41), message(42)] }));
    state.addHistory([message(39), message(40)], true);
    state.apply(snapshot({ chat: [message(42), message(43)] }));
    expect(state.messages.map((m) => m.seq)).toEqual([39, 40, 41, 42, 43]);
    expect(state.moreMessages).toBe(true);
    state.addHistory([message(38)], false);
    state.apply(snapshot({ chat: [message(43)] }));
    expect(state.moreMessages).toBe(false);
    state.apply(snapshot({ chat: [message(90)] }));
    expect(state.messages.map((m) => m.seq)).toEqual([90]);
    expect(state.moreMessages).toBe(true);
  });

  it('is bounded', () => {
    const state = stateWith(snapshot({ chat: [] }));
    for (let seq = 1; seq <= KEPT_MESSAGES + 5; seq++) state.addMessages([message(seq)]);
    expect(state.messages).toHaveLength(KEPT_MESSAGES);
    expect(state.messages[0]?.seq).toBe(6);
    expect(state.moreMessages).toBe(true);
  });
});

describe('people', () => {
  it('join, change and go', () => {
    const state = stateWith(snapshot(), { type: 'member', member: member('new') }, { type: 'member', member: member('u1', { online: false }) }, { type: 'member_gone', id: 'new' });
    expect(state.members.map((m) => [m.id, m.online])).toEqual([['me', true], ['u1', false]]);
  });

  it('changes my own rights at once', () => {
    const state = stateWith(snapshot());
    expect(state.can('play_control')).toBe(false);
    state.apply({ type: 'member', member: member('me', { permissions: ['play_control'] }) });
    expect(state.can('play_control')).toBe(true);
    state.apply({ type: 'member', member: member('me', { permissions: ['play_control'], status: 'banned' }) });
    expect(state.can('play_control')).toBe(false);
  });

  it('may do nothing before the room is known', () => {
    expect(new RoomState().can('send_chat')).toBe(false);
  });
});

it('a stream belongs to its own item, on air or not', () => {
  const state = stateWith(snapshot({ live: [stream('s', true)] }));
  expect(state.streamOf(liveItem('l', 1, 's'))?.stream).toBe('s');
  expect(state.streamOf(liveItem('l', 1, 'other'))).toBeNull();
  expect(state.streamOf(item('a', 1))).toBeNull();
  expect(state.streamOf(null)).toBeNull();
  state.apply({ type: 'live', stream: stream('s', false) });
  expect(state.streamOf(liveItem('l', 1, 's'))?.live).toBe(false);
});

it('room settings follow their version', () => {
  const state = stateWith(snapshot({ room: room(5) }), { type: 'room', room: room(4) });
  expect(state.room?.version).toBe(5);
  state.apply({ type: 'room', room: room(6) });
  expect(state.room?.version).toBe(6);
});

it('bears a snapshot with absent lists and events it does not know', () => {
  const bare = { ...snapshot(), members: null, chat: null, live: null, playlist: { version: 9, items: null } };
  const state = stateWith(bare as unknown as RoomEvent, { type: 'fireworks' } as unknown as RoomEvent);
  expect([state.members, state.messages, state.streams, state.playlist.items]).toEqual([[], [], [], []]);
});

it.each([
  [4501, 'session_ended'],
  [4503, 'removed'],
  [4504, 'gone'],
  [3008, null],
  [1006, null]
])('close code %d means %s', (code, want) => expect(endingOf(code)).toBe(want));

it('comes back after 5 to 15 seconds', () => {
  expect([returnDelay(() => 0), returnDelay(() => 1)]).toEqual([5_000, 15_000]);
});

it('says that its server is cut off until a server says otherwise', () => {
  const state = stateWith(snapshot());
  state.apply({ type: 'alone', alone: true });
  expect(state.alone).toBe(true);
  state.apply({ type: 'alone', alone: false });
  expect(state.alone).toBe(false);
  state.apply({ type: 'alone', alone: true });
  state.apply(snapshot());
  expect(state.alone).toBe(false);
});

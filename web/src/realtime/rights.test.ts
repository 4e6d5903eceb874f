import { describe, expect, it } from 'vitest';
import { RoomState } from './RoomState.svelte';
import { endingOf } from './endings';
import type { RoomEvent } from '../api/types';
import { member, playback, snapshot } from './fixtures';

const inside = (): RoomState => {
  const room = new RoomState();
  room.apply(snapshot());
  return room;
};

describe('my rights', () => {
  it('change what I may do at once, and how others see me here', () => {
    const room = inside();
    expect(room.can('play_control')).toBe(false);
    expect(room.apply({ type: 'me', member: member('me', { permissions: ['send_chat', 'play_control'] }) })).toBeNull();
    expect(room.can('play_control')).toBe(true);
    expect(room.members.find((m) => m.id === 'me')?.permissions).toContain('play_control');
  });

  it('that let me see more ask for what was never sent', () => {
    const room = inside();
    expect(room.apply({ type: 'me', member: member('me', { permissions: ['view_chat_history'] }) })).toBe('state');
    expect(room.apply({ type: 'me', member: member('me', { permissions: ['view_chat_history'] }) })).toBeNull();
  });

  it('that hide the list leave what plays now to be asked for', () => {
    const room = inside();
    const next: RoomEvent = { type: 'playback', playback: playback(2, 1, { item_id: 'z' }) };
    room.apply({ type: 'me', member: member('me', { permissions: ['view_playlist'] }) });
    expect(room.apply(next)).toBeNull();
    room.apply({ type: 'me', member: member('me', { permissions: [] }) });
    expect(room.apply(next)).toBe('state');
  });

  it('of somebody who is not shown among the members add nobody', () => {
    const room = inside();
    room.members = [];
    room.apply({ type: 'me', member: member('me') });
    expect(room.members).toEqual([]);
  });
});

it.each([
  [4501, '', 'session_ended'], [4503, 'removed', 'removed'], [4503, 'kicked', 'kicked'], [4503, 'banned', 'banned'],
  [4504, 'room_gone', 'gone'], [4504, 'banned', 'gone'], [3000, 'kicked', null]
])('%d %s', (code, reason, want) => expect(endingOf(code, reason)).toBe(want));

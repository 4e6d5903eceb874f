import { describe, expect, it } from 'vitest';
import { room } from '../realtime/fixtures';
import { DEFAULT_GUEST, FOR_GUESTS, FOR_MEMBERS, rightsOf, switched } from './roles';

const base = room(1);
const withSet = (member_permissions: string[]) => ({ ...base, settings: { ...base.settings, member_permissions } });

describe('role sets', () => {
  it('an unset set is the default, an empty one is nothing', () => {
    expect(rightsOf(base, 'guest_permissions')).toEqual(DEFAULT_GUEST);
    expect(rightsOf(withSet([]), 'member_permissions')).toEqual([]);
  });

  it('one right is switched and the rest stays', () => {
    expect(switched(base, 'guest_permissions', 'play_control', true)).toEqual([...DEFAULT_GUEST, 'play_control'].sort());
    expect(switched(withSet(['send_chat']), 'member_permissions', 'send_chat', false)).toEqual([]);
  });

  it('the default again is stored as unset', () => {
    const more = { ...base, settings: { ...base.settings, guest_permissions: [...DEFAULT_GUEST, 'play_control'] } };
    expect(switched(more, 'guest_permissions', 'play_control', false)).toBeNull();
  });

  it('guests are offered less than members', () => {
    expect(FOR_GUESTS.every((p) => FOR_MEMBERS.includes(p))).toBe(true);
    expect(FOR_GUESTS).not.toContain('kick_member');
  });
});

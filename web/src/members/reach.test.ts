import { describe, expect, it } from 'vitest';
import type { Member, Permission } from '../api/types';
import { RIGHTS, difference, reachOf, reachesAny, roleRights } from './reach';

const person = (id: string, role: Member['role'], over: Partial<Member> = {}): Member => ({
  id, name: id, color: '#000000', kind: role === 'guest' ? 'guest' : 'user', role, status: 'active',
  permissions: [], online: true, joined_ms: 1, version: 1, ...over
});
const all = (): boolean => true;
const only = (...list: Permission[]) => (p: Permission): boolean => list.includes(p);

describe('reachOf', () => {
  it.each([
    ['creator on a member', person('c', 'creator'), person('m', 'member'), all, true],
    ['creator on an admin', person('c', 'creator'), person('a', 'admin'), all, true],
    ['nobody on themselves', person('c', 'creator'), person('c', 'creator'), all, false],
    ['admin on the creator', person('a', 'admin'), person('c', 'creator'), only('kick_member'), false],
    ['admin on another admin', person('a', 'admin'), person('b', 'admin'), only('kick_member', 'ban_member'), false],
    ['admin on a guest', person('a', 'admin'), person('g', 'guest'), only('kick_member'), true],
    ['member without rights', person('m', 'member'), person('g', 'guest'), only('send_chat'), false],
    ['on somebody who waits', person('c', 'creator'), person('m', 'member', { status: 'pending' }), all, false]
  ])('%s', (_, me, target, can, want) => expect(reachesAny(reachOf(me, target, can))).toBe(want));

  it('gives guests no role and no rights of their own', () => {
    expect(reachOf(person('c', 'creator'), person('g', 'guest'), all)).toEqual({
      role: false, rights: false, mute: true, kick: true, ban: true, handOver: false
    });
  });
});

describe('individual rights', () => {
  it('are what differs from the role', () => {
    const m = person('m', 'member', { permissions: ['send_chat', 'play_control'], added: ['play_control'], removed: ['add_media'] });
    const role = roleRights(m);
    expect([...role].sort()).toEqual(['add_media', 'send_chat']);
    expect(difference(role, new Set(m.permissions))).toEqual({ added: ['play_control'], removed: ['add_media'] });
    expect(difference(role, role)).toEqual({ added: [], removed: [] });
  });

  it('are each listed once', () => {
    expect(new Set(RIGHTS).size).toBe(RIGHTS.length);
    expect(RIGHTS.length).toBe(27);
  });
});

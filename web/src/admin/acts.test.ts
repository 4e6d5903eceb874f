import { describe, expect, it } from 'vitest';
import type { User } from '../api/types';
import { actsOn, isAdmin, type Act } from './acts';

const user = (role: User['role'], status: User['status'] = 'active', id = 'other'): User => ({ id, name: 'x', color: '#000000', role, status, created_ms: 0 });

describe('actsOn', () => {
  it.each<[User['role'], User, Act[]]>([
    ['root', user('root'), []],
    ['root', user('admin'), ['ban', 'make_user', 'reset']],
    ['root', user('user'), ['ban', 'make_admin', 'reset']],
    ['root', user('user', 'pending'), ['approve', 'ban', 'make_admin', 'reset']],
    ['root', user('user', 'banned'), ['unban', 'make_admin', 'reset']],
    ['admin', user('user'), ['ban', 'reset']],
    ['admin', user('admin'), []],
    ['admin', user('root'), []],
    ['admin', user('user', 'active', 'me'), []]
  ])('%s on %o', (role, target, want) => expect(actsOn({ id: 'me', role }, target)).toEqual(want));
});

it('knows who sees the page', () => {
  expect([null, user('user'), user('admin'), user('root'), user('admin', 'banned')].map(isAdmin)).toEqual([false, false, true, true, false]);
});

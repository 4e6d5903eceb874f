import { expect, it } from 'vitest';
import type { Member } from '../api/types';
import { groupMembers } from './groups';

const person = (id: string, over: Partial<Member> = {}): Member => ({
  id, kind: 'user', name: id, color: '', role: 'member', status: 'active', permissions: [], online: true, joined_ms: 0, ...over
});

it('sorts by presence, role and name', () => {
  const { online, away } = groupMembers(
    [
      person('zoe'), person('Émile'), person('guest', { role: 'guest', kind: 'guest' }), person('boss', { role: 'creator' }),
      person('helper', { role: 'admin' }), person('off', { online: false }), person('gone guest', { role: 'guest', kind: 'guest', online: false }),
      person('waiting', { status: 'pending' }), person('bad', { status: 'banned' }), person('fred')
    ],
    'en'
  );
  expect(online.map((m) => m.id)).toEqual(['boss', 'helper', 'Émile', 'fred', 'zoe', 'guest']);
  expect(away.map((m) => m.id)).toEqual(['off']);
});

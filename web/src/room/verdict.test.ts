import { expect, it } from 'vitest';
import { problemToError } from '../api/problem';
import { verdictOf } from './verdict';

it.each([
  [404, 'room_not_found', 'gone'],
  [403, 'room_closed', 'gone'],
  [404, 'item_not_found', null],
  [403, 'not_a_member', 'removed'],
  [403, 'member_banned', 'banned'],
  [403, 'member_pending', 'pending'],
  [403, 'permission_missing', null],
  [401, 'session_expired', 'signed_out'],
  [401, 'not_signed_in', 'signed_out'],
  [401, 'wrong_credentials', null],
  [409, 'playback_conflict', null],
  [503, 'unavailable', null]
])('%d %s means %s', (status, code, want) => expect(verdictOf(problemToError(status, { code }))).toBe(want));

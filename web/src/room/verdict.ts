import type { ApiError } from '../api/problem';

/** What a refusal means for being in a room; null when it is only about the one command. */
export type Verdict = 'gone' | 'removed' | 'kicked' | 'banned' | 'pending' | 'signed_out' | null;

const BY_CODE: Record<string, Verdict> = {
  room_not_found: 'gone',
  room_closed: 'gone',
  not_a_member: 'removed',
  kicked: 'kicked',
  guests_not_allowed: 'removed',
  member_banned: 'banned',
  member_pending: 'pending'
};

export function verdictOf(e: ApiError): Verdict {
  return BY_CODE[e.code] ?? (e.signedOut ? 'signed_out' : null);
}

import type { Member, RoomRole } from '../api/types';

const RANK: Record<RoomRole, number> = { creator: 0, admin: 1, member: 2, guest: 3 };

/** Who is here and who is away, each by role and then by name. Pending and banned people are neither. */
export function groupMembers(members: readonly Member[], locale: string): { online: Member[]; away: Member[] } {
  const names = new Intl.Collator(locale);
  const sorted = members
    .filter((m) => m.status === 'active')
    .sort((a, b) => RANK[a.role] - RANK[b.role] || names.compare(a.name, b.name) || a.id.localeCompare(b.id));
  // A guest who is away left nothing behind that one could come back to.
  return { online: sorted.filter((m) => m.online), away: sorted.filter((m) => !m.online && m.kind !== 'guest') };
}

import type { Member, Permission } from '../api/types';

/** What one person may do to another; the server has the last word on each. */
export type Reach = { role: boolean; rights: boolean; mute: boolean; kick: boolean; ban: boolean; handOver: boolean };

const NONE: Reach = { role: false, rights: false, mute: false, kick: false, ban: false, handOver: false };

/**
 * The creator is beyond everybody's reach, admins are beyond each other's, and
 * nobody decides about themselves. Guests have no role or rights of their own.
 */
export function reachOf(me: Member | null, m: Member, can: (p: Permission) => boolean): Reach {
  if (!me || m.id === me.id || m.role === 'creator' || m.status !== 'active') return NONE;
  if (m.role === 'admin' && me.role !== 'creator' && !can('delete_room')) return NONE;
  const account = m.kind === 'user';
  return {
    role: account && can('manage_admin'),
    rights: account && can('set_member_permissions'),
    mute: can('kick_member'),
    kick: can('kick_member'),
    ban: can('ban_member'),
    handOver: account && me.role === 'creator'
  };
}

export const reachesAny = (r: Reach): boolean => Object.values(r).some(Boolean);

/** The rights one can give, in the order people read them. */
export const RIGHTS: readonly Permission[] = [
  'play_control', 'change_current', 'change_rate', 'add_media', 'delete_media_self', 'edit_media_self', 'reorder_playlist',
  'delete_media_any', 'edit_media_any', 'clear_playlist', 'publish_live', 'send_chat', 'delete_chat', 'view_chat_history',
  'view_playlist', 'view_member_list', 'use_voice', 'approve_member', 'kick_member', 'ban_member', 'set_room_settings',
  'set_room_password', 'view_stats', 'set_member_permissions', 'manage_admin', 'export_data', 'delete_room'
];

/** The individual rights that make `wanted` out of what the role gives. */
export function difference(role: ReadonlySet<string>, wanted: ReadonlySet<string>): { added: string[]; removed: string[] } {
  return {
    added: RIGHTS.filter((p) => wanted.has(p) && !role.has(p)),
    removed: RIGHTS.filter((p) => !wanted.has(p) && role.has(p))
  };
}

/** What the role alone gives a member: the effective rights without what is individual. */
export function roleRights(m: Member): Set<string> {
  const set = new Set(m.permissions.filter((p) => !(m.added ?? []).includes(p)));
  for (const p of m.removed ?? []) set.add(p);
  return set;
}

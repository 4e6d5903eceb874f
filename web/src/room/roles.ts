import type { Permission, Room } from '../api/types';

/** What guests and members may do where a room does not say otherwise (the server's defaults). */
export const DEFAULT_GUEST: readonly Permission[] = ['send_chat', 'view_playlist', 'view_member_list', 'view_chat_history'];
export const DEFAULT_MEMBER: readonly Permission[] = [...DEFAULT_GUEST, 'add_media', 'delete_media_self', 'edit_media_self', 'use_voice'];

/** What can be switched for everybody in a role; guests never decide about people or the room. */
export const FOR_GUESTS: readonly Permission[] = [
  'play_control', 'change_current', 'change_rate', 'reorder_playlist', 'add_media', 'delete_media_self', 'edit_media_self',
  'send_chat', 'view_chat_history', 'view_playlist', 'view_member_list', 'use_voice'
];
export const FOR_MEMBERS: readonly Permission[] = [
  ...FOR_GUESTS, 'delete_media_any', 'edit_media_any', 'clear_playlist', 'publish_live', 'delete_chat', 'approve_member', 'kick_member'
];

export type RoleSet = 'member_permissions' | 'guest_permissions';

/** What a role may do in a room now. */
export const rightsOf = (room: Room, set: RoleSet): readonly string[] =>
  room.settings[set] ?? (set === 'guest_permissions' ? DEFAULT_GUEST : DEFAULT_MEMBER);

/** The stored set with one right switched; null when that is the default again. */
export function switched(room: Room, set: RoleSet, right: string, on: boolean): string[] | null {
  const now = new Set(rightsOf(room, set));
  if (on) now.add(right);
  else now.delete(right);
  const standard: readonly string[] = set === 'guest_permissions' ? DEFAULT_GUEST : DEFAULT_MEMBER;
  const same = now.size === standard.length && standard.every((p) => now.has(p));
  return same ? null : [...now].sort();
}

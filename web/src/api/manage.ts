// The calls that run a room: its settings, its people, its record.
import { address, request } from './request';
import type { Member, Person, Ref, Room, Visibility } from './types';

const at = (room: string, rest = ''): string => `/api/rooms/${encodeURIComponent(room)}${rest}`;

export type Preset = 'everyone_controls' | 'only_hosts' | 'theatre' | 'private';

/** What should be different; what is left out stays. A permission set of null is the default again. */
export type RoomChange = {
  version?: number;
  name?: string;
  description?: string;
  visibility?: Visibility;
  preset?: Preset;
  settings?: Partial<Omit<Room['settings'], 'member_permissions' | 'guest_permissions' | 'admin_permissions'>> & {
    member_permissions?: string[] | null;
    guest_permissions?: string[] | null;
    admin_permissions?: string[] | null;
  };
};

export type Ban = Person & { kind: 'user' | 'guest'; reason: string; by_name: string; at_ms: number };

export type AuditEntry = {
  id: string;
  at_ms: number;
  room_id: string;
  action: string;
  actor: Ref;
  target: Ref;
  reason: string;
  detail?: Record<string, string>;
};
export type AuditPage = { entries: AuditEntry[]; next: string };

export const manage = {
  change: (room: string, change: RoomChange) => request<Room>('PATCH', at(room), change),
  setPassword: (room: string, password: string) => request<Room>('PUT', at(room, '/password'), { password }),
  handOver: (room: string, to: string) => request<Room>('POST', at(room, '/hand-over'), { to }),
  close: (room: string) => request<Room>('POST', at(room, '/close')),
  reopen: (room: string) => request<Room>('POST', at(room, '/reopen')),
  remove: (room: string) => request<void>('DELETE', at(room)),
  bans: (room: string) => request<{ bans: Ban[] }>('GET', at(room, '/bans')),
  audit: (room: string, cursor: string) => request<AuditPage>('GET', address(at(room, '/audit'), { cursor })),
  auditAll: (cursor: string) => request<AuditPage>('GET', address('/api/admin/audit', { cursor }))
};

const about = (room: string, person: string, what: string): string => at(room, `/members/${encodeURIComponent(person)}/${what}`);

/** Decisions about one member. */
export const decide = {
  role: (room: string, m: Member, role: 'admin' | 'member') =>
    request<Member>('PUT', about(room, m.id, 'role'), { role, version: m.version }),
  permissions: (room: string, m: Member, added: string[], removed: string[]) =>
    request<Member>('PUT', about(room, m.id, 'permissions'), { added, removed, version: m.version }),
  mute: (room: string, person: string, seconds: number, reason = '') =>
    request<Member>('PUT', about(room, person, 'mute'), { seconds, reason }),
  approve: (room: string, person: string) => request<Member>('POST', about(room, person, 'approve'), {}),
  decline: (room: string, person: string) => request<void>('POST', about(room, person, 'decline'), {}),
  kick: (room: string, person: string, reason = '') => request<void>('POST', about(room, person, 'kick'), { reason }),
  ban: (room: string, person: string, reason = '') => request<Member>('POST', about(room, person, 'ban'), { reason }),
  unban: (room: string, person: string) => request<void>('POST', about(room, person, 'unban'), {})
};

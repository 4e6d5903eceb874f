// The server's calls about accounts: one's own, and other people's for admins.
import { address, request } from './request';
import type { User } from './types';

/** A signed-in device, or an access token for programs. */
export type SessionInfo = {
  id: string;
  kind: 'device' | 'token';
  /** Of an access token. */
  name: string;
  /** What the device called itself. */
  agent: string;
  address: string;
  created_ms: number;
  /** To about five minutes. */
  seen_ms: number;
  expires_ms: number;
  /** The one this page uses. */
  current: boolean;
};

/** What admins change while the server runs. */
export type ServerSetting = { key: string; value: string; default: string; set: boolean; help: string };
type SettingsBody = { settings: ServerSetting[] };

export type UserStatus = User['status'];
type UserBody = { user: User };

const id = encodeURIComponent;

export const me = {
  update: async (change: { name?: string; color?: string }) => (await request<UserBody>('PATCH', '/api/me', change)).user,
  changePassword: (body: { old_password: string; new_password: string }) => request<void>('PUT', '/api/me/password', body),
  remove: (password: string) => request<void>('POST', '/api/me/delete', { password }),
  sessions: async () => (await request<{ sessions: SessionInfo[] }>('GET', '/api/me/sessions')).sessions,
  endSession: (session: string) => request<void>('DELETE', `/api/me/sessions/${id(session)}`),
  endOthers: () => request<{ ended: number }>('DELETE', '/api/me/sessions'),
  createToken: (name: string) => request<{ session: SessionInfo; token: string }>('POST', '/api/me/tokens', { name })
};

const one = (user: string, act: string): string => `/api/admin/users/${id(user)}/${act}`;
const act = (verb: string) => async (user: string, reason = '') => (await request<UserBody>('POST', one(user, verb), { reason })).user;

export const admin = {
  users: (query: { q?: string; status?: UserStatus | ''; cursor?: string }) =>
    request<{ users: User[]; next: string }>('GET', address('/api/admin/users', query)),
  settings: async () => (await request<SettingsBody>('GET', '/api/admin/settings')).settings,
  setSetting: async (key: string, value: string) =>
    (await request<SettingsBody>('PUT', `/api/admin/settings/${id(key)}`, { value })).settings,
  resetSetting: async (key: string) => (await request<SettingsBody>('DELETE', `/api/admin/settings/${id(key)}`)).settings,
  approve: act('approve'),
  ban: act('ban'),
  unban: act('unban'),
  setRole: async (user: string, role: 'admin' | 'user') => (await request<UserBody>('PUT', one(user, 'role'), { role })).user,
  resetPassword: async (user: string) => (await request<{ password: string }>('POST', one(user, 'password'), {})).password
};

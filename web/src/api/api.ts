// The server's calls by name. Nothing here keeps state or shows anything.
import { address, request } from './request';
import type {
  CommandBody, Danmaku, DanmakuWindow, Info, Item, LibraryFolder, LiveKey, Member, Message, NewDanmaku,
  NewItem, NewLiveKey, NewMessage, NewRoom, Playback, Playlist, RoomGate, RoomSummary, Snapshot, User
} from './types';

const at = (room: string, rest = ''): string => `/api/rooms/${encodeURIComponent(room)}${rest}`;
const id = encodeURIComponent;

type Credentials = { name: string; password: string };
export type PlaybackVerb = 'play' | 'pause' | 'seek' | 'rate' | 'item' | 'next' | 'previous';

export const people = {
  info: () => request<Info>('GET', '/api/info'),
  me: async () => userOf(await request<User | { user: User }>('GET', '/api/me')),
  register: async (c: Credentials) => userOf(await request<User | { user: User }>('POST', '/api/auth/register', c)),
  login: async (c: Credentials) => userOf(await request<User | { user: User }>('POST', '/api/auth/login', c)),
  logout: () => request<void>('POST', '/api/auth/logout')
};

/** The contract writes `{user}`; both readings of it are the same person. */
const userOf = (body: User | { user: User }): User => ('user' in body ? body.user : body);

export const rooms = {
  list: (query: { q?: string; mine?: boolean; cursor?: string; limit?: number }) =>
    request<{ rooms: RoomSummary[]; next: string }>('GET', address('/api/rooms', query)),
  create: (room: NewRoom) => request<RoomSummary>('POST', '/api/rooms', room),
  gate: (room: string) => request<RoomGate>('GET', at(room)),
  join: (room: string, body: { password?: string }) => request<Member>('POST', at(room, '/join'), body),
  joinAsGuest: (room: string, body: { name: string; password?: string }) =>
    request<{ member: Member; token: string }>('POST', at(room, '/guests'), body),
  leave: (room: string) => request<void>('POST', at(room, '/leave')),
  state: (room: string) => request<Snapshot>('GET', at(room, '/state'))
};

export const playback = {
  command: (room: string, verb: PlaybackVerb, body: CommandBody & { item_id?: string }) =>
    request<Playback>('POST', at(room, `/playback/${verb}`), body)
};

export const playlist = {
  get: (room: string) => request<Playlist>('GET', at(room, '/playlist')),
  add: (room: string, items: NewItem[]) =>
    request<{ version: number; items: Item[] }>('POST', at(room, '/playlist/items'), { items }),
  remove: (room: string, item: string) =>
    request<{ version: number }>('DELETE', at(room, `/playlist/items/${id(item)}`))
};

export const library = {
  folder: (path: string) => request<LibraryFolder>('GET', address('/api/library', { path }))
};

export const chat = {
  send: (room: string, message: NewMessage) => request<Message>('POST', at(room, '/chat'), message),
  edit: (room: string, message: string, text: string) => request<Message>('PATCH', at(room, `/chat/${id(message)}`), { text }),
  remove: (room: string, message: string) => request<Message>('DELETE', at(room, `/chat/${id(message)}`)),
  react: (room: string, message: string, emoji: string, on: boolean) =>
    request<Message>('POST', at(room, `/chat/${id(message)}/reactions`), { emoji, on }),
  exportURL: (room: string, format: 'json' | 'txt') => address(at(room, '/chat/export'), { format }),
  history: (room: string, before: number, limit = 50) =>
    request<{ messages: Message[]; more: boolean }>('GET', address(at(room, '/chat'), { before, limit }))
};

export const danmaku = {
  send: (room: string, comment: NewDanmaku) => request<Danmaku>('POST', at(room, '/danmaku'), comment),
  window: (room: string, item: string, from_s: number, to_s: number) =>
    request<DanmakuWindow>('GET', address(at(room, '/danmaku'), { item, from_s, to_s })),
  remove: (room: string, comment: string) => request<void>('DELETE', at(room, `/danmaku/${id(comment)}`))
};

export const live = {
  keys: (room: string) => request<{ keys: LiveKey[] }>('GET', at(room, '/live/keys')),
  createKey: (room: string, title: string) =>
    request<NewLiveKey>('POST', at(room, '/live/keys'), title ? { title } : {}),
  revokeKey: (room: string, key: string) => request<void>('DELETE', at(room, `/live/keys/${id(key)}`))
};

/** Where a room's socket is, seen from this page. */
export function socketURL(room: string, page: { protocol: string; host: string } = location): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}${at(room, '/socket')}`;
}

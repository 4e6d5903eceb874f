// The server's calls by name. Nothing here keeps state or shows anything.
import { here } from './base';
import { address, request } from './request';
import type {
  AddedItems, Chosen, CommandBody, Danmaku, DanmakuWindow, Folder, Found, ImportedItems, Info, Item, ItemChange, LibraryFolder, LibrarySearch,
  LiveKey, Member, Message, NewDanmaku, NewItem, NewLiveKey, NewMessage, NewRoom, Playback, PlayerReport,
  Playlist, RoomGate, RoomSummary, Snapshot, Spot, User, Where, StreamStats
} from './types';

const at = (room: string, rest = ''): string => `/api/rooms/${encodeURIComponent(room)}${rest}`;
const id = encodeURIComponent;

type Removal = { version: number; batch: string };
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
    request<Playback>('POST', at(room, `/playback/${verb}`), body),
  cancelNext: (room: string) => request<Playback>('POST', at(room, '/playback/cancel-next')),
  goOn: (room: string) => request<Playback>('POST', at(room, '/playback/go-on')),
  report: (room: string, what: 'ended' | 'length', report: PlayerReport) =>
    request<Playback>('POST', at(room, `/playback/${what}`), report)
};

export const playlist = {
  get: (room: string) => request<Playlist>('GET', at(room, '/playlist')),
  add: (room: string, items: NewItem[], where: Where = {}) =>
    request<AddedItems>('POST', at(room, '/playlist/items'), { items, ...where }),
  look: (room: string, url: string) => request<Found>('POST', at(room, '/playlist/look'), { url }),
  import: (room: string, text: string, where: Where = {}) =>
    request<ImportedItems>('POST', at(room, '/playlist/import'), { text, ...where }),
  edit: (room: string, item: string, change: ItemChange) =>
    request<{ version: number; item: Item }>('PATCH', at(room, `/playlist/items/${id(item)}`), change),
  move: (room: string, what: Chosen, to: Spot) =>
    request<{ version: number }>('POST', at(room, '/playlist/move'), { ...what, ...to }),
  remove: (room: string, what: Chosen) => request<Removal>('POST', at(room, '/playlist/remove'), what),
  clear: (room: string, folder: string) => request<Removal>('POST', at(room, '/playlist/clear'), { folder_id: folder }),
  undo: (room: string, batch: string) => request<{ version: number }>('POST', at(room, '/playlist/undo'), { batch }),
  addFolder: (room: string, name: string, parent: string) =>
    request<{ version: number; folder: Folder }>('POST', at(room, '/playlist/folders'), { name, parent_id: parent }),
  renameFolder: (room: string, folder: string, name: string) =>
    request<{ version: number }>('PATCH', at(room, `/playlist/folders/${id(folder)}`), { name })
};

export const library = {
  folder: (path: string) => request<LibraryFolder>('GET', address('/api/library', { path })),
  search: (q: string) => request<LibrarySearch>('GET', address('/api/library/search', { q })),
  picture: (path: string) => here(address('/api/library/picture', { path }))
};

export const chat = {
  send: (room: string, message: NewMessage) => request<Message>('POST', at(room, '/chat'), message),
  edit: (room: string, message: string, text: string) => request<Message>('PATCH', at(room, `/chat/${id(message)}`), { text }),
  remove: (room: string, message: string) => request<Message>('DELETE', at(room, `/chat/${id(message)}`)),
  react: (room: string, message: string, emoji: string, on: boolean) =>
    request<Message>('POST', at(room, `/chat/${id(message)}/reactions`), { emoji, on }),
  exportURL: (room: string, format: 'json' | 'txt') => here(address(at(room, '/chat/export'), { format })),
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
  keys: (room: string) => request<{ keys: LiveKey[] }>('GET', at(room, '/live-keys')),
  createKey: (room: string, title: string) =>
    request<NewLiveKey>('POST', at(room, '/live-keys'), title ? { title } : {}),
  revokeKey: (room: string, key: string) => request<void>('DELETE', at(room, `/live-keys/${id(key)}`)),
  stats: (room: string, stream: string) => request<StreamStats>('GET', at(room, `/live/${id(stream)}/stats`)),
  end: (room: string, stream: string) => request<void>('POST', at(room, `/live/${id(stream)}/end`))
};

/** Where a room's socket is, seen from this page. */
export function socketURL(room: string, page: { protocol: string; host: string } = location): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}${here(at(room, '/socket'))}`;
}

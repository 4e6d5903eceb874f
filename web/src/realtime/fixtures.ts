// Whole values for the tests, so that each test writes only what it is about.
import type { Item, Member, Message, Playback, Room, Snapshot, StreamInfo } from '../api/types';

export const message = (seq: number, text = `m${seq}`, over: Partial<Message> = {}): Message => ({
  id: `c${seq}`, seq, kind: 'user', author: { id: 'u1', name: 'Ann', color: '#aa0000' }, text, item_id: '', position_s: 0, created_ms: seq * 1000, ...over
});

export const item = (id: string, position: number, over: Partial<Item> = {}): Item => ({
  id, title: `Film ${id}`, source: { type: 'direct', url: `https://x/${id}.mp4`, kind: 'file' }, live: false, duration_s: 60, position, folder_id: '', broken: '',
  added_by: { id: 'u1', name: 'Ann' }, created_ms: 1, play: { kind: 'file', url: `https://x/${id}.mp4` }, ...over
});

export const liveItem = (id: string, position: number, stream: string): Item =>
  item(id, position, { live: true, source: { type: 'live', stream }, play: { kind: 'flv', url: `/api/rooms/r/live/${stream}.flv` } });

export const member = (id: string, over: Partial<Member> = {}): Member => ({
  id, kind: 'user', name: `Name ${id}`, color: '#00aa00', role: 'member', status: 'active', permissions: ['send_chat'], online: true, joined_ms: 1, ...over
});

export const playback = (epoch: number, version: number, over: Partial<Playback> = {}): Playback => ({
  item_id: 'a', status: 'playing', position_s: 0, rate: 1, at_ms: 1000, epoch, version, by: { id: 'u1', name: 'Ann' }, ...over
});

export const room = (version: number, over: Partial<Room> = {}): Room => ({
  id: 'r', name: `Room v${version}`, description: '', visibility: 'listed', has_password: false, version, settings: { guests_allowed: true, max_members: 100, chat: true }, ...over
});

export const stream = (name: string, live: boolean): StreamInfo => ({
  stream: name, item_id: 'l', live, started_ms: 1, video: 'avc1', audio: 'mp4a', viewers: 0
});

export const snapshot = (over: Partial<Snapshot> = {}): Snapshot => ({
  type: 'snapshot', server_ms: 1000, room: room(1), me: member('me'), playback: playback(1, 1), playlist: { version: 3, items: [item('a', 1), item('b', 2)], folders: [] },
  members: [member('me'), member('u1')], chat: [message(1), message(2)], live: [], ...over
});

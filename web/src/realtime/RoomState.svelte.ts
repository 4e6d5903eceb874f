import type { Item, Member, Message, Permission, Playback, PlayerWord, Playlist, Room, RoomEvent, Snapshot, StreamInfo } from '../api/types';
import { newer } from '../sync/timeline';
import { KEPT_MESSAGES, changeMessages, changePlaylist, mergeMessages, newerPlaylist, putMember, putStream, rejoinMessages } from './merge';

/** What has to be fetched because an event was missed. */
export type Missing = 'playlist' | 'state' | null;

/**
 * A room as this page knows it. Events of any order and number end in the
 * newest state, because whole states carry versions; only the playlist travels
 * in steps and may report a missing one. Fetches nothing itself.
 */
export class RoomState {
  room = $state.raw<Room | null>(null);
  me = $state.raw<Member | null>(null);
  playback = $state.raw<Playback | null>(null);
  playlist = $state.raw<Playlist>({ version: -1, items: [], folders: [] });
  members = $state.raw<Member[]>([]);
  messages = $state.raw<Message[]>([]);
  /** Whether the server has messages older than the first one here. */
  moreMessages = $state(false);
  streams = $state.raw<StreamInfo[]>([]);
  /** The server is cut off from its neighbours: what happens there comes late. */
  alone = $state(false);
  /** Grows when an item's subtitles may be others than before. */
  subtitles = $state(0);

  /** What each member's player last said of itself, by person. */
  words = $state.raw<ReadonlyMap<string, PlayerWord>>(new Map());

  /** The item the room is at, or null. */
  get current(): Item | null {
    const id = this.playback?.item_id;
    return (id && this.playlist.items.find((item) => item.id === id)) || null;
  }

  /** What the countdown starts, else the item that follows the current one in its folder, or null. */
  get upNext(): Item | null {
    const { items } = this.playlist;
    const waiting = this.playback?.next_item_id;
    if (waiting) return items.find((item) => item.id === waiting) ?? null;
    const current = this.current;
    const siblings = items.filter((item) => item.folder_id === current?.folder_id);
    const i = siblings.findIndex((item) => item.id === current?.id);
    return (i >= 0 && siblings[i + 1]) || null;
  }

  can(permission: Permission): boolean {
    return this.me?.status === 'active' && (this.me.permissions ?? []).includes(permission);
  }

  /** What is known of the stream of a live item, on air or not; null when nothing is. */
  streamOf(item: Item | null): StreamInfo | null {
    if (item?.source.type !== 'live') return null;
    const name = item.source.stream;
    return this.streams.find((s) => s.stream === name) ?? null;
  }

  /** Takes in an event; answers what must be fetched now. */
  apply(e: RoomEvent): Missing {
    switch (e.type) {
      case 'snapshot':
        this.#applySnapshot(e);
        return null;
      case 'playback':
        this.applyPlayback(e.playback);
        // Who may not see the list was never sent the item that comes now.
        return this.playback?.item_id && !this.current && !this.can('view_playlist') ? 'state' : null;
      case 'playlist':
        return this.#applyPlaylistChange(e);
      case 'chat':
        this.addMessages([e.message]);
        return null;
      case 'chat_changed':
        this.changeMessage(e.message);
        return null;
      case 'member':
        this.#applyMember(e.member);
        return null;
      case 'me':
        return this.#applyMe(e.member);
      case 'member_gone':
        this.members = this.members.filter((m) => m.id !== e.id);
        return null;
      case 'sync':
        this.words = new Map(this.words).set(e.sync.id, e.sync);
        return null;
      case 'subtitles':
        this.subtitles++;
        return null;
      case 'live':
        this.streams = putStream(this.streams, e.stream);
        return null;
      case 'alone':
        this.alone = e.alone;
        return null;
      case 'room':
        if (!this.room || e.room.version >= this.room.version) this.room = e.room;
        return null;
      default:
        // A newer server may say more than this page understands.
        return null;
    }
  }

  /** Takes a playback if it is later than the one here. */
  applyPlayback(playback: Playback): void {
    if (!this.playback || newer(playback, this.playback)) this.playback = playback;
  }

  /** Takes a whole playlist unless a newer one is here. */
  applyPlaylist(list: Playlist): void {
    this.playlist = newerPlaylist(this.playlist, { version: list.version, items: list.items ?? [], folders: list.folders ?? [] });
  }

  /** New messages; the oldest are let go when there are too many. */
  addMessages(messages: readonly Message[]): void {
    const all = mergeMessages(this.messages, messages);
    if (all.length > KEPT_MESSAGES) this.moreMessages = true;
    this.messages = all.slice(-KEPT_MESSAGES);
  }

  /** One of the messages was edited, deleted or reacted to. */
  changeMessage(message: Message): void {
    this.messages = changeMessages(this.messages, message);
  }

  /** Older messages, fetched because somebody scrolled up: kept however many there are. */
  addHistory(messages: readonly Message[], more: boolean): void {
    this.messages = mergeMessages(this.messages, messages);
    this.moreMessages = more;
  }

  #applySnapshot(s: Snapshot): void {
    this.alone = false; // a server that is says so right after this
    this.room = s.room;
    this.subtitles++;
    this.me = s.me;
    this.applyPlayback(s.playback);
    this.applyPlaylist(s.playlist);
    this.members = s.members ?? [];
    this.#rejoin(s.chat ?? []);
    this.streams = s.live ?? [];
  }

  #rejoin(latest: readonly Message[]): void {
    const oldestHere = this.messages[0]?.seq;
    this.messages = rejoinMessages(this.messages, latest);
    // What starts where it did before is as complete as it was before.
    if (this.messages[0]?.seq !== oldestHere) this.moreMessages = (this.messages[0]?.seq ?? 1) > 1;
  }

  #applyPlaylistChange(e: Extract<RoomEvent, { type: 'playlist' }>): Missing {
    const list = changePlaylist(this.playlist, e);
    if (!list) return 'playlist';
    this.playlist = list;
    return null;
  }

  /** My own rights changed. What I may see only now was never sent to this page. */
  #applyMe(member: Member): Missing {
    const before = new Set(this.me?.permissions);
    this.me = member;
    if (this.members.some((m) => m.id === member.id)) this.members = putMember(this.members, member);
    return member.permissions.some((p) => p.startsWith('view_') && !before.has(p)) ? 'state' : null;
  }

  #applyMember(member: Member): void {
    this.members = putMember(this.members, member);
    if (member.id === this.me?.id) this.me = member;
  }
}

// The shapes the server speaks, one place for all of them so that they can be
// generated from its OpenAPI document later. Times `_ms` are milliseconds since
// the Unix epoch, film positions `_s` are seconds.

import type { Playback, Reason } from '../sync/timeline';
export type { CommandBody, Playback } from '../sync/timeline';

export type Ref = { id: string; name: string };
export type Person = Ref & { color: string };

export type User = Person & {
  role: 'root' | 'admin' | 'user';
  status: 'active' | 'pending' | 'banned';
  created_ms: number;
};

export type Info = {
  name: string;
  version: string;
  signup: 'open' | 'closed' | 'approval';
  /** Whether the caller may browse the library. */
  library: boolean;
  rtmp: boolean;
  /** A line for everybody, from an admin. */
  announcement?: string;
  /** Whether the server can look into library files. */
  ffmpeg?: boolean;
};

export type RoomRole = 'creator' | 'admin' | 'member' | 'guest';
export type Visibility = 'listed' | 'hidden';

export type RoomSummary = {
  id: string;
  name: string;
  description: string;
  creator: Person;
  has_password: boolean;
  guests_allowed: boolean;
  visibility: Visibility;
  online: number;
  /** Title of what plays, or empty. */
  playing: string;
  live: boolean;
  created_ms: number;
  /** The caller's role there, empty for strangers. */
  role: '' | RoomRole;
  status?: 'active' | 'pending' | 'banned' | 'closed';
  /** Some of the people in it right now. */
  faces?: Person[];
};

export type RoomGate = RoomSummary & { me: Member | null };
export type NewRoom = { name: string; description?: string; password?: string; visibility?: Visibility };

export type Permission =
  | 'send_chat' | 'add_media' | 'delete_media_self' | 'delete_media_any' | 'edit_media_self' | 'edit_media_any'
  | 'reorder_playlist' | 'clear_playlist' | 'publish_live' | 'play_control' | 'change_current' | 'change_rate'
  | 'approve_member' | 'kick_member' | 'ban_member' | 'set_member_permissions' | 'manage_admin'
  | 'set_room_settings' | 'set_room_password' | 'delete_chat' | 'view_stats' | 'export_data' | 'delete_room'
  | 'view_playlist' | 'view_member_list' | 'view_chat_history' | 'use_voice';

export type Member = Person & {
  kind: 'user' | 'guest';
  role: RoomRole;
  status: 'active' | 'pending' | 'banned';
  /** Effective permissions; names unknown to this page may be among them. */
  permissions: string[];
  online: boolean;
  joined_ms: number;
  /** Of the membership; a change carries the one it is based on. */
  version?: number;
  /** Rights of this person alone, beyond their role and taken from it. */
  added?: string[];
  removed?: string[];
  /** May not talk before then. */
  muted_until_ms?: number;
};

export type Room = {
  id: string;
  name: string;
  description: string;
  visibility: Visibility;
  has_password: boolean;
  version: number;
  settings: {
    guests_allowed: boolean;
    max_members: number;
    chat: boolean;
    approval?: boolean;
    danmaku?: boolean;
    slow_mode_s?: number;
    wait?: { mode: 'never' | 'up_to' | 'always'; up_to: number };
    autoplay?: { on: boolean; mode: 'sequential' | 'repeat_one' | 'repeat_all' | 'shuffle'; delay_s: number };
    /** What a role may do; absent: the server's default. */
    member_permissions?: string[];
    admin_permissions?: string[];
    guest_permissions?: string[];
  };
};

export type PlayKind = 'file' | 'hls' | 'flv' | 'dash';

/** How something at an address comes to the players; absent: auto. */
export type Route = 'auto' | 'direct' | 'server';

export type ItemChange = { title?: string; url?: string; route?: Route };

export type Source =
  | { type: 'direct'; url: string; kind: PlayKind; route?: Route }
  | { type: 'library'; path: string }
  | { type: 'linked'; account: string; path: string }
  /** `url`: where this server fetches the stream; without, an encoder publishes it here. */
  | { type: 'live'; stream: string; url?: string };

/** How an item is played; `hls_url` is the same for browsers that cannot play the other. */
export type Play = {
  kind: PlayKind;
  url: string;
  hls_url?: string;
  /** For browsers that cannot fetch `url` themselves. */
  fallback_url?: string;
};

export type Item = {
  id: string;
  title: string;
  source: Source;
  live: boolean;
  /** 0 when unknown. */
  duration_s: number;
  /** Order within its folder. */
  position: number;
  /** Empty: at the top. */
  folder_id: string;
  /** Why players could not play it (a code), or empty. */
  broken: string;
  added_by: Ref;
  created_ms: number;
  play: Play;
};

/** A subtitle of an item; its text is at `url`. */
export type Subtitle = {
  id: string;
  label: string;
  /** BCP 47, or empty. */
  language: string;
  format: 'vtt' | 'ass';
  origin: 'upload' | 'url' | 'file' | 'embedded';
  added_by: Ref;
  created_ms: number;
  url: string;
};

export type NewItem =
  | { title?: string; url: string; kind?: PlayKind; live?: boolean; duration_s?: number }
  | { title?: string; library_path: string }
  | { title?: string; source_id: string; source_path: string };
/** What is at an address. `fatal` warnings: no player opens it as it is. */
export type Found = {
  url: string; kind: PlayKind; title: string; live: boolean; duration_s: number; size_bytes: number; format: string;
  codecs: string[]; variants: { width: number; height: number; bandwidth: number; codecs: string }[]; poster: string;
  warnings: { code: string; detail?: string; fatal: boolean }[];
};
export type Folder = { id: string; parent_id: string; name: string; added_by: Ref };
export type Playlist = { version: number; items: Item[]; folders: Folder[] };
/** Where new items go: a folder (empty: the top), or right after what plays. */
export type Where = { folder_id?: string; next?: boolean };
export type AddedItems = { version: number; items: Item[]; duplicates: string[] };
export type ImportedItems = AddedItems & { skipped: { line: number; code: string }[] };
/** Several items and folders. */
export type Chosen = { items?: string[]; folders?: string[] };
/** Where things are moved: after an item of the folder, '' = first, absent = last. */
export type Spot = { folder_id: string; after?: string };
/** What a player says about the current item. */
export type PlayerReport = { item_id: string; epoch: number; duration_s?: number; failed?: string };

export type LibraryEntry = { name: string; path: string; folder: boolean; size: number; modified_ms: number };
export type LibrarySearch = { entries: LibraryEntry[]; more: boolean };
export type LibraryFolder = { path: string; entries: LibraryEntry[] };

export type Message = {
  id: string;
  /** Counts up within the room. */
  seq: number;
  /** Grows with every change of this message. */
  version?: number;
  kind: 'user' | 'system';
  author: Person;
  text: string;
  /** System lines: what happened, and names for the words of it. */
  code?: string;
  params?: Record<string, string>;
  reply_to?: Quote;
  /** Ids of the people named with @. */
  mentions?: string[];
  reactions?: Reaction[];
  item_id: string;
  position_s: number;
  created_ms: number;
  edited_ms?: number;
  /** When it was taken away; then it has no text. */
  deleted_ms?: number;
};

/** The beginning of the message that another one answers; empty when that was deleted. */
export type Quote = { id: string; seq: number; author: Person; text: string };
export type Reaction = { emoji: string; people: string[] };
export type NewMessage = { text: string; reply_to?: string };

export type DanmakuMode = 'scroll' | 'top' | 'bottom';
export type DanmakuSize = 'small' | 'normal' | 'large';
/** What a comment over the film looks like. */
export type DanmakuLook = { mode: DanmakuMode; color: string; size: DanmakuSize };
export type NewDanmaku = DanmakuLook & { text: string; item_id: string; position_s: number };
export type Danmaku = NewDanmaku & { id: string; author: Person; created_ms: number };
/** Comments of a part of a film; complete up to `until_s`. */
export type DanmakuWindow = { danmaku: Danmaku[]; until_s: number };
export type DanmakuEvent = { type: 'danmaku'; danmaku: Danmaku } | { type: 'danmaku_gone'; id: string };

export type StreamInfo = {
  stream: string;
  item_id: string;
  live: boolean;
  started_ms: number;
  video: string;
  audio: string;
  viewers: number;
  /** Which replica it is published to; absent where there is one only. */
  owner?: string;
};

/** How a stream does, for whoever sends it. Times in ms, counts since it began. */
export type StreamStats = {
  started_ms: number;
  video: string;
  audio: string;
  bitrate_kbps: number;
  /** 0 when unknown, as is key_interval_ms. */
  frame_rate: number;
  key_interval_ms: number;
  long_gop: boolean;
  lost_frames: number;
  viewers: number;
  skipped: number;
  closed_slow: number;
  closed_stalled: number;
};

export type LiveKey = {
  id: string;
  stream: string;
  item_id: string;
  created_by: Ref | string;
  created_ms: number;
  /** The last letters of the key, which is never shown again. */
  hint: string;
};

export type NewLiveKey = { id: string; key: string; stream: string; server: string; url: string; secure_server?: string; secure_url?: string; item: Item };

export type Snapshot = {
  type: 'snapshot';
  server_ms: number;
  room: Room;
  me: Member;
  playback: Playback;
  playlist: Playlist;
  members: Member[];
  chat: Message[];
  live: StreamInfo[];
};

/** One step of the list; `refetch` says that it was too large to be said. */
export type PlaylistEvent = {
  type: 'playlist';
  version: number;
  added?: Item[] | null;
  edited?: Item[] | null;
  removed?: string[] | null;
  /** All folders, when any of them changed. */
  folders?: Folder[] | null;
  refetch?: boolean;
};

/** What the socket carries. */
/** What a member's player says of itself. */
export type PlayerWord = { id: string; epoch: number; reason: Reason; drift_ms?: number; rtt_ms: number; start_ms: number };

export type RoomEvent =
  | Snapshot
  | { type: 'playback'; playback: Playback }
  | PlaylistEvent
  | { type: 'chat'; message: Message }
  | { type: 'chat_changed'; message: Message }
  | DanmakuEvent
  | { type: 'member'; member: Member }
  | { type: 'me'; member: Member }
  | { type: 'member_gone'; id: string }
  | { type: 'sync'; sync: PlayerWord }
  | { type: 'live'; stream: StreamInfo }
  | { type: 'alone'; alone: boolean }
  | { type: 'subtitles'; id: string }
  | { type: 'room'; room: Room };

/** An error's body, application/problem+json. */
export type Problem = {
  title?: string;
  status: number;
  detail?: string;
  code?: string;
  kind?: string;
  request_id?: string;
  errors?: { location?: string; message?: string; code?: string }[];
  /** On a playback conflict: the state that counts. */
  current?: Playback;
  retry_after_s?: number;
};

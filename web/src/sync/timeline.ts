/**
 * The room's timeline as pure rules: where a film stands at a server instant, and which of
 * two records counts. Knows nothing of elements, clocks or sockets. The Go rules read the
 * same vectors (internal/screen/testdata/playback.json).
 */

/** Who did it, as far as a receiver needs to know. */
export type By = { id: string; name: string };

/** The room's playback record, whole, as every event carries it. */
export type Playback = {
  /** Empty when nothing is playing. */
  item_id: string;
  status: 'playing' | 'paused';
  /** Film position in seconds that held at `at_ms`. */
  position_s: number;
  rate: number;
  /** Server instant in ms at which `position_s` held. */
  at_ms: number;
  epoch: number;
  version: number;
  by: By;
  /** Length of the item in seconds as far as the room knows it, 0 = unknown. */
  duration_s?: number;
  /** What autoplay starts at `next_ms` (server instant); empty or absent: no countdown runs. */
  next_item_id?: string;
  next_ms?: number;
  /** The film stands until people are ready, at most until this server instant in ms; 0 or past: it does not. */
  wait_ms?: number;
  /** Whose player is not ready. */
  waits?: Waited[];
};

/** Why a player is not ready; empty when it is. */
export type Reason = '' | 'joining' | 'buffering' | 'tap' | 'away';

/** Somebody whose player is not ready; nobody waits for who is excused. */
export type Waited = { id: string; name: string; reason: Exclude<Reason, ''>; excused?: boolean };

/** The part of a record that says where the film stands. */
export type Motion = Pick<Playback, 'status' | 'position_s' | 'rate' | 'at_ms'>;

/** The part of a record that says which of two is the later one. */
export type Stamp = Pick<Playback, 'epoch' | 'version'>;

/** What a command may carry; see the HTTP contract. */
export type CommandBody = {
  position_s?: number;
  at_ms?: number;
  rate?: number;
  epoch?: number;
  version?: number;
};

/** The room's commands; each answers with the whole new record or rejects. */
export type Commands = {
  play(b: CommandBody): Promise<Playback>;
  pause(b: CommandBody): Promise<Playback>;
  seek(b: CommandBody): Promise<Playback>;
  rate(b: CommandBody): Promise<Playback>;
  next(b: CommandBody): Promise<Playback>;
  previous(b: CommandBody): Promise<Playback>;
};

/** What the sync pill shows. `error_ms` > 0 means this page is behind the room. */
export type SyncStatus = {
  state: 'ok' | 'nudge' | 'seek' | 'offline';
  /** Null unless a film plays that is not live: else there is nothing to be off from. */
  error_ms: number | null;
  /** Null, as the two below, before the clock's first probe has been answered. */
  rtt_ms: number | null;
  offset_ms: number | null;
  bound_ms: number | null;
  /** How long after the server says "play" this player's picture can move; 0 while that is not known. */
  start_ms: number;
  /** Why this player is not ready to play on; empty when it is. */
  reason: Reason;
};

/**
 * Film position in seconds at a server instant. A record from the future stands still until
 * its time comes; the film neither runs past `durationS` nor before 0.
 */
export function positionAt(p: Motion, serverNowMs: number, durationS = Infinity): number {
  const ranMs = p.status === 'playing' ? Math.max(0, serverNowMs - p.at_ms) : 0;
  return Math.min(Math.max(0, p.position_s + (ranMs / 1000) * p.rate), endOf(durationS));
}

/** The line that a playing film runs on, before its start too: there it lies behind the position. */
export function lineAt(p: Motion, serverNowMs: number, durationS = Infinity): number {
  return Math.min(p.position_s + ((serverNowMs - p.at_ms) / 1000) * p.rate, endOf(durationS));
}

/** Whom the room waits for at a server instant; nobody when the film may move. */
export function waitedFor(p: Playback | null, serverNowMs: number): Waited[] {
  return p?.status === 'playing' && (p.wait_ms ?? 0) > serverNowMs ? (p.waits ?? []).filter((w) => !w.excused) : [];
}

/** Whether record `a` is later than record `b`: the epoch first, then the version. */
export function newer(a: Stamp, b: Stamp): boolean {
  return a.epoch !== b.epoch ? a.epoch > b.epoch : a.version > b.version;
}

/** An element says NaN before it knows its duration, 0 or Infinity when there is none. */
function endOf(durationS: number): number {
  return durationS > 0 ? durationS : Infinity;
}

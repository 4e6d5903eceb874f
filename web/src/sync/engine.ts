import { page, type Clock, type World } from './clock';
import { Corrector, type Action, type Tick } from './corrector';
import { lineAt, newer, positionAt, type CommandBody, type Motion, type Playback, type Reason, type SyncStatus } from './timeline';

/** What the engine touches of a media element. */
export type Player = EventTarget &
  Pick<
    HTMLMediaElement,
    | 'currentTime'
    | 'duration'
    | 'paused'
    | 'ended'
    | 'seeking'
    | 'readyState'
    | 'buffered'
    | 'playbackRate'
    | 'defaultPlaybackRate'
    | 'preservesPitch'
    | 'play'
    | 'pause'
  >;

/** What the engine asks of the clock. */
export type Time = Pick<Clock, 'now' | 'synced' | 'offline' | 'rtt_ms' | 'lag_ms' | 'offset_ms' | 'bound_ms'>;

/** Something that the element did by itself: a media key, a headset, the browser's own menu. */
export type Wish =
  | { kind: 'play' | 'pause' }
  | { kind: 'seek'; position_s: number }
  | { kind: 'rate'; rate: number };

/** Carries a press to the room; null when a later press has overtaken it. */
export type Send = (b: CommandBody) => Promise<Playback | null>;

/** Whom the engine tells. */
export type Hooks = {
  onstatus(s: SyncStatus): void;
  /** The browser wants a press before it plays; call {@link SyncEngine.unlock} from one. */
  onblocked(): void;
  /** Answer with a press, or with {@link SyncEngine.reassert} when it is not allowed. */
  onwish(w: Wish): void;
};

const TICK = 100;
/** The pill hears of a change at once, of mere numbers twice a second. */
const STATUS_EVERY = 5;
/** An own jump of the element is a wish only beyond this (s): media engines hop over gaps. */
const WISH_S = 1;
/** A live picture older than this (s) after a pause is left for the newest. */
const LIVE_LAG_S = 2;
const RATE_STEP = 0.005;
/** Nobody's start waits longer than this (ms) for slow lines and players; screen.startAheadMS is the room's own limit. */
const MOST_LEAD_MS = 350;
/** A player without data for so long (ms) is not ready; a seek is over sooner. */
const STARVED_MS = 700;

/**
 * Keeps one media element on the room's timeline. Knows the element, the clock and the
 * corrector; of the room only its playback record, of the network nothing. Works from
 * start() to stop().
 *
 * Its own doings are told from other people's by what it wants the element to be, and the
 * room's echo of its own commands by (epoch, version): never by waiting a while.
 */
export class SyncEngine {
  /** The room's record, the newest heard of. */
  #room: Playback | null = null;
  /** What a press foresees, shown until the last answer under way has come. */
  #foreseen: Playback | null = null;
  #underWay = 0;
  #live = false;
  #blocked = false;
  #waitsForClock = false;
  /** The record is true only later: the film stands until then. */
  #held = false;
  #endStart = () => {};
  /** Since when the player has no data (ms); NaN when it has. */
  #starvedAt = NaN;
  #away = false;
  /** How much (s) this page plays ahead of the room, for sound that comes late here. */
  #ahead_s = 0;
  /** How long (ms) after the server says "play" the last of the others can play. */
  #others_ms = 0;
  #rate = 1;
  #endNudge = () => {};
  #endTick = () => {};
  #ticks = 0;
  #said = '';
  readonly #video: Player;
  readonly #clock: Time;
  readonly #corrector: Corrector;
  readonly #hooks: Hooks;
  readonly #world: World;
  readonly #listeners: [string, () => void][] = [
    ['loadedmetadata', () => this.#onLoaded()],
    ['play', () => this.#onPlayOrPause()],
    ['pause', () => this.#onPlayOrPause()],
    ['seeking', () => this.#onSeeking()],
    ['ratechange', () => this.#onRate()],
  ];

  constructor(video: Player, clock: Time, corrector: Corrector, hooks: Hooks, world: World = page) {
    this.#video = video;
    this.#clock = clock;
    this.#corrector = corrector;
    this.#hooks = hooks;
    this.#world = world;
  }

  start(): void {
    this.#video.preservesPitch = true;
    for (const [name, fn] of this.#listeners) this.#video.addEventListener(name, fn);
    this.#again();
  }

  /** Ends timers and listeners; the element stays as it is. */
  stop(): void {
    for (const [name, fn] of this.#listeners) this.#video.removeEventListener(name, fn);
    this.#endTick();
    this.#endNudge();
    this.#endStart();
  }

  /** Plays so many ms ahead of the room: headphones without a wire are that late. */
  setAhead(ms: number): void {
    this.#ahead_s = ms / 1000;
  }

  /** How long (ms) after the server says "play" the last of the others can play, as they say it of themselves. */
  setOthers(ms: number): void {
    this.#others_ms = ms;
  }

  /** The page is being frozen, or runs again. */
  setAway(away: boolean): void {
    this.#away = away;
    this.#tell();
  }

  /** Takes the room's record, unless it is an old one or an echo. Null: nothing is playing. */
  apply(p: Playback | null): void {
    if (p && this.#room && !newer(p, this.#room)) return;
    this.#room = p;
    if (this.#underWay === 0) this.reassert();
  }

  /** Live items are only played and paused: their engines steer by latency. */
  setLive(live: boolean): void {
    this.#live = live;
  }

  /** Puts the element where the room wants it, as after a new state. */
  reassert(): void {
    const p = this.#target;
    this.#endStart();
    this.#resetRate(p?.rate ?? 1);
    if (!p) return this.#video.pause();
    this.#waitsForClock = p.status === 'playing' && !this.#clock.synced && !this.#foreseen;
    this.#held = p.status === 'playing' && !this.#waitsForClock && this.#untilStart(p) >= 1;
    if (p.status === 'paused' || this.#held) this.#video.pause();
    if (this.#waitsForClock) return;
    if (this.#live) this.#toEdge();
    else if (this.#video.readyState > 0) this.#do(this.#corrector.adopt(this.#look(p)));
    // What was done just now may make the start a slower one.
    if (this.#held) this.#endStart = this.#world.later(Math.max(0, this.#untilStart(p)), () => this.reassert());
    if (this.#wantsPlay && this.#video.paused) void this.#play();
  }

  /** How long (ms) until play() has to be called for a film that is to move at its instant. */
  #untilStart(p: Playback): number {
    return p.at_ms - this.#clock.now() - this.#corrector.start_ms;
  }

  /**
   * Does what a person pressed: at once here, then by `send`, which carries the position seen
   * and the instant of the press. When the room refuses, its state is put back and the error
   * passed on.
   */
  async press(change: Partial<Motion>, send: Send): Promise<void> {
    const room = this.#target;
    if (!room) return;
    if (change.status === 'paused') this.#video.pause();
    const at_ms = this.#clock.now() + this.#startLead(room, change);
    let position_s = change.position_s ?? this.#seen(room, at_ms);
    // All are put on this picture, the presser too; Chromium skips a seek to exactly where it is.
    if (change.status === 'paused') position_s = Math.round(position_s * 1000) / 1000;
    // A film that waits goes on waiting, wherever it is moved to.
    const from_ms = this.#held && !change.status ? room.at_ms : at_ms;
    this.#foreseen = { ...room, ...change, position_s, at_ms: from_ms };
    this.#blocked &&= change.status !== 'playing';
    this.reassert();
    await this.#send({ position_s, ...(this.#clock.synced && { at_ms: Math.floor(at_ms) }), epoch: room.epoch }, send);
  }

  /** Call from a press of the person after onblocked: plays with sound from where the room is. */
  unlock(): void {
    this.#blocked = false;
    this.reassert();
  }

  /** Where the room is now, in seconds; NaN when nothing is playing. */
  expected(): number {
    return this.#target ? this.#expected(this.#target) : NaN;
  }

  get #target(): Playback | null {
    return this.#foreseen ?? this.#room;
  }

  get #wantsPlay(): boolean {
    return this.#target?.status === 'playing' && !this.#held;
  }

  /** Whether the element's position is held to the room's at all. */
  get #steers(): boolean {
    return this.#target !== null && !this.#live && !this.#blocked;
  }

  async #send(body: CommandBody, send: Send): Promise<void> {
    this.#underWay++;
    try {
      const p = await send(body);
      if (p && (!this.#room || newer(p, this.#room))) this.#room = p;
    } finally {
      if (--this.#underWay === 0) this.#settle();
    }
  }

  /**
   * From what was foreseen to what the room says. When that is the same, the element is left
   * alone: it may still be on its way to where the press sent it.
   */
  #settle(): void {
    const foreseen = this.#foreseen;
    this.#foreseen = null;
    if (!foreseen || !this.#room || !alike(foreseen, this.#room, this.#clock.now())) this.reassert();
  }

  /**
   * A picture moves some time after play(), a Bluetooth headset's a quarter of a second, and
   * others hear of a press later. The room's film starts when all of them can have started,
   * so that nobody has anything to catch up with.
   */
  #startLead(room: Playback, change: Partial<Motion>): number {
    const starts = change.status === 'playing' && room.status === 'paused' && !this.#live && this.#video.readyState > 0;
    if (!starts || !this.#clock.synced) return 0;
    return Math.min(MOST_LEAD_MS, Math.max(this.#corrector.start_ms, this.#others_ms && this.#clock.lag_ms + this.#others_ms));
  }

  /** The position the person acts on: the picture's own, unless there is none yet. */
  #seen(room: Playback, at_ms: number): number {
    const v = this.#video;
    return v.readyState > 0 ? Math.max(0, v.currentTime - this.#aheadOf(room)) : positionAt(room, at_ms, v.duration);
  }

  #expected(p: Motion): number {
    return positionAt(p, this.#now(p), this.#video.duration);
  }

  /** The server's time for this page, which may play ahead of the room. */
  #now(p: Motion): number {
    return this.#clock.now() + this.#aheadOf(p) * 1000;
  }

  /** Paused pictures are the same for all. */
  #aheadOf(p: Motion): number {
    return p.status === 'playing' && !this.#held && !this.#live ? this.#ahead_s : 0;
  }

  #look(p: Playback): Tick {
    const v = this.#video;
    const playing = this.#wantsPlay;
    const expectedS = playing ? lineAt(p, this.#now(p), v.duration) : this.#expected(p);
    return {
      nowMs: this.#world.now(),
      playing,
      expectedS,
      currentS: v.currentTime,
      buffered: holds(v.buffered, Math.max(0, expectedS)),
      seeking: v.seeking,
      stalled: playing && v.readyState < 3,
      standing: playing && v.paused,
      roomRate: p.rate,
    };
  }

  #again(): void {
    this.#endTick = this.#world.later(TICK, () => {
      this.#again();
      this.#tick();
      this.#tell();
    });
  }

  #tick(): void {
    const p = this.#target;
    if (p && this.#waitsForClock && this.#clock.synced) this.reassert();
    if (!p || this.#live || this.#blocked || this.#waitsForClock) return;
    const v = this.#video;
    // An element that has stopped by itself is the person's wish, not an error to correct.
    if (v.readyState === 0 || v.ended || v.paused === this.#wantsPlay) return;
    this.#do(this.#corrector.tick(this.#look(p)));
  }

  #do(a: Action): void {
    const room = this.#target?.rate ?? 1;
    if (a.kind === 'seek') {
      this.#resetRate(room);
      this.#video.currentTime = Math.min(a.to_s, this.#video.duration || Infinity);
    }
    if (a.kind === 'nudge') {
      this.#video.preservesPitch = !a.glides;
      this.#setRate(a.rate);
      this.#endNudge = this.#world.later(a.for_ms, () => {
        this.#setRate(room);
        this.#video.preservesPitch = true;
        this.#corrector.nudgeEnded(this.#world.now());
      });
    }
  }

  /** Ends a nudge under way and goes back to the room's speed. */
  #resetRate(rate: number): void {
    this.#endNudge();
    if (this.#live) return;
    // A newly loaded source starts at the default rate, which would look like a person's wish.
    this.#video.defaultPlaybackRate = rate;
    this.#setRate(rate);
    this.#video.preservesPitch = true;
  }

  #setRate(rate: number): void {
    this.#rate = rate;
    if (Math.abs(this.#video.playbackRate - rate) > 0.0001) this.#video.playbackRate = rate;
  }

  async #play(): Promise<void> {
    if (this.#blocked) return;
    try {
      await this.#video.play();
    } catch (e) {
      // Anything else is a source that was swapped or does not load: its engine says so.
      if (!(e instanceof DOMException) || e.name !== 'NotAllowedError' || !this.#wantsPlay) return;
      this.#blocked = true;
      this.#hooks.onblocked();
    }
  }

  /** After a pause a live picture is old: on to the newest that is loaded. */
  #toEdge(): void {
    const { buffered, currentTime, paused } = this.#video;
    if (!this.#wantsPlay || !paused || buffered.length === 0) return;
    const edge = buffered.end(buffered.length - 1);
    if (edge - currentTime < LIVE_LAG_S) return;
    this.#video.currentTime = edge - LIVE_LAG_S / 2;
  }

  #onLoaded(): void {
    this.#corrector.loaded();
    this.reassert();
  }

  /** Not ours when the element is not what we want of it; events come late, so look at it now. */
  #onPlayOrPause(): void {
    const v = this.#video;
    if (!this.#target || v.readyState === 0 || v.ended || this.#blocked || this.#waitsForClock) return;
    if (v.paused === this.#wantsPlay) this.#hooks.onwish({ kind: v.paused ? 'pause' : 'play' });
  }

  #onSeeking(): void {
    const v = this.#video;
    if (!this.#target || this.#live || v.readyState === 0 || this.#blocked || this.#waitsForClock) return;
    // Our own seeks go to where the room is, so they are never far from it.
    if (Math.abs(v.currentTime - this.expected()) < WISH_S) return;
    this.#hooks.onwish({ kind: 'seek', position_s: v.currentTime });
  }

  #onRate(): void {
    const now = this.#video.playbackRate;
    const room = this.#target?.rate ?? 1;
    if (!this.#target || this.#live || this.#video.readyState === 0) return;
    if (Math.abs(now - this.#rate) < RATE_STEP || Math.abs(now - room) < RATE_STEP) return;
    this.#hooks.onwish({ kind: 'rate', rate: now });
  }

  /** Why this player could not play on now. */
  #reason(): Reason {
    const v = this.#video;
    const starved = v.readyState < 3 || v.seeking;
    if (!starved) this.#starvedAt = NaN;
    else if (Number.isNaN(this.#starvedAt)) this.#starvedAt = this.#world.now();
    if (this.#target?.status !== 'playing' || this.#live || v.ended) return '';
    if (this.#away) return 'away';
    if (this.#blocked) return 'tap';
    if (!(this.#world.now() - this.#starvedAt > STARVED_MS)) return '';
    return v.readyState === 0 ? 'joining' : 'buffering';
  }

  #tell(): void {
    const reason = this.#reason();
    const state = this.#state();
    const say = state + reason;
    if (say === this.#said && ++this.#ticks % STATUS_EVERY !== 0) return;
    this.#said = say;
    this.#hooks.onstatus({
      state,
      reason,
      error_ms: this.#steers && this.#wantsPlay && !this.#waitsForClock && !this.#video.ended ? this.#corrector.error_ms : null,
      rtt_ms: known(this.#clock.rtt_ms),
      offset_ms: known(this.#clock.bound_ms) === null ? null : this.#clock.offset_ms,
      bound_ms: known(this.#clock.bound_ms),
      start_ms: this.#clock.synced ? this.#clock.lag_ms + this.#corrector.start_ms : 0,
    });
  }

  #state(): SyncStatus['state'] {
    if (this.#clock.offline) return 'offline';
    if (this.#waitsForClock) return 'nudge';
    return this.#steers ? this.#corrector.state : 'ok';
  }
}

/** Whether two records move the film alike: paused on the spot, playing within a nudge. */
function alike(a: Playback, b: Playback, nowMs: number): boolean {
  const apart = Math.abs(positionAt(a, nowMs) - positionAt(b, nowMs));
  const near = a.status === 'paused' ? 0.00001 : 0.04;
  return a.epoch === b.epoch && a.status === b.status && a.rate === b.rate && apart < near;
}

function holds(ranges: TimeRanges, s: number): boolean {
  for (let i = 0; i < ranges.length; i++) {
    if (s >= ranges.start(i) && s < ranges.end(i)) return true;
  }
  return false;
}

/** Before the first sample the clock says Infinity. */
function known(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}

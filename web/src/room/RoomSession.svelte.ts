import { chat, danmaku, playback, playlist, rooms, socketURL, type PlaybackVerb } from '../api/api';
import { asApiError, type ApiError } from '../api/problem';
import type { CommandBody, Danmaku, DanmakuLook, DanmakuWindow, Playback, RoomGate } from '../api/types';
import type { TalkActions } from '../chat/actions';
import { CommentFeed } from '../danmaku/feed';
import type { Ending } from '../realtime/endings';
import type { RoomConnection } from '../realtime/RoomConnection';
import { RoomState, type Missing } from '../realtime/RoomState.svelte';
import { Clock, positionAt, type Commands } from '../sync';
import { t } from '../text/text.svelte';
import { toasts } from '../ui/toasts.svelte';
import { ListCommands } from './ListCommands';
import { Reporter } from './Reporter';
import { Words } from './Words';
import { verdictOf, type Verdict } from './verdict';

// The socket's library is as large as half of the page and the room can be drawn
// without it, so it comes on its own.
const socket = () => import('../realtime/RoomConnection');

/** How often somebody who waits at the door looks whether they were let in. */
const LOOK_AGAIN_MS = 2_000;

/** Where a person stands with a room; each is one screen. */
export type Phase = 'loading' | 'gate' | 'pending' | 'inside' | 'removed' | 'kicked' | 'banned' | 'closed' | 'gone' | 'failed';

/**
 * One visit to one room: the way in, the socket, the clock and the commands.
 * Owned by the room page, which calls open() once and close() when it goes.
 */
export class RoomSession {
  phase = $state<Phase>('loading');
  gate = $state.raw<RoomGate | null>(null);
  /** Why the room could not be opened, in phase `failed`. */
  error = $state.raw<ApiError | null>(null);
  connected = $state(false);
  /** The account's session ended: sign in again, without leaving the room. */
  expired = $state(false);

  #waiting: ReturnType<typeof setTimeout> | undefined;
  readonly state = new RoomState();
  /** Comments over the film as they arrive. */
  readonly comments = new CommentFeed();
  readonly clock = new Clock(() => this.#probe());
  readonly commands: Commands;
  readonly list: ListCommands;
  readonly reporter: Reporter;
  readonly words = new Words((said) => this.#connection?.word(said) ?? Promise.reject(new Error('no socket')));
  readonly #id: string;
  #connection: RoomConnection | null = null;
  #visit = 0;
  #asking = false;
  #closed = false;

  constructor(id: string) {
    this.#id = id;
    this.list = new ListCommands(id, { judged: (call) => this.#judged(call), current: () => this.state.current, play: this.playItem });
    this.reporter = new Reporter(id, {
      current: () => this.state.current, playback: () => this.state.playback, controls: () => this.state.can('play_control')
    });
    const command = (verb: PlaybackVerb) => (body: CommandBody) => this.#command(verb, body);
    this.commands = {
      play: command('play'), pause: command('pause'), seek: command('seek'),
      rate: command('rate'), next: command('next'), previous: command('previous')
    };
  }

  /** Looks at the room from outside and goes in when this person is a member. */
  async open(): Promise<void> {
    this.#disconnect();
    this.phase = 'loading';
    void socket().catch(() => undefined);
    try {
      this.gate = await rooms.gate(this.#id);
    } catch (e) {
      return this.#refuse(asApiError(e), 'gate');
    }
    if (this.gate.status === 'closed') this.phase = 'closed';
    else await this.#joined(this.gate.me?.status ?? null);
  }

  /** Goes in: the whole state first, then the socket. What is drawn stays drawn meanwhile. */
  async enter(): Promise<void> {
    try {
      const snapshot = await rooms.state(this.#id);
      if (this.#closed) return;
      this.state.apply(snapshot);
    } catch (e) {
      return this.#refuse(asApiError(e), 'gate');
    }
    this.expired = false;
    this.phase = 'inside';
    await this.#connect();
  }

  join = async (password: string): Promise<void> => {
    const member = await rooms.join(this.#id, password ? { password } : {});
    await this.#joined(member.status);
  };

  joinAsGuest = async (name: string, password: string): Promise<void> => {
    const { member } = await rooms.joinAsGuest(this.#id, { name, ...(password && { password }) });
    await this.#joined(member.status);
  };

  leave = async (): Promise<void> => {
    await this.#judged(rooms.leave(this.#id));
    this.close();
  };

  close(): void {
    this.#closed = true;
    clearTimeout(this.#waiting);
    this.reporter.close();
    this.#disconnect();
  }

  playItem = async (itemId: string): Promise<void> => {
    await this.#command('item', { item_id: itemId }).catch(() => undefined);
  };

  /** Stops the countdown to the next item. */
  cancelNext = async (): Promise<void> => {
    try {
      this.state.applyPlayback(await this.#judged(playback.cancelNext(this.#id)));
    } catch (e) {
      toasts.problem(e);
    }
  };

  /** Waits no more for those who are not ready. */
  goOn = async (): Promise<void> => {
    try {
      this.state.applyPlayback(await this.#judged(playback.goOn(this.#id)));
    } catch (e) {
      toasts.problem(e);
    }
  };

  /** The talk: each rejects when it was refused, so that nothing that was typed is lost. */
  readonly talk: TalkActions = {
    say: async (message) => this.state.addMessages([await this.#judged(chat.send(this.#id, message))]),
    edit: async (message, text) => this.state.changeMessage(await this.#judged(chat.edit(this.#id, message.id, text))),
    remove: async (message) => this.state.changeMessage(await this.#judged(chat.remove(this.#id, message.id))),
    react: async (message, emoji, on) => this.state.changeMessage(await this.#judged(chat.react(this.#id, message.id, emoji, on))),
    older: () => this.loadOlderMessages(),
    comment: (text, look) => this.#comment(text, look),
    jump: (message) => void this.commands.seek({ position_s: message.position_s }).catch(() => undefined)
  };

  /** The comments over an item's film in a window of its positions (s). */
  commentsOf = (item: string, from_s: number, to_s: number): Promise<DanmakuWindow> =>
    this.#judged(danmaku.window(this.#id, item, from_s, to_s));

  /** The comments within a minute of where the film is. */
  commentsNear = async (): Promise<Danmaku[]> => {
    const { playback } = this.state;
    if (!playback?.item_id) return [];
    const at_s = Math.max(0, positionAt(playback, this.clock.now()));
    return (await this.commentsOf(playback.item_id, Math.max(0, at_s - 60), at_s + 60)).danmaku;
  };

  removeComment = async (comment: Danmaku): Promise<void> => {
    await this.#judged(danmaku.remove(this.#id, comment.id));
    this.comments.tell({ type: 'danmaku_gone', id: comment.id });
  };

  loadOlderMessages = async (): Promise<void> => {
    const oldest = this.state.messages[0];
    if (!oldest) return;
    try {
      const { messages, more } = await this.#judged(chat.history(this.#id, oldest.seq));
      this.state.addHistory(messages ?? [], more);
    } catch (e) {
      toasts.problem(e);
    }
  };

  async #comment(text: string, look: DanmakuLook): Promise<void> {
    const { playback } = this.state;
    if (!playback) return;
    const position_s = Math.max(0, positionAt(playback, this.clock.now()));
    const comment = await this.#judged(danmaku.send(this.#id, { ...look, text, item_id: playback.item_id, position_s }));
    this.comments.tell({ type: 'danmaku', danmaku: comment });
  }

  async #command(verb: PlaybackVerb, body: CommandBody & { item_id?: string }): Promise<Playback> {
    try {
      const now = await this.#judged(playback.command(this.#id, verb, body));
      this.state.applyPlayback(now);
      return now;
    } catch (e) {
      const { current } = asApiError(e);
      if (!current) throw toasts.problem(e);
      this.state.applyPlayback(current);
      toasts.info(t('room.overtaken'));
      return current;
    }
  }

  /** Passes a call through; a refusal that is about the whole room changes the screen. */
  async #judged<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (e) {
      const error = asApiError(e);
      this.#act(verdictOf(error));
      throw error;
    }
  }

  async #joined(status: 'active' | 'pending' | 'banned' | null): Promise<void> {
    if (status === 'active') return this.enter();
    this.phase = status ?? 'gate';
    if (status === 'pending') this.#waitAtTheDoor();
  }

  /** Who waits has no socket: the page looks again by itself and goes in once let in. */
  #waitAtTheDoor(): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.#lookAgain(), LOOK_AGAIN_MS);
  }

  async #lookAgain(): Promise<void> {
    if (this.#closed || this.phase !== 'pending') return;
    try {
      this.gate = await rooms.gate(this.#id);
      if (!this.#closed) await this.#joined(this.gate.me?.status ?? null);
    } catch (e) {
      const verdict = verdictOf(asApiError(e));
      // Without a network the next look may have more luck.
      if (!verdict) this.#waitAtTheDoor();
      else this.phase = verdict === 'signed_out' ? 'removed' : verdict;
    }
  }

  /** The way in is closed: `stranger` is the screen for somebody who is simply no member. */
  #refuse(error: ApiError, stranger: Phase): void {
    const verdict = verdictOf(error);
    if (verdict === 'removed' || verdict === 'signed_out') this.phase = this.gate ? stranger : 'failed';
    else this.phase = verdict ?? 'failed';
    this.error = error;
    if (this.phase !== 'inside') this.#disconnect();
  }

  #act(verdict: Verdict): void {
    if (!verdict || this.phase !== 'inside') return;
    if (verdict === 'signed_out' && this.state.me?.kind !== 'guest') {
      this.expired = true;
      return;
    }
    this.phase = verdict === 'signed_out' ? 'removed' : verdict;
    this.#disconnect();
  }

  async #connect(): Promise<void> {
    this.#disconnect();
    const visit = ++this.#visit;
    const { RoomConnection } = await socket();
    // Meanwhile the page was left or another attempt began.
    if (this.#closed || visit !== this.#visit || this.phase !== 'inside') return;
    this.#connection = new RoomConnection(socketURL(this.#id), {
      onevent: (e) => {
        if (e.type === 'danmaku' || e.type === 'danmaku_gone') return this.comments.tell(e);
        this.#fetchMissing(this.state.apply(e));
      },
      onconnected: (connected) => {
        this.connected = connected;
        if (!connected) return;
        this.clock.burst();
        this.words.forget();
      },
      onend: (why) => this.#ended(why),
      onrefused: () => void this.#askWhy()
    });
    this.#connection.open();
    this.clock.start();
  }

  #disconnect(): void {
    this.#connection?.close();
    this.#connection = null;
    this.connected = false;
    this.clock.stop();
  }

  #probe(): Promise<{ t2: number; t3: number }> {
    return this.#connection?.probe() ?? Promise.reject(new Error('no socket'));
  }

  #ended(why: Ending): void {
    this.connected = false;
    this.#act(why === 'session_ended' ? 'signed_out' : why);
  }

  /** A browser does not say why a socket was refused; the room's state does. One question at a time. */
  async #askWhy(): Promise<void> {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    try {
      this.state.apply(await this.#judged(rooms.state(this.#id)));
    } catch {
      // Judged already when it is about the room; else the socket goes on trying.
    } finally {
      this.#asking = false;
    }
  }

  #fetchMissing(what: Missing): void {
    if (what === 'playlist') void this.#refetchPlaylist();
    if (what === 'state') void this.#askWhy();
  }

  async #refetchPlaylist(): Promise<void> {
    try {
      this.state.applyPlaylist(await playlist.get(this.#id));
    } catch {
      // The next change reports the gap again.
    }
  }
}

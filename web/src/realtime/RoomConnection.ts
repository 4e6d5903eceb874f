import { Centrifuge } from 'centrifuge';
import type { RoomEvent } from '../api/types';
import { page } from '../sync/clock';
import { endingOf, returnDelay, type Ending } from './endings';

export type ConnectionEvents = {
  onevent(e: RoomEvent): void;
  onconnected(connected: boolean): void;
  /** The server will not have us back; nothing follows. */
  onend(why: Ending): void;
  /** Connecting failed. The browser hides why, so an HTTP call should ask. */
  onrefused(): void;
};

/** Tries again after at most so long (ms), at random: a network that is back is used within three seconds. */
const MOST_DELAY_MS = 1_500;
/** The library's code for a disconnect() of ours. */
const BY_US = 0;
/** A socket that does not answer for so long (ms) when the page returns belongs to the network before. */
const DEAD_MS = 1_500;

/**
 * One room's socket: events in, clock probes out. Reconnects for ever, with
 * jitter, until close() or until the server says that this person has no
 * business here any more. Commands do not go through it.
 */
export class RoomConnection {
  readonly #client: Centrifuge;
  readonly #events: ConnectionEvents;
  #again: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  readonly #unwatch: () => void;

  constructor(url: string, events: ConnectionEvents) {
    this.#events = events;
    this.#client = new Centrifuge(url, { minReconnectDelay: 300, maxReconnectDelay: MOST_DELAY_MS, timeout: 8_000 });
    this.#client
      .on('publication', (c) => this.#take(c.data))
      .on('message', (c) => this.#take(c.data))
      .on('connected', () => events.onconnected(true))
      .on('connecting', (c) => this.#interrupted(c.code, c.reason))
      .on('disconnected', (c) => this.#ended(c.code, c.reason))
      .on('error', () => this.#closed || events.onrefused());
    this.#unwatch = page.onReturn(() => void this.#returned());
  }

  open(): void {
    this.#client.connect();
  }

  /** Ends the socket; no callback is called afterwards. */
  close(): void {
    this.#closed = true;
    this.#unwatch();
    clearTimeout(this.#again);
    this.#client.disconnect();
    this.#client.removeAllListeners();
  }

  /** The server's receive and send instants (ms) of one probe; rejects while there is no socket. */
  async probe(): Promise<{ t2: number; t3: number }> {
    // The library would hold the call back until connected, which measures nothing.
    if (this.#client.state !== 'connected') throw new Error('not connected');
    const reply: { data: unknown } = await this.#client.rpc('clock', {});
    return reply.data as { t2: number; t3: number };
  }

  /** Says what this page's player is like; rejects while there is no socket. */
  async word(said: object): Promise<void> {
    if (this.#client.state !== 'connected') throw new Error('not connected');
    await this.#client.rpc('word', said);
  }

  /** The page is shown again or the network is another one: does the socket still live? */
  async #returned(): Promise<void> {
    if (this.#closed || this.#client.state === 'disconnected') return;
    const silence = new Promise((_, fail) => setTimeout(() => fail(new Error('silence')), DEAD_MS));
    try {
      await Promise.race([this.probe(), silence]);
    } catch {
      if (this.#closed) return;
      // Ends the wait for the next try as well.
      this.#client.disconnect();
      this.#client.connect();
    }
  }

  #take(data: unknown): void {
    if (!this.#closed) this.#events.onevent(data as RoomEvent);
  }

  #interrupted(code: number, reason: string): void {
    if (this.#closed) return;
    this.#events.onconnected(false);
    const why = endingOf(code, reason);
    if (why) this.#finish(why);
  }

  #ended(code: number, reason: string): void {
    if (this.#closed) return;
    this.#events.onconnected(false);
    if (code === BY_US) return;
    const why = endingOf(code, reason);
    if (why) return this.#finish(why);
    this.#events.onrefused();
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#client.connect(), returnDelay());
  }

  #finish(why: Ending): void {
    this.close();
    this.#events.onend(why);
  }
}

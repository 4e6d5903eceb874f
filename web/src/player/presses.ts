import type { CommandBody, Commands, Motion, Playback, Send, Wish } from '../sync';

/** What a person may do here; `reason` says why not, in their language. */
export type Can = { control: boolean; change: boolean; rate: boolean; reason?: string };

/** What presses need of the sync engine. */
export type Room = {
  press(change: Partial<Motion>, send: Send): Promise<void>;
  reassert(): void;
  expected(): number;
};

/** The rest of what a press depends on, read at the press. */
export type Situation = {
  can(): Can;
  playback(): Playback | null;
  commands(): Commands;
  /** The picture's own position and length in seconds; NaN without one. */
  film(): { at: number; length: number; ended: boolean };
  /** A press that is not allowed here, to be told why. */
  onrefused(): void;
};

const SLOWEST = 0.25;
const FASTEST = 3;

/**
 * From presses to commands. Every control, key, media key and wish of the element ends here,
 * so this is the one place that asks whether it is allowed. Rejections of commands end here
 * too: the engine has put the room's state back, and whoever sent the command has said why.
 */
export class Presses {
  #seeks = 0;
  #lastSeek: Promise<unknown> = Promise.resolve();
  readonly #room: Room;
  readonly #now: Situation;

  constructor(room: Room, situation: Situation) {
    this.#room = room;
    this.#now = situation;
  }

  /** `paused` is what the person sees; a film at its end starts again. */
  async toggle(paused: boolean): Promise<void> {
    if (!paused || this.#waits()) return this.pause();
    if (this.#now.film().ended) void this.seekTo(0);
    return this.play();
  }

  play(): Promise<void> {
    return this.#control({ status: 'playing' }, (b) => this.#now.commands().play(b));
  }

  pause(): Promise<void> {
    return this.#control({ status: 'paused' }, (b) => this.#now.commands().pause(b));
  }

  seekTo(s: number): Promise<void> {
    const { length } = this.#now.film();
    const position_s = Math.max(0, Math.min(s, length > 0 ? length : Infinity));
    return this.#control({ position_s }, (b) => this.#latest(b));
  }

  /** From where the last press aimed, so that three presses of +5 make 15. */
  seekBy(s: number): Promise<void> {
    const { at } = this.#now.film();
    const expected = this.#room.expected();
    return this.seekTo((Number.isFinite(expected) ? expected : at) + s);
  }

  async rate(rate: number): Promise<void> {
    if (!this.#now.can().rate) return this.#refuse();
    const near = Math.min(FASTEST, Math.max(SLOWEST, Math.round(rate * 100) / 100));
    await quiet(this.#room.press({ rate: near }, (b) => this.#now.commands().rate({ ...b, rate: near })));
  }

  next(): Promise<void> {
    return this.#change((b) => this.#now.commands().next(b));
  }

  previous(): Promise<void> {
    return this.#change((b) => this.#now.commands().previous(b));
  }

  /** The element moved by itself: as if the person had pressed, or back to the room's state. */
  async wish(w: Wish): Promise<void> {
    if (w.kind === 'seek') return this.seekTo(w.position_s);
    if (w.kind === 'rate') return this.rate(w.rate);
    return w.kind === 'play' ? this.play() : this.pause();
  }

  async #control(change: Partial<Motion>, send: Send): Promise<void> {
    if (!this.#now.can().control) return this.#refuse();
    await quiet(this.#room.press(change, send));
  }

  /** Which item is next depends on which one it was: two people's presses skip one, not two. */
  async #change(send: (b: CommandBody) => Promise<Playback>): Promise<void> {
    const p = this.#now.playback();
    if (!this.#now.can().change) return this.#refuse();
    await quiet(send(p ? { epoch: p.epoch, version: p.version } : {}));
  }

  /** A key held down makes thirty seeks a second: one is under way, and only the last waits. */
  #latest(b: CommandBody): Promise<Playback | null> {
    const mine = ++this.#seeks;
    const turn = this.#lastSeek.then(() => (mine === this.#seeks ? this.#now.commands().seek(b) : null));
    this.#lastSeek = turn.catch(() => null);
    return turn;
  }

  /** The film stands only because the room waits for somebody. */
  #waits(): boolean {
    const p = this.#now.playback();
    return p?.status === 'playing' && (p.wait_ms ?? 0) > 0 && (p.waits ?? []).some((w) => !w.excused);
  }

  #refuse(): void {
    this.#now.onrefused();
    this.#room.reassert();
  }
}

async function quiet(p: Promise<unknown>): Promise<void> {
  try {
    await p;
  } catch {
    // Said where it was sent; undone by the engine.
  }
}

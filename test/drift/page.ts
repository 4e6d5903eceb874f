// One person's browser in a run: its line, its page, and a note of what its film did.
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { expect, inside, signIn, type Room } from '../e2e/support/house';
import { Relay, type Line } from '../e2e/support/relay';
import type { Frame, Look, Track } from './judge';

type Notes = { looks: Look[]; frames: Frame[]; seeks: number[]; rates: [number, number][]; presses: number[] };

export class Viewer {
  private constructor(
    readonly name: string,
    readonly relay: Relay,
    readonly context: BrowserContext,
    readonly page: Page
  ) {}

  /** A page on its line; `hls` makes it play this list in place of the film it is told of. */
  static async open(browser: Browser, server: string, name: string, line: Line, hls?: string): Promise<Viewer> {
    const relay = await Relay.start(server, line);
    const context = await browser.newContext({ baseURL: relay.url, viewport: { width: 900, height: 600 } });
    await context.addInitScript(takeNotes);
    if (hls) await context.addInitScript(playList, hls);
    return new Viewer(name, relay, context, await context.newPage());
  }

  async signIn(room: Room, name: string, password: string): Promise<void> {
    await this.page.goto(`/login?next=/r/${room.id}`);
    await signIn(this.page, name, password);
    await this.page.waitForURL(/\/r\//);
    await inside(this.page);
  }

  async join(room: Room): Promise<void> {
    await this.page.goto(`/r/${room.id}`);
    await this.page.getByRole('textbox', { name: 'Your name' }).fill(this.name);
    await this.page.getByRole('button', { name: 'Join as guest' }).click();
    await inside(this.page);
  }

  /** Waits until the film is loaded here. */
  async ready(): Promise<void> {
    await expect.poll(() => this.page.locator('video').evaluate((v: HTMLVideoElement) => v.readyState), { timeout: 20_000 }).toBeGreaterThan(1);
  }

  /** Presses a key of the player and answers when it arrived. */
  async press(key: string): Promise<number> {
    await this.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await this.page.keyboard.press(key);
    return this.page.evaluate(() => (window as unknown as { notes: Notes }).notes.presses.at(-1)!);
  }

  /** What its film did since an instant. */
  async track(since: number): Promise<Track> {
    const { looks, frames, seeks, rates } = await this.page.evaluate(() => (window as unknown as { notes: Notes }).notes);
    return { name: this.name, looks: looks.filter(([at]) => at >= since), frames: frames.filter(([at]) => at >= since), seeks: seeks.filter((at) => at >= since), rates: rates.filter(([at]) => at >= since) };
  }

  async close(): Promise<void> {
    await this.context.close();
    await this.relay.stop();
  }
}

/** Runs in the page: twenty looks a second, and every picture shown, seek and change of rate. */
function takeNotes(): void {
  const notes: Notes = { looks: [], frames: [], seeks: [], rates: [], presses: [] };
  (window as unknown as { notes: Notes }).notes = notes;
  const now = (): number => performance.timeOrigin + performance.now();
  const film = (): HTMLVideoElement | null => document.querySelector('video');
  document.addEventListener('seeking', () => notes.seeks.push(now()), true);
  document.addEventListener('ratechange', () => notes.rates.push([now(), film()?.playbackRate ?? 1]), true);
  document.addEventListener('keydown', () => notes.presses.push(now()), true);
  let watched: HTMLVideoElement | null = null;
  const watch = (v: HTMLVideoElement): number =>
    v.requestVideoFrameCallback((_, frame) => {
      notes.frames.push([performance.timeOrigin + frame.expectedDisplayTime, frame.mediaTime]);
      if (v === watched) watch(v);
    });
  setInterval(() => {
    const v = film();
    if (v && v !== watched) watch((watched = v));
    if (v && v.readyState > 0) notes.looks.push([now(), v.currentTime, v.paused]);
  }, 50);
}

/** Runs in the page: every film it hears of is this HLS list, as a device without the film's format would be told. */
function playList(url: string): void {
  const parse = JSON.parse;
  JSON.parse = (text, reviver) =>
    parse(text, (key, value: unknown) => {
      const told: unknown = reviver ? reviver(key, value) : value;
      return key === 'play' && told && typeof told === 'object' ? { ...told, kind: 'hls', url } : told;
    }) as unknown;
}

// The house the specs meet in: one server for a run, root signed in, and short
// words for what people do on its pages.
import {
  expect,
  request,
  test as base,
  type APIRequestContext,
  type Browser,
  type BrowserContextOptions,
  type Page
} from '@playwright/test';
import { films } from './media';
import { Server } from './server';

export { expect };

export const root = { name: 'root', password: 'correct horse battery' };

export interface Room {
  id: string;
  name: string;
}

/** A server with root's session at hand. */
export class House {
  constructor(
    readonly server: Server,
    /** Root, without a browser. */
    readonly host: APIRequestContext
  ) {}

  get url(): string {
    return this.server.url;
  }

  /** Makes a room through the API. */
  async room(name: string, more: Record<string, unknown> = {}): Promise<Room> {
    const answer = await this.host.post('/api/rooms', { data: { name, ...more } });
    expect(answer.status(), await answer.text()).toBe(201);
    return (await answer.json()) as Room;
  }

  /** Puts a film of the library into a room and answers the item's id. */
  async film(room: Room, file = 'film.mp4'): Promise<string> {
    const answer = await this.host.post(`/api/rooms/${room.id}/playlist/items`, {
      data: { items: [{ title: 'The film', library_path: `Films/${file}` }] }
    });
    expect(answer.status(), await answer.text()).toBe(201);
    const { items } = (await answer.json()) as { items: { id: string }[] };
    return items[0]!.id;
  }

  /** Makes an account and answers a client signed in with it. */
  async register(name: string, password = 'a good password'): Promise<APIRequestContext> {
    const client = await request.newContext({ baseURL: this.url });
    const answer = await client.post('/api/auth/register', { data: { name, password } });
    expect(answer.status(), await answer.text()).toBe(201);
    return client;
  }
}

/** Opens pages that end with the test, and fails it when one of them broke. */
export class People {
  private readonly broken: string[] = [];
  private readonly close: (() => Promise<void>)[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly house: House
  ) {}

  /** A browser of its own, signed in as whoever the client is. */
  async page(as?: APIRequestContext, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      baseURL: this.house.url,
      ...(as && { storageState: await as.storageState() }),
      ...options
    });
    this.close.push(() => context.close());
    const page = await context.newPage();
    page.on('pageerror', (error) => this.broken.push(`${page.url()}: ${error.stack ?? error.message}`));
    page.on('console', (line) => {
      if (/content security policy|unhandled/i.test(line.text())) this.broken.push(line.text());
    });
    return page;
  }

  /** A browser without an account that entered a room by its link. */
  async guest(room: Room, name: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.page(undefined, options);
    await page.goto(`/r/${room.id}`);
    await page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await page.getByRole('button', { name: 'Join as guest' }).click();
    await inside(page);
    return page;
  }

  /** A browser of a signed-in person inside a room. */
  async member(room: Room, as: APIRequestContext, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.page(as, options);
    await page.goto(`/r/${room.id}`);
    const tab = page.getByRole('tab', { name: 'Chat' });
    const join = page.getByRole('button', { name: 'Join', exact: true });
    await expect(tab.or(join)).toBeVisible();
    if (await join.isVisible()) await join.click();
    await inside(page);
    return page;
  }

  async end(): Promise<void> {
    for (const close of this.close) await close();
    expect(this.broken, 'no page breaks or offends its security policy').toEqual([]);
  }
}

/** Waits until the page is in the room and connected. */
export async function inside(page: Page): Promise<void> {
  await expect(page.getByRole('tab', { name: 'Chat' })).toBeVisible();
  await expect(page.getByTestId('sync-pill')).not.toHaveAttribute('data-state', 'offline');
}

/** Opens one of the side panel's tabs. */
export async function open(page: Page, tab: 'Chat' | 'Playlist' | 'Members'): Promise<void> {
  await page.getByRole('tab', { name: tab }).click();
}

/** Says something in the room. */
export async function say(page: Page, text: string): Promise<void> {
  await open(page, 'Chat');
  await page.getByRole('textbox', { name: 'Say something' }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Signs in on the sign-in page. */
export async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const test = base.extend<{ people: People }, { house: House }>({
  house: [
    async ({}, use) => {
      const server = await Server.start({ library: await films(), rootPassword: root.password });
      const host = await request.newContext({ baseURL: server.url });
      const answer = await host.post('/api/auth/login', { data: root });
      expect(answer.status(), await answer.text()).toBe(200);
      await use(new House(server, host));
      await host.dispose();
      expect(await server.stop(), 'the server ends cleanly').toBe(0);
    },
    { scope: 'worker', timeout: 60_000 }
  ],
  people: async ({ browser, house }, use) => {
    const people = new People(browser, house);
    await use(people);
    await people.end();
  }
});

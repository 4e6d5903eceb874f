// Below a path of another site: https://example.org/watch/.
import { expect, test, type Page } from '@playwright/test';
import { Front } from './support/front';
import { inside, open, root, say, signIn } from './support/house';
import { films, Push } from './support/media';
import { Server } from './support/server';
import { look } from './support/stage';

const below = '/watch';
let server: Server;
let front: Front;

test.beforeAll(async () => {
  server = await Server.start({
    library: await films(), rootPassword: root.password, env: { SYNCTV_HTTP_BASE_PATH: below, SYNCTV_TRUSTED_PROXIES: '127.0.0.1' }
  });
  front = await Front.start(server.url, below);
});

test.afterAll(async () => {
  await front?.stop();
  await server?.stop();
});

/** Asks the API as the page's person, and answers what it said. */
async function ask<T>(page: Page, method: string, path: string, data?: unknown): Promise<T> {
  const answer = await page.request.fetch(`${front.url}${below}/api${path}`, { method, ...(data !== undefined && { data }) });
  expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

const plays = async (page: Page): Promise<void> => {
  await expect.poll(async () => (await look(page)).width, { timeout: 20_000 }).toBe(640);
  const { position } = await look(page);
  await expect.poll(async () => (await look(page)).position, { timeout: 20_000 }).toBeGreaterThan(position + 0.5);
};

test('everything works below a path, and nothing is asked for beside it', async ({ page, browser }) => {
  test.setTimeout(120_000);
  const broken: string[] = [];
  page.on('pageerror', (e) => broken.push(e.message));
  page.on('console', (line) => {
    if (/content security policy|unhandled/i.test(line.text())) broken.push(line.text());
  });

  await test.step('the page opens, also without its last slash, and links stay below', async () => {
    await page.goto(front.url + below);
    await expect(page).toHaveURL(`${front.url}${below}/`);
    await page.getByRole('link', { name: 'Sign in' }).first().click();
    await expect(page).toHaveURL(`${front.url}${below}/login`);
    await signIn(page, root.name, root.password);
    await expect(page).toHaveURL(`${front.url}${below}/`);
    const [cookie] = await page.context().cookies();
    expect([cookie?.name, cookie?.path]).toEqual(['synctv_session', `${below}/`]);
  });

  const room = await ask<{ id: string }>(page, 'POST', '/rooms', { name: 'Below' });
  const list = await ask<{ items: { id: string; play: { url: string } }[] }>(page, 'POST', `/rooms/${room.id}/playlist/items`, {
    items: [{ title: 'The film', library_path: 'Films/film.mp4' }]
  });
  const film = list.items[0]!;

  const guest = await test.step('a room opens by its own address, for a guest too', async () => {
    await page.reload();
    await page.getByRole('link', { name: /Below/ }).first().click();
    await expect(page).toHaveURL(`${front.url}${below}/r/${room.id}`);
    await inside(page);
    const other = await (await browser.newContext()).newPage();
    await other.goto(`${front.url}${below}/r/${room.id}`);
    await other.getByRole('textbox', { name: 'Your name' }).fill('Gus');
    await other.getByRole('button', { name: 'Join as guest' }).click();
    await inside(other);
    return other;
  });

  await test.step('the socket carries events, and a film plays', async () => {
    await say(page, 'hello from above');
    await expect(guest.getByText('hello from above')).toBeVisible();
    expect(film.play.url).toBe(`${below}/api/rooms/${room.id}/items/${film.id}/media`);
    await ask(page, 'POST', `/rooms/${room.id}/playback/item`, { item_id: film.id });
    await plays(guest);
  });

  await test.step('somebody goes live', async () => {
    const key = await ask<{ url: string; item: { id: string; play: { hls_url: string } } }>(page, 'POST', `/rooms/${room.id}/live-keys`, {});
    const push = new Push(key.url);
    try {
      await ask(page, 'POST', `/rooms/${room.id}/playback/item`, { item_id: key.item.id });
      await plays(guest);
      const hls = await page.request.get(front.url + key.item.play.hls_url);
      expect([hls.status(), (await hls.text()).slice(0, 7)]).toEqual([200, '#EXTM3U']);
    } finally {
      await push.stop();
    }
  });

  await test.step('back to the rooms, and a reload deep inside', async () => {
    await open(page, 'Members');
    await page.reload();
    await inside(page);
    await page.getByRole('link', { name: 'Back to rooms' }).click();
    await expect(page).toHaveURL(`${front.url}${below}/`);
    await page.goBack();
    await expect(page).toHaveURL(`${front.url}${below}/r/${room.id}`);
    await inside(page);
  });

  expect(broken, 'no page breaks or offends its security policy').toEqual([]);
  expect(front.strays).toEqual([]);
  await guest.context().close();
});

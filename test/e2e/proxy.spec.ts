// What browsers may not fetch themselves plays through the server: real HLS and
// DASH behind an origin that demands a Referer and sends no CORS headers.
import type { Page } from '@playwright/test';
import { expect, inside, open, type House } from './support/house';
import { test } from './support/near';

/** A room that plays an address, by a route. */
async function playing(near: House, url: string, route = 'auto'): Promise<{ id: string; item: string }> {
  const room = await near.room(`Plays ${url.split('/').pop()}`);
  const base = `/api/rooms/${room.id}`;
  const added = await near.host.post(`${base}/playlist/items`, { data: { items: [{ title: 'Far away', url }] } });
  const { items } = (await added.json()) as { items: { id: string }[] };
  const item = items[0]!.id;
  expect((await near.host.patch(`${base}/playlist/items/${item}`, { data: { route } })).status()).toBe(200);
  expect((await near.host.post(`${base}/playback/item`, { data: { item_id: item } })).status()).toBe(200);
  return { id: room.id, item };
}

const time = (page: Page) => page.locator('video').evaluate((v: HTMLVideoElement) => v.currentTime);
const state = (page: Page) => page.locator('video').evaluate((v: HTMLVideoElement) => ({ ready: v.readyState, width: v.videoWidth, error: v.error?.message ?? '' }));

/** It runs, and after a seek it runs from there. */
async function runsAndSeeks(near: House, page: Page, room: string): Promise<void> {
  await expect.poll(() => state(page), { timeout: 20_000 }).toMatchObject({ width: 320, error: '' });
  await near.host.post(`/api/rooms/${room}/playback/play`, { data: {} });
  const start = page.getByRole('button', { name: /^(Start|Join the film)/ });
  if (await start.isVisible()) await start.click();
  await expect.poll(() => time(page), { timeout: 20_000 }).toBeGreaterThan(1);
  await near.host.post(`/api/rooms/${room}/playback/seek`, { data: { position_s: 30 } });
  await expect.poll(() => time(page), { timeout: 20_000 }).toBeGreaterThan(31);
}

for (const [what, path, route] of [
  ['HLS with a key, two sounds, subtitles and byte ranges', '/hls/master.m3u8', 'auto'],
  ['DASH with templates and two sounds', '/dash/film.mpd', 'auto'],
  ['DASH of whole files by byte ranges', '/ranges/film.mpd', 'server']
] as const) {
  test(`${what} plays through the server, seek included`, async ({ near, watchers, origin }) => {
    const { id } = await playing(near, origin.url + path, route);
    const page = await watchers.page(near.host);
    await page.goto(`/r/${id}`);
    await inside(page);
    await runsAndSeeks(near, page, id);
    // A player that gives a request up ends its fetch too, so a piece may be asked for again.
    const good = origin.asked.filter((each) => each.status < 300 && each.path.startsWith(path.slice(0, 4)));
    console.log(`measured: ${good.length} good requests to the origin for ${new Set(good.map((each) => each.path + each.range)).size} pieces`);
    expect(good.length).toBeGreaterThan(2);
  });
}

test('an origin that breaks off is asked again, and the film goes on', async ({ near, watchers, origin }) => {
  const { id } = await playing(near, `${origin.url}/hls/master.m3u8`, 'server');
  origin.cuts = 2;
  const page = await watchers.page(near.host);
  await page.goto(`/r/${id}`);
  await inside(page);
  await runsAndSeeks(near, page, id);
});

test('the route of an item is chosen in its dialog', async ({ near, watchers, origin }) => {
  const { id, item } = await playing(near, `${origin.url}/hls/master.m3u8`);
  const page = await watchers.page(near.host);
  await page.goto(`/r/${id}`);
  await inside(page);
  await open(page, 'Playlist');
  await page.getByRole('listitem').filter({ hasText: 'Far away' }).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Edit', exact: true }).click();
  await page.getByLabel('How it comes to the players').selectOption('server');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const list = (await (await near.host.get(`/api/rooms/${id}/playlist`)).json()) as { items: { id: string; play: { url: string } }[] };
  expect(list.items.find((each) => each.id === item)?.play.url).toContain(`/api/rooms/${id}/items/${item}/proxy/`);
});

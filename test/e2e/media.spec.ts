// The library's files, as a player and the kernel see them.
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from '@playwright/test';
import { expect, House, open, People, root, test } from './support/house';
import { films } from './support/media';
import { Server } from './support/server';

test('ranges of a library file are the file’s bytes, for members only', async ({ house }) => {
  const room = await house.room('Ranges');
  const url = `/api/rooms/${room.id}/items/${await house.film(room)}/media`;
  const film = await readFile(join(await films(), 'film.mp4'));

  const whole = await house.host.get(url);
  expect(whole.status()).toBe(200);
  expect(whole.headers()['content-type']).toBe('video/mp4');
  expect(whole.headers()['accept-ranges']).toBe('bytes');
  expect(whole.headers()['x-content-type-options']).toBe('nosniff');
  expect(whole.headers()['content-encoding']).toBeUndefined();
  expect(hash(await whole.body())).toBe(hash(film));

  for (const [range, from, to] of [
    ['bytes=0-99', 0, 100],
    ['bytes=1000000-1999999', 1_000_000, 2_000_000],
    ['bytes=-500', film.length - 500, film.length]
  ] as const) {
    const part = await house.host.get(url, { headers: { range } });
    expect(part.status(), range).toBe(206);
    expect(part.headers()['content-range']).toBe(`bytes ${from}-${to - 1}/${film.length}`);
    expect(hash(await part.body())).toBe(hash(film.subarray(from, to)));
  }
  expect((await house.host.get(url, { headers: { range: `bytes=${film.length}-` } })).status()).toBe(416);

  const stranger = await request.newContext({ baseURL: house.url });
  expect([401, 403]).toContain((await stranger.get(url)).status());
  await stranger.dispose();
});

test('a library file goes out by sendfile through the whole chain', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'synctv-e2e-'));
  const trace = join(folder, 'trace');
  const server = await Server.start({ library: await films(), rootPassword: root.password, trace });
  try {
    const host = await request.newContext({ baseURL: server.url });
    expect((await host.post('/api/auth/login', { data: root })).status()).toBe(200);
    const house = new House(server, host);
    const room = await house.room('Traced');
    const answer = await host.get(`/api/rooms/${room.id}/items/${await house.film(room)}/media`);
    const size = (await answer.body()).length;
    await host.dispose();
    await server.stop();
    const sent = [...(await readFile(trace, 'utf8')).matchAll(/= (\d+)$/gm)].map((each) => Number(each[1]));
    const bytes = sent.reduce((sum, each) => sum + each, 0);
    console.log(`measured: ${bytes} of ${size} bytes by ${sent.length} calls of sendfile`);
    expect(bytes).toBeGreaterThan(0.99 * size - 1024); // the first 512 bytes are read to know the type
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test('an open library shows what comes into its folder and what goes', async ({ browser }) => {
  const folder = await mkdtemp(join(tmpdir(), 'synctv-e2e-'));
  await copyFile(join(await films(), 'film.mp4'), join(folder, 'first.mp4'));
  const server = await Server.start({ library: folder, rootPassword: root.password });
  const host = await request.newContext({ baseURL: server.url });
  expect((await host.post('/api/auth/login', { data: root })).status()).toBe(200);
  const house = new House(server, host);
  const people = new People(browser, house);
  try {
    const page = await people.member(await house.room('Folders'), host);
    await open(page, 'Playlist');
    await page.getByRole('button', { name: 'From the library' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('listitem').getByRole('button').first().click();
    await expect(dialog.getByText('first.mp4')).toBeVisible();
    await copyFile(join(folder, 'first.mp4'), join(folder, 'second.mp4'));
    await expect(dialog.getByText('second.mp4')).toBeVisible();
    await dialog.getByRole('checkbox', { name: 'second.mp4' }).check();
    await copyFile(join(folder, 'first.mp4'), join(folder, 'third.mp4'));
    await expect(dialog.getByText('third.mp4')).toBeVisible();
    await expect(dialog.getByRole('checkbox', { name: 'second.mp4' })).toBeChecked();
    await rm(join(folder, 'first.mp4'));
    await expect(dialog.getByText('first.mp4')).toHaveCount(0);
    await page.screenshot({ path: join(__dirname, '.out/library-changed.png') });
  } finally {
    await people.end();
    await host.dispose();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

// A person links a WebDAV server, looks through it and plays a film of it. The
// server here answers what the page's test needs; a real one is in the Go tests.
import { createReadStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { request } from '@playwright/test';
import { expect, House, open, People, root, test } from './support/house';
import { films } from './support/media';
import { Server } from './support/server';
import { look } from './support/stage';

test('a WebDAV server is linked, looked through and played from', async ({ browser }) => {
  test.setTimeout(120_000);
  const film = join(await films(), 'film.mp4');
  const size = statSync(film).size;
  const entry = (href: string, prop: string): string => `<d:response><d:href>${href}</d:href><d:propstat><d:status>HTTP/1.1 200 OK</d:status><d:prop>${prop}</d:prop></d:propstat></d:response>`;
  const folder = '<d:resourcetype><d:collection/></d:resourcetype>';
  const dav = createServer((q, a) => {
    if (q.headers.authorization !== `Basic ${Buffer.from('ada:secret-1').toString('base64')}`) return void a.writeHead(401).end();
    const path = q.url ?? '/';
    if (q.method === 'PROPFIND') {
      const inner = path.startsWith('/dav/Films') ? entry('/dav/Films/film.mp4', `<d:getcontentlength>${size}</d:getcontentlength>`) : entry('/dav/Films/', folder);
      const self = path.endsWith('.mp4') ? '' : entry(path, folder);
      return void a.writeHead(207, { 'content-type': 'application/xml' }).end(`<d:multistatus xmlns:d="DAV:">${self}${inner}</d:multistatus>`);
    }
    const ends = /^bytes=(\d+)-(\d*)$/.exec(q.headers.range ?? '');
    const [from, to] = ends ? [Number(ends[1]), Math.min(size, ends[2] ? Number(ends[2]) + 1 : size)] : [0, size];
    a.writeHead(ends ? 206 : 200, { 'content-type': 'video/mp4', 'content-length': to - from, etag: '"1"', ...(ends && { 'content-range': `bytes ${from}-${to - 1}/${size}` }) });
    createReadStream(film, { start: from, end: to - 1 }).pipe(a);
  }).listen(0, '127.0.0.1');
  await once(dav, 'listening');
  const server = await Server.start({ rootPassword: root.password, env: { SYNCTV_FETCH_ALLOW: '127.0.0.1' } });
  const host = await request.newContext({ baseURL: server.url });
  expect((await host.post('/api/auth/login', { data: root })).status()).toBe(200);
  const near = new House(server, host);
  const people = new People(browser, near);
  try {
    const room = await near.room('From home');
    const page = await people.member(room, host);
    await page.goto(`${server.url}/me`);
    await page.getByRole('button', { name: 'Link a WebDAV server' }).click();
    const form = page.getByRole('dialog');
    await form.getByRole('textbox', { name: 'Address' }).fill(`http://127.0.0.1:${(dav.address() as AddressInfo).port}/dav`);
    await form.getByRole('textbox', { name: 'User name there' }).fill('ada');
    await form.getByLabel('Password').fill('wrong');
    await form.getByRole('button', { name: 'Link a WebDAV server' }).click();
    await expect(form.getByRole('alert')).toContainText('does not take this name and password');
    await form.getByLabel('Password').fill('secret-1');
    await form.getByRole('textbox', { name: 'Name in your list' }).fill('Home');
    expect((await new AxeBuilder({ page }).include('dialog').analyze()).violations).toEqual([]);
    await form.getByRole('button', { name: 'Link a WebDAV server' }).click();
    await expect(page.getByRole('button', { name: 'Unlink Home' })).toBeVisible();

    await page.goto(`${server.url}/r/${room.id}`);
    await open(page, 'Playlist');
    await page.getByRole('button', { name: 'From a linked source' }).click();
    const dialog = page.getByRole('dialog', { name: 'Linked sources' });
    await dialog.getByRole('button', { name: 'Home' }).click();
    await dialog.getByRole('button', { name: 'Films' }).click();
    await expect(dialog.getByRole('button', { name: 'Add film.mp4' })).toBeVisible();
    expect((await new AxeBuilder({ page }).include('dialog').analyze()).violations).toEqual([]);
    await page.screenshot({ path: join(__dirname, '.out/sources.png') });
    await dialog.getByRole('button', { name: 'Add film.mp4' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Play now/ }).first().click();
    const friend = await people.guest(room, 'Ada');
    for (const each of [page, friend]) await expect.poll(async () => (await look(each)).width, { timeout: 20_000 }).toBe(640);
  } finally {
    await people.end();
    await host.dispose();
    await server.stop();
    dav.close();
    dav.closeAllConnections();
  }
});

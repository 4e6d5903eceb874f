// One field: what is pasted is looked at before it is added, and says what it
// is, how it comes and why it may not play. A live stream of another server,
// here ffmpeg's own RTMP, is fetched once and plays for everybody.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as listen, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, open } from './support/house';
import { test } from './support/near';
import { look } from './support/stage';

const card = (page: Page) => page.getByRole('region', { name: 'What is at this link' });
const titles = (page: Page) => page.getByRole('list', { name: 'Playlist' }).locator('li b').allTextContents();

async function paste(page: Page, link: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Paste a link' }).fill(link);
}

test('what is pasted says what it is before it is added', async ({ near, watchers, origin }) => {
  test.setTimeout(90_000);
  const pages = createServer((_, a) => a.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A film</title>')).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const room = await near.room('One field');
  const host = await watchers.member(room, near.host);
  await open(host, 'Playlist');
  try {
    await test.step('an HLS presentation: its length, and that it comes through the server', async () => {
      await paste(host, `${origin.url}/hls/master.m3u8`);
      await expect(card(host)).toContainText('HLS stream');
      await expect(card(host)).toContainText(/\d:\d\d/);
      await expect(card(host)).toContainText('so it comes through this server');
      expect((await new AxeBuilder({ page: host }).include('[aria-label="What is at this link"]').analyze()).violations).toEqual([]);
      await host.screenshot({ path: join(__dirname, '.out/add-hls.png') });
      await host.getByRole('button', { name: 'Add', exact: true }).click();
      await expect.poll(() => titles(host)).toEqual(['master']);
      await expect(card(host)).toHaveCount(0);
      await expect(host.getByRole('listitem').filter({ hasText: 'master' })).toContainText(/\d:\d\d/);
    });
    await test.step('a page is none, and says what to do', async () => {
      await paste(host, `http://127.0.0.1:${(pages.address() as AddressInfo).port}/watch?v=1`);
      await expect(card(host)).toContainText('This is a web page, not a video. Copy the address of the video itself.');
    });
    await test.step('what its server refuses', async () => {
      await paste(host, `${origin.url}/hls/nothing.m3u8`);
      await expect(card(host)).toContainText('Its server refuses it (status 404)');
    });
    await test.step('what this server may not fetch', async () => {
      await paste(host, 'http://10.1.2.3/film.mp4');
      await expect(card(host)).toContainText('This server may not fetch from there');
      await host.screenshot({ path: join(__dirname, '.out/add-refused.png') });
    });
  } finally {
    pages.close();
  }
});

test('a live stream of another server plays for everybody', async ({ near, watchers }) => {
  test.setTimeout(120_000);
  const free = listen().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const address = `rtmp://127.0.0.1:${(free.address() as AddressInfo).port}/app/show`;
  free.close();
  await once(free, 'close');
  // It takes one connection only: a second fetch would fail.
  const serve = spawn('ffmpeg', [
    ...['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-c:v', 'libx264'],
    ...['-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-g', '30', '-c:a', 'aac', '-f', 'flv', '-listen', '1', address]
  ]);
  const gone = once(serve, 'exit');
  try {
    const room = await near.room('Elsewhere');
    const host = await watchers.member(room, near.host);
    await open(host, 'Playlist');
    await paste(host, address);
    await expect(card(host)).toContainText('LIVE');
    await host.getByRole('button', { name: 'Add', exact: true }).click();
    await expect.poll(() => titles(host)).toEqual(['show']);
    await expect(host.getByText('Live stream')).toBeVisible();
    await host.getByRole('button', { name: /^Play now/ }).first().click();
    const friend = await watchers.guest(room, 'Ada');
    for (const page of [host, friend]) {
      await expect.poll(async () => (await look(page)).width, { timeout: 30_000 }).toBe(640);
      const { position } = await look(page);
      await expect.poll(async () => (await look(page)).position, { timeout: 20_000 }).toBeGreaterThan(position + 1);
    }
    await expect(host.getByText('LIVE', { exact: true }).first()).toBeVisible();
    await host.screenshot({ path: join(__dirname, '.out/add-live.png') });
  } finally {
    serve.kill();
    await gone;
  }
});

// Subtitles of three origins and formats over one film, each viewer's own choice.
import { AxeBuilder } from '@axe-core/playwright';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request, type Page } from '@playwright/test';
import { expect, House, People, root, test } from './support/house';
import { films } from './support/media';
import { Server } from './support/server';

// "你好，世界" and "第二句字幕" in GB18030: JavaScript writes no such encoding.
const HELLO = Buffer.from('c4e3bac3a3accac0bde7', 'hex');
const SECOND = Buffer.from('b5dab6febee4d7d6c4bb', 'hex');
const SRT = Buffer.concat([
  Buffer.from('1\r\n00:00:00,000 --> 00:00:40,000\r\n'), HELLO,
  Buffer.from('\r\n\r\n2\r\n00:00:40,000 --> 00:02:00,000\r\n'), SECOND, Buffer.from('\r\n')
]);
const ASS = `[Script Info]
ScriptType: v4.00+
PlayResX: 640
PlayResY: 360

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,微软雅黑,48,&H0000FFFF,&H000000FF,&H00FF0000,&H00000000,-1,0,0,0,100,100,0,0,1,3,0,5,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:02:00.00,Default,,0,0,0,,{\\c&H3264C8&}样式字幕 Styled
`;

test('a film has subtitles beside it, uploaded and by address, and each viewer their own', async ({ browser }) => {
  test.setTimeout(150_000);
  const folder = await mkdtemp(join(tmpdir(), 'synctv-e2e-'));
  await copyFile(join(await films(), 'film.mp4'), join(folder, 'film.mp4'));
  await writeFile(join(folder, 'film.chs.srt'), SRT);
  const origin = createServer((req, res) => {
    res.statusCode = req.url === '/film.en.vtt' ? 200 : 404;
    res.end('WEBVTT\n\n00:00.000 --> 02:00.000\nBy address\n');
  }).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const server = await Server.start({ library: folder, rootPassword: root.password, env: { SYNCTV_FETCH_ALLOW: '127.0.0.1' } });
  const host = await request.newContext({ baseURL: server.url });
  expect((await host.post('/api/auth/login', { data: root })).status()).toBe(200);
  const house = new House(server, host);
  const people = new People(browser, house);
  try {
    const room = await house.room('Subtitles');
    const item = await house.film(room);
    await host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
    const page = await people.member(room, host);
    const friend = await people.guest(room, 'Ada');
    await expect.poll(() => page.evaluate(() => document.querySelector('video')!.readyState)).toBeGreaterThan(1);
    await host.post(`/api/rooms/${room.id}/playback/pause`, { data: {} });
    await host.post(`/api/rooms/${room.id}/playback/seek`, { data: { position_s: 39 } });
    await expect.poll(() => page.evaluate(() => document.querySelector('video')!.currentTime)).toBe(39);

    await test.step('beside the film, in GB18030', async () => {
      await choose(page, 'chs');
      await expect.poll(() => cue(page)).toBe('你好，世界');
      await close(page);
      await shot(page, 'gb18030');
      expect(await cue(friend)).toBe('');
    });

    await test.step('shifted, by this viewer for this viewer', async () => {
      await choose(friend, 'chs');
      await dialogOf(friend).getByRole('button', { name: '−0.5' }).click();
      await dialogOf(friend).getByRole('button', { name: '−0.5' }).click();
      await dialogOf(friend).getByRole('button', { name: '−0.5' }).click();
      await expect(dialogOf(friend).getByTestId('shift')).toHaveText('-1.5 s');
      await expect.poll(() => cue(friend)).toBe('第二句字幕');
      expect(await cue(page)).toBe('你好，世界');
      await dialogOf(friend).getByRole('combobox', { name: 'Letters' }).selectOption('2');
      await close(friend);
      await shot(friend, 'shifted');
      await friend.reload();
      await expect.poll(() => cue(friend), 'it is remembered').toBe('第二句字幕');
    });

    await test.step('by address', async () => {
      await subtitles(page);
      await dialogOf(page).getByRole('textbox', { name: 'Address of a subtitle file' }).fill(`http://127.0.0.1:${(origin.address() as AddressInfo).port}/film.en.vtt`);
      await dialogOf(page).getByRole('button', { name: 'Fetch' }).click();
      await expect.poll(() => cue(page)).toBe('By address');
      await close(page);
      await shot(page, 'by-address');
    });

    await test.step('uploaded, styled, with Chinese text', async () => {
      await subtitles(page);
      await dialogOf(page).locator('input[type=file]').setInputFiles({ name: '特效.ass', mimeType: 'text/plain', buffer: Buffer.from(ASS) });
      await expect(dialogOf(page).getByRole('radio', { name: /特效/ })).toBeChecked();
      await expect(page.locator('canvas.JASSUB')).toBeAttached();
      expect((await new AxeBuilder({ page }).include('dialog').analyze()).violations).toEqual([]);
      await page.screenshot({ path: join(__dirname, '.out/subtitles-dialog.png') });
      await close(page);
      await expect.poll(() => brown(page), { timeout: 20_000, message: 'the styled words are brown' }).toBeGreaterThan(500);
      await shot(page, 'styled');
      await subtitles(friend);
      await expect(dialogOf(friend).getByRole('radio', { name: /特效/ }), 'others hear of it').toBeVisible();
      await expect(dialogOf(friend).getByRole('button', { name: 'Upload a file' })).toHaveCount(0);
      await close(friend);
    });

    await test.step('off, on by key, and removed', async () => {
      await page.keyboard.press('c');
      await expect(page.locator('canvas.JASSUB')).toHaveCount(0);
      await subtitles(page);
      await dialogOf(page).getByRole('button', { name: 'Remove 特效' }).click();
      await expect(dialogOf(page).getByRole('radio', { name: /特效/ })).toHaveCount(0);
      await dialogOf(page).locator('input[type=file]').setInputFiles({ name: 'x.srt', mimeType: 'text/plain', buffer: Buffer.from('no subtitle') });
      await expect(dialogOf(page).getByRole('alert')).toContainText('no subtitle file');
      await close(page);
    });
    await people.end();
  } finally {
    origin.close();
    await host.dispose();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Subtitles' });

async function subtitles(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Subtitles' }).click();
  await expect(dialogOf(page)).toBeVisible();
}

async function choose(page: Page, name: string): Promise<void> {
  await subtitles(page);
  await dialogOf(page).getByRole('radio', { name }).check();
}

async function close(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await expect(dialogOf(page)).toHaveCount(0);
}

/** What the browser shows of plain subtitles right now. */
function cue(page: Page): Promise<string> {
  return page.evaluate(() => {
    const tracks = [...(document.querySelector('video')?.textTracks ?? [])].filter((t) => t.mode === 'showing');
    return tracks.flatMap((t) => [...(t.activeCues ?? [])].map((c) => (c as VTTCue).text)).join('\n');
  });
}

/** Pixels of the colour of the styled words in the middle of the picture, as the screen shows it. */
async function brown(page: Page): Promise<number> {
  const png = (await page.locator('canvas.JASSUB').screenshot()).toString('base64');
  return page.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const ink = canvas.getContext('2d')!;
    ink.drawImage(picture, 0, 0);
    const { data: px } = ink.getImageData(0, picture.height * 0.4, picture.width, picture.height * 0.2);
    let n = 0;
    for (let i = 0; i < px.length; i += 4) if (Math.abs(px[i]! - 200) < 25 && Math.abs(px[i + 1]! - 100) < 25 && Math.abs(px[i + 2]! - 50) < 25) n++;
    return n;
  }, png);
}

async function shot(page: Page, name: string): Promise<void> {
  await page.locator('.player').screenshot({ path: join(__dirname, `.out/subtitles-${name}.png`) });
}

// The streamer looks after the stream, a real encoder's: its numbers, what is
// wrong with it, its end. And a browser without media source gets HLS.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, open, test, type House, type Room } from './support/house';
import { Push } from './support/media';
import { look } from './support/stage';

type Key = { url: string; stream: string };

async function makeKey(house: House, room: Room): Promise<Key> {
  const answer = await house.host.post(`/api/rooms/${room.id}/live-keys`, { data: { title: 'My show' } });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()) as Key;
}

async function watch(host: Page): Promise<void> {
  await open(host, 'Playlist');
  await expect(host.getByText('LIVE').first()).toBeVisible({ timeout: 20_000 });
  await host.getByRole('button', { name: /^Play now/ }).first().click();
  await expect.poll(async () => (await look(host)).width, { timeout: 20_000 }).toBe(640);
}

test('the streamer sees how the stream does, and ends it', async ({ house, people }) => {
  test.setTimeout(120_000);
  const room = await house.room('Health');
  const key = await makeKey(house, room);
  const host = await people.member(room, house.host);
  const push = new Push(key.url, 150);
  try {
    await watch(host);
    await host.getByRole('button', { name: 'Go live' }).click();
    const health = host.getByRole('dialog').getByRole('region', { name: 'On air: My show' });
    const value = (name: string) => health.locator('dl > div', { has: host.getByText(name, { exact: true }) }).getByRole('definition');

    await test.step('its numbers', async () => {
      await expect(value('Codecs')).toHaveText('H.264, AAC');
      await expect(value('Viewers')).toHaveText('1');
      await expect(value('Pictures a second')).toHaveText('30');
      await expect(value('Bitrate')).toHaveText(/^[\d,]+ kbit\/s$/);
      await expect(value('Dropped frames')).toHaveText('0');
      await expect(value('Started here after')).toHaveText(/^\d+(\.\d+)? s$/);
    });
    await test.step('a warning: key frames each 5 s', async () => {
      await expect(health.getByText(/Key frames are far apart/)).toBeVisible({ timeout: 30_000 });
      await expect(value('Key frames every')).toHaveText('5 s');
    });
    await test.step('how to set the encoder', async () => {
      await host.getByText('Encoder settings').click();
      await expect(host.getByRole('button', { name: 'Copy: x264 options' })).toBeVisible();
    });
    for (const colorScheme of ['dark', 'light'] as const) {
      await host.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const found = await new AxeBuilder({ page: host }).include('dialog').analyze();
      expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), colorScheme).toEqual([]);
    }
    await test.step('the end', async () => {
      await health.getByRole('button', { name: 'End stream' }).click();
      await health.getByRole('button', { name: 'End it now' }).click();
      expect(await push.ended(10_000)).not.toBe('running');
      await expect(health).toBeHidden();
      const again = new Push(key.url);
      expect(await again.ended(15_000), again.complaint()).not.toBe('running');
      await again.stop();
    });
  } finally {
    await push.stop();
  }
});

test('a browser without media source is given HLS', async ({ house, people }) => {
  test.setTimeout(90_000);
  const room = await house.room('Phone');
  const key = await makeKey(house, room);
  const host = await people.member(room, house.host);
  const push = new Push(key.url);
  try {
    await watch(host);
    const phone = await people.page();
    await phone.addInitScript(() => {
      delete (window as { MediaSource?: unknown }).MediaSource;
    });
    const asked = phone.waitForResponse(/\/live\/[^/]+\/index\.m3u8/, { timeout: 30_000 });
    await phone.goto(`/r/${room.id}`);
    await phone.getByRole('textbox', { name: 'Your name' }).fill('Ada');
    await phone.getByRole('button', { name: 'Join as guest' }).click();
    expect((await asked).status()).toBe(200);
  } finally {
    await push.stop();
  }
});

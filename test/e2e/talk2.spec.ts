// Talk beyond lines: answers, changes, reactions, and comments over the film.
import { expect, inside, open, say, test } from './support/house';
import type { Page } from '@playwright/test';

const line = (page: Page, text: string) => page.locator('[data-message]').filter({ has: page.locator('.text', { hasText: text }) });

async function act(page: Page, text: string, button: string): Promise<void> {
  const message = line(page, text).last();
  await message.hover();
  await message.getByRole('button', { name: /^Actions on/ }).click();
  await message.getByRole('button', { name: button, exact: true }).click();
}

test('answer, change, react and delete reach the other page', async ({ house, people }) => {
  const room = await house.room('Answers');
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');
  await expect(host.getByRole('log')).toContainText('Ada joined');

  await say(host, 'which film tonight?');
  await act(guest, 'which film tonight?', 'Reply');
  await expect(guest.getByRole('textbox', { name: 'Say something' })).toBeFocused();
  await say(guest, '@root the secnd one');
  const answer = line(host, 'the secnd one');
  await expect(answer.locator('.quote')).toContainText('which film tonight?');
  await expect(answer).toHaveClass(/calls/);
  await expect(answer.locator('mark')).toHaveText('@root');

  await act(guest, 'the secnd one', 'Edit');
  await guest.getByRole('textbox', { name: 'Edit' }).fill('@root the second one');
  await guest.getByRole('button', { name: 'Save' }).click();
  await expect(line(host, 'the second one')).toContainText('(edited)');

  await act(host, 'the second one', 'React with 👍');
  await expect(line(guest, 'the second one').getByRole('button', { name: '👍: 1 person' })).toBeVisible();
  await line(guest, 'the second one').getByRole('button', { name: '👍: 1 person' }).click();
  await expect(line(host, 'the second one').getByRole('button', { name: '👍: 2 people' })).toHaveAttribute('aria-pressed', 'true');

  // A guest may not take away what others said; the host may, and the quote goes with it.
  await line(guest, 'which film tonight?').first().hover();
  await line(guest, 'which film tonight?').first().getByRole('button', { name: /^Actions on/ }).click();
  await expect(guest.getByRole('button', { name: 'Delete', exact: true })).toHaveCount(0);
  await guest.keyboard.press('Escape');
  await act(host, 'which film tonight?', 'Delete');
  await expect(guest.getByRole('log')).not.toContainText('which film tonight?');
  await expect(line(guest, 'the second one').locator('.quote')).toContainText('Message deleted');

  await guest.reload();
  await inside(guest);
  await expect(guest.getByRole('log')).toContainText('the second one');
  await expect(guest.getByRole('log')).not.toContainText('which film tonight?');
});

test('slow mode says how long to wait, and keeps what was typed', async ({ house, people }) => {
  const room = await house.room('Slow');
  const state = (await (await house.host.get(`/api/rooms/${room.id}/state`)).json()) as { room: { version: number; settings: object } };
  const answer = await house.host.patch(`/api/rooms/${room.id}`, { data: { version: state.room.version, settings: { ...state.room.settings, slow_mode_s: 600 } } });
  expect(answer.status(), await answer.text()).toBe(200);
  const guest = await people.guest(room, 'Ada');
  await expect(guest.getByText('Slow mode: one message every 600 seconds.')).toBeVisible();
  await say(guest, 'one');
  await expect(line(guest, 'one')).toBeVisible();
  await say(guest, 'two');
  await expect(guest.getByRole('alert')).toContainText('This room is in slow mode');
  await expect(guest.getByRole('textbox', { name: 'Say something' })).toHaveValue('two');
});

test('a message leads to its place in the film, for who may control it', async ({ house, people }) => {
  const room = await house.room('Places');
  const item = await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  await house.host.post(`/api/rooms/${room.id}/playback/pause`, { data: {} });
  await house.host.post(`/api/rooms/${room.id}/playback/seek`, { data: { position_s: 65 } });
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');
  await say(guest, 'look at this');
  await house.host.post(`/api/rooms/${room.id}/playback/seek`, { data: { position_s: 5 } });
  await expect(line(guest, 'look at this').getByRole('button', { name: /in the film/ })).toHaveCount(0);
  await expect(line(guest, 'look at this')).toContainText('1:05');
  await line(host, 'look at this').getByRole('button', { name: 'Go to 1:05 in the film' }).click();
  await expect.poll(() => guest.locator('video').evaluate((v: HTMLVideoElement) => Math.round(v.currentTime))).toBe(65);
});

test('what is written over the film passes over it on the other page', async ({ house, people }) => {
  const room = await house.room('Over the film');
  const item = await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');
  // There is no canvas until there is something to draw.
  const inked = (page: Page): Promise<number> =>
    page.locator('[data-testid=danmaku]').evaluate((layer) => {
      const canvas = layer.querySelector('canvas');
      if (!canvas) return 0;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let n = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) n++;
      return n;
    });
  await expect(host.getByTestId('danmaku')).toHaveCount(1);
  await expect(guest.getByTestId('danmaku')).toHaveCount(1);
  // It plays, so that comments move.
  const join = guest.getByRole('button', { name: 'Join playback' });
  if (await join.isVisible()) await join.click();
  const hostJoin = host.getByRole('button', { name: 'Join playback' });
  if (await hostJoin.isVisible()) await hostJoin.click();
  expect(await inked(host)).toBe(0);

  await open(guest, 'Chat');
  await guest.getByRole('button', { name: 'Write over the film' }).click();
  await guest.getByRole('textbox', { name: 'Say it over the film' }).fill('哈哈哈 <b>wow</b>');
  await guest.getByRole('button', { name: 'Send' }).click();
  await expect.poll(() => inked(host), { timeout: 10_000 }).toBeGreaterThan(100);
  await expect.poll(() => inked(guest)).toBeGreaterThan(100);
  await expect(host.getByRole('log')).not.toContainText('wow');

  // Off with one key, here only; on again it is still known.
  await host.locator('main').focus();
  await host.keyboard.press('d');
  await expect(host.locator('[data-testid=danmaku]')).toHaveCount(0);
  await host.keyboard.press('d');
  await expect(host.getByTestId('danmaku')).toHaveAttribute('data-known', '1');

  // Somebody who comes later sees it when the film gets there again.
  const late = await people.guest(room, 'Eve');
  await expect(late.getByTestId('danmaku')).toHaveAttribute('data-known', '1');
});

test('nothing moves over the film for who asks for less motion', async ({ house, people }) => {
  const room = await house.room('Still');
  const item = await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  const page = await people.guest(room, 'Ada', { reducedMotion: 'reduce' });
  await expect(page.locator('video')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Comments over the film', exact: true })).toHaveAttribute('aria-pressed', 'false');
  await expect(page.getByTestId('danmaku')).toHaveCount(0);
});

test('in full screen the newest lines show, and Enter writes', async ({ house, people }) => {
  const room = await house.room('Full');
  const item = await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');
  await host.locator('main').focus();
  await host.keyboard.press('f');
  const over = host.getByTestId('full-chat');
  await expect(over).toBeAttached();
  await say(guest, 'can you see this?');
  await expect(over).toContainText('can you see this?');
  await host.keyboard.press('Enter');
  const field = over.getByRole('textbox', { name: 'Say something' });
  await expect(field).toBeFocused();
  await field.fill('yes');
  await host.keyboard.press('Enter');
  await expect(guest.getByRole('log')).toContainText('yes');
  await expect(field).toHaveCount(0);
});

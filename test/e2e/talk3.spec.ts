// Talk for who runs a room and who comes back: names, news, lines of the room,
// comments taken off the film, and the export.
import { expect, inside, open, say, test } from './support/house';
import { AxeBuilder } from '@axe-core/playwright';

test('names are offered after @, by keyboard and by click', async ({ house, people }) => {
  const room = await house.room('Names');
  const host = await people.member(room, house.host);
  await people.guest(room, 'Ada Lovelace');
  const guest = await people.guest(room, 'Adam');
  const field = host.getByRole('textbox', { name: 'Say something' });
  await field.pressSequentially('hello @ad');
  const names = host.getByRole('listbox', { name: 'People to call' });
  await expect(names.getByRole('option')).toHaveText(['Ada Lovelace', 'Adam']);
  const axe = await new AxeBuilder({ page: host }).include('form').analyze();
  expect(axe.violations).toEqual([]);
  await host.keyboard.press('ArrowDown');
  await expect(names.getByRole('option', { name: 'Adam' })).toHaveAttribute('aria-selected', 'true');
  await host.keyboard.press('Enter');
  await expect(field).toHaveValue('hello @Adam ');
  await expect(names).toHaveCount(0);
  await field.pressSequentially('and @lov');
  await names.getByRole('option', { name: 'Ada Lovelace' }).click();
  await expect(field).toBeFocused();
  await expect(field).toHaveValue('hello @Adam and @Ada Lovelace ');
  await field.pressSequentially('@zz');
  await expect(names).toHaveCount(0);
  await field.fill('hello @Adam');
  await field.press('Escape');
  await host.keyboard.press('Enter');
  await expect(guest.locator('[data-message].calls')).toContainText('hello @Adam');
});

test('what came while the page was closed stays marked after a reload', async ({ house, people }) => {
  const room = await house.room('News');
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');
  await say(host, 'before');
  await expect(guest.getByRole('log')).toContainText('before');
  await guest.goto('about:blank');
  await say(host, 'while you were away');
  await guest.goto(`/r/${room.id}`);
  await inside(guest);
  const mark = guest.getByTestId('unread-mark');
  await expect(mark).toHaveCount(1);
  await expect(guest.getByTestId('unread-mark').locator('+ [data-message]')).toContainText('while you were away');
  await guest.reload();
  await inside(guest);
  await expect(guest.getByRole('log')).toContainText('while you were away');
  await expect(mark).toHaveCount(0);
});

test('the room says who was sent out and muted, and what began by itself has no name', async ({ house, people }) => {
  const room = await house.room('Lines');
  const host = await people.member(room, house.host);
  const kit = await house.register('Kitty');
  await people.member(room, kit);
  const id = ((await (await kit.get('/api/me')).json()) as { user: { id: string } }).user.id;
  const log = host.getByRole('log');
  await house.host.put(`/api/rooms/${room.id}/members/${id}/mute`, { data: { seconds: 60 } });
  await expect(log).toContainText('root muted Kitty');
  await house.host.post(`/api/rooms/${room.id}/members/${id}/kick`, { data: { reason: 'not for all' } });
  await expect(log).toContainText('root sent Kitty out');
  await expect(log).not.toContainText('not for all');
  const first = await house.film(room);
  await house.film(room);
  await house.host.patch(`/api/rooms/${room.id}`, { data: { settings: { autoplay: { on: true, mode: 'sequential', delay_s: 0 } } } });
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: first } });
  await expect(log).toContainText('root started “The film”');
  // The server knows the length of a file in the library: 150 s.
  await house.host.post(`/api/rooms/${room.id}/playback/seek`, { data: { position_s: 149.5 } });
  await house.host.post(`/api/rooms/${room.id}/playback/play`, { data: {} });
  await expect(log.locator('.system').last()).toHaveText('“The film” began', { timeout: 15_000 });
});

test('comments over the film are taken off by who wrote them and by hosts', async ({ house, people }) => {
  const room = await house.room('Off the film');
  const item = await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  await house.host.post(`/api/rooms/${room.id}/playback/pause`, { data: {} });
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');
  for (const [page, text] of [[guest, 'mine'], [host, 'of the host']] as const) {
    await open(page, 'Chat');
    await page.getByRole('button', { name: 'Write over the film' }).click();
    await page.getByRole('textbox', { name: 'Say it over the film' }).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(page.getByRole('textbox', { name: 'Say it over the film' })).toHaveValue('');
  }
  for (const page of [guest, host]) {
    await page.getByRole('button', { name: 'Options of comments over the film' }).click();
    await expect(page.getByTestId('near-comments').getByRole('listitem')).toHaveCount(2);
  }
  await expect(guest.getByRole('button', { name: /^Delete the comment of/ })).toHaveCount(1);
  await guest.getByRole('button', { name: 'Delete the comment of Ada: mine' }).click();
  for (const page of [guest, host]) await expect(page.getByTestId('near-comments')).not.toContainText('mine');
  await host.getByRole('button', { name: 'Delete the comment of root: of the host' }).click();
  await expect(guest.getByTestId('near-comments')).toContainText('No comments within a minute');
  await expect(host.getByTestId('danmaku')).toHaveAttribute('data-known', '0');
});

test('the talk is exported by who may, and the room says when it waits', async ({ house, people }) => {
  const room = await house.room('Export');
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');
  await say(host, 'for the file');
  await expect(guest.getByRole('log')).toContainText('for the file');
  await guest.getByRole('button', { name: 'Settings' }).click();
  await expect(guest.getByRole('link', { name: 'As text' })).toHaveCount(0);
  await host.getByRole('button', { name: 'Settings' }).click();
  await host.getByRole('button', { name: 'For the room' }).click();
  const download = host.waitForEvent('download');
  await host.getByRole('link', { name: 'As text' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/\.txt$/);
  const stream = await file.createReadStream();
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  expect(text).toContain('root: for the file');

  const wait = host.getByRole('combobox', { name: 'The film waits for everybody to be ready' });
  await wait.selectOption('While few are in');
  const most = host.getByRole('spinbutton', { name: 'People at most' });
  await most.fill('5');
  await most.blur();
  await expect
    .poll(async () => ((await (await house.host.get(`/api/rooms/${room.id}/state`)).json()) as { room: { settings: { wait: unknown } } }).room.settings.wait)
    .toEqual({ mode: 'up_to', up_to: 5 });
  const axe = await new AxeBuilder({ page: host }).include('dialog').analyze();
  expect(axe.violations).toEqual([]);
});

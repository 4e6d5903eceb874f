// People come in, talk, and are told why when they may not do something.
import { expect, inside, open, say, signIn, test } from './support/house';

test('chat goes both ways, and text is text', async ({ house, people }) => {
  const room = await house.room('Talk');
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Ada');

  const nasty = '<img src=x onerror="document.title=\'hurt\'"><b>bold</b> 你好';
  await say(guest, nasty);
  await say(host, 'Hello & welcome');
  for (const page of [host, guest]) {
    const log = page.getByRole('log');
    await expect(log).toContainText(nasty);
    await expect(log).toContainText('Hello & welcome');
    expect(await log.locator('img[src="x"]').count()).toBe(0);
    expect(await log.locator('b').filter({ hasText: /^bold$/ }).count()).toBe(0);
    expect(await page.title()).not.toBe('hurt');
  }

  await guest.reload();
  await inside(guest);
  await expect(guest.getByRole('log')).toContainText('Hello & welcome');
});

test('everybody here is listed, and who left is not taken for here', async ({ house, people }) => {
  const room = await house.room('Faces');
  const host = await people.member(room, house.host);
  const member = await people.member(room, await house.register('Bea'));
  const guest = await people.guest(room, 'Ada');
  await open(host, 'Members');
  const panel = host.getByRole('tabpanel');
  await expect(panel.getByRole('heading', { name: 'Online · 3' })).toBeVisible();
  await expect(panel.getByRole('listitem').filter({ hasText: 'Ada' })).toContainText('Guest');
  await guest.close();
  await member.close();
  // A member can come back and is shown as away; a guest leaves nothing behind.
  await expect(panel.getByRole('heading', { name: 'Away · 1' })).toBeVisible();
  await expect(panel.getByRole('listitem').filter({ hasText: 'Bea' })).toBeVisible();
  await expect(panel.getByRole('listitem').filter({ hasText: 'Ada' })).toHaveCount(0);
});

test('a wrong password is refused in words, the right one goes on to where one was going', async ({ house, people }) => {
  await (await house.register('Wrong.Right', 'the right one')).dispose();
  const page = await people.page();
  await page.goto('/login?next=%2Fregister');
  await signIn(page, 'Wrong.Right', 'the wrong one');
  await expect(page.getByRole('alert')).toContainText('Name or password is wrong');
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('Wrong.Right');
  await page.goto('/login');
  await signIn(page, 'Wrong.Right', 'the right one');
  await expect(page.getByRole('button', { name: 'Create room' }).first()).toBeVisible();
});

test('somebody new makes an account and enters a room', async ({ house, people }) => {
  const room = await house.room('Newcomers');
  const page = await people.page();
  await page.goto(`/register?next=${encodeURIComponent(`/r/${room.id}`)}`);
  await page.getByRole('textbox', { name: 'Name' }).fill('Newcomer');
  await page.getByLabel('Password', { exact: true }).fill('a long password');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL(new RegExp(`/r/${room.id}$`));
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await inside(page);
  await open(page, 'Members');
  await expect(page.getByRole('tabpanel')).toContainText('Newcomer');
});

test('a room with a password lets in who knows it', async ({ house, people }) => {
  const room = await house.room('Secret', { password: 'sesame' });
  const someone = await house.register('Ali');
  const page = await people.page(someone);
  await page.goto(`/r/${room.id}`);
  const password = page.getByLabel('Password', { exact: true });
  await password.fill('barley');
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByText("The room's password is wrong.")).toBeVisible();
  await password.fill('sesame');
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await inside(page);
});

test('who may not control the film sees why', async ({ house, people }) => {
  const room = await house.room('Hosts only');
  const item = await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  const guest = await people.guest(room, 'Ada');
  const button = guest.getByRole('button', { name: /^(Play|Pause)$/ });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await expect(button).toHaveAttribute('title', /Only hosts control playback/);
  await open(guest, 'Playlist');
  await expect(guest.getByRole('button', { name: /^(Play now|Remove)/ })).toHaveCount(0);
});

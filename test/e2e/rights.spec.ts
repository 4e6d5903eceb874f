// Rights, seen from the pages: what somebody may do changes while they watch,
// and who is kept out is kept out.
import { expect, inside, open, test } from './support/house';

/** Clicks what opens everything one may do to a person. */
const manage = async (page: import('@playwright/test').Page, who: string): Promise<void> => {
  await open(page, 'Members');
  await page.getByRole('button', { name: `Manage ${who}` }).click();
};

test('a right that is given or taken changes the open page within a second', async ({ house, people }) => {
  const room = await house.room('Rights');
  await house.film(room);
  const host = await people.member(room, house.host);
  const page = await people.member(room, await house.register('Rhea'));
  const play = page.getByRole('button', { name: 'Play', exact: true });
  await open(page, 'Playlist');
  await expect(page.getByRole('button', { name: /^Play now/ })).toHaveCount(0);
  await manage(host, 'Rhea');
  const right = host.getByRole('checkbox', { name: 'Choose what plays' });
  const shown = page.getByRole('button', { name: /^Play now/ });

  await right.check();
  await expect(shown).toHaveCount(1, { timeout: 1_000 });
  await right.uncheck();
  await expect(shown).toHaveCount(0, { timeout: 1_000 });

  // A new role brings its rights and its badge.
  await host.getByRole('combobox', { name: 'Role' }).selectOption('admin');
  await expect(shown).toHaveCount(1, { timeout: 1_000 });
  await open(page, 'Members');
  await expect(page.getByRole('listitem').filter({ hasText: 'Rhea' })).toContainText('Admin');
  await expect(play).toHaveCount(0);
});

test('a preset changes what everybody may do', async ({ house, people }) => {
  const room = await house.room('Presets');
  const item = await house.film(room);
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Gil');
  const button = guest.getByRole('button', { name: /^(Play|Pause)$/ });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await host.getByRole('button', { name: 'Settings' }).click();
  await host.getByRole('button', { name: 'For the room' }).click();
  await host.getByRole('button', { name: 'Everyone controls' }).click();
  await expect(button).not.toHaveAttribute('aria-disabled', 'true', { timeout: 1_000 });
  await host.getByRole('dialog').getByRole('button', { name: 'Theatre' }).click();
  await expect(button).toHaveAttribute('aria-disabled', 'true', { timeout: 1_000 });
});

test('who is sent out or banned sees it in words and stays out', async ({ house, people }) => {
  const room = await house.room('Out');
  const host = await people.member(room, house.host);
  const kicked = await people.member(room, await house.register('Kit'));
  const banned = await people.member(room, await house.register('Ben'));
  await manage(host, 'Kit');
  await host.getByRole('button', { name: 'Send out' }).click();
  await host.getByRole('textbox', { name: /Reason/ }).fill('spoilers');
  await host.getByRole('button', { name: 'Send out' }).click();
  await expect(kicked.getByRole('heading', { name: 'You were sent out of this room' })).toBeVisible({ timeout: 2_000 });
  await kicked.getByRole('button', { name: 'Ask to join again' }).click();
  await kicked.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(kicked.getByRole('alert')).toContainText('You were sent out of this room');

  await manage(host, 'Ben');
  await host.getByRole('button', { name: 'Ban', exact: true }).click();
  await host.getByRole('button', { name: 'Ban', exact: true }).click();
  await expect(banned.getByRole('heading', { name: 'You may not enter this room' })).toBeVisible({ timeout: 2_000 });
  await banned.reload();
  await expect(banned.getByRole('heading', { name: 'You may not enter this room' })).toBeVisible();

  // The room's settings know who is banned, and the record who did what.
  await host.getByRole('button', { name: 'Settings' }).click();
  await host.getByRole('button', { name: 'For the room' }).click();
  const dialog = host.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Lift the ban of Ben' })).toBeVisible();
  await dialog.getByText('Record').click();
  await expect(dialog.getByRole('listitem').filter({ hasText: 'sent out' })).toContainText('spoilers');
  await dialog.getByRole('button', { name: 'Lift the ban of Ben' }).click();
  await expect(dialog.getByRole('button', { name: 'Lift the ban of Ben' })).toHaveCount(0);
  await banned.reload();
  await banned.getByRole('button', { name: 'Join', exact: true }).click();
  await inside(banned);
});

test('who is muted cannot talk, sees why, and talks again when it is lifted', async ({ house, people }) => {
  const room = await house.room('Quiet');
  const host = await people.member(room, house.host);
  const page = await people.member(room, await house.register('Mia'));
  const composer = page.getByRole('textbox', { name: 'Say something' });
  await expect(composer).toBeVisible();
  await manage(host, 'Mia');
  await host.getByRole('button', { name: '10 minutes' }).click();
  await expect(composer).toHaveCount(0, { timeout: 1_000 });
  await expect(page.getByText('You are muted.')).toBeVisible();
  await host.getByRole('button', { name: 'Let them talk again' }).click();
  await expect(composer).toBeVisible({ timeout: 1_000 });
});

test('who has to wait is let in live, or is not', async ({ house, people }) => {
  const room = await house.room('Waiting');
  const answer = await house.host.patch(`/api/rooms/${room.id}`, { data: { settings: { approval: true } } });
  expect(answer.status(), await answer.text()).toBe(200);
  const host = await people.member(room, house.host);
  const page = await people.page(await house.register('Will'));
  await page.goto(`/r/${room.id}`);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Waiting for a host' })).toBeVisible();
  await expect(host.getByRole('tab', { name: 'Members' })).toContainText('1 person waits to be let in');
  await open(host, 'Members');
  await host.getByRole('button', { name: 'Let Will in' }).click();
  await inside(page);
  await expect(host.getByRole('button', { name: 'Let Will in' })).toHaveCount(0);

  const guest = await people.page();
  await guest.goto(`/r/${room.id}`);
  await guest.getByRole('textbox', { name: 'Your name' }).fill('Wanda');
  await guest.getByRole('button', { name: 'Join as guest' }).click();
  await host.getByRole('button', { name: 'Decline Wanda' }).click();
  await expect(guest.getByRole('heading', { name: 'Waiting for a host' })).toHaveCount(0);
  await expect(guest.getByRole('tab', { name: 'Chat' })).toHaveCount(0);
});

test('a closed room says so, is opened again by its creator, and is deleted for good', async ({ house, people }) => {
  const room = await house.room('Closing');
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, 'Gus');
  const settings = async (): Promise<void> => {
    await host.getByRole('button', { name: 'Settings' }).click();
    await host.getByRole('button', { name: 'For the room' }).click();
  };
  await settings();
  await host.getByRole('button', { name: 'Close the room' }).click();
  await host.getByRole('button', { name: 'Close it now' }).click();
  await expect(guest.getByRole('heading', { name: 'This room is gone' })).toBeVisible();
  await host.reload();
  await host.getByRole('button', { name: 'Open it again' }).click();
  await inside(host);
  await guest.reload();
  await inside(guest);
  await settings();
  await host.getByRole('button', { name: 'Delete the room' }).click();
  await host.getByRole('button', { name: 'Delete for good' }).click();
  await expect(guest.getByRole('heading', { name: 'This room is gone' })).toBeVisible();
});

// The list of a room: what one person does to it, the other sees; and the room
// goes on by itself when a film has ended.
import type { Page } from '@playwright/test';
import { expect, open, test } from './support/house';
import { look } from './support/stage';

/** The titles in the list as a page shows them. */
const titles = (page: Page) => page.getByRole('list', { name: 'Playlist' }).locator('li b').allTextContents();
const row = (page: Page, title: string) => page.getByRole('listitem').filter({ has: page.getByText(title, { exact: true }) });

/** Chooses from the menu of a row. */
async function choose(page: Page, title: string, entry: string): Promise<void> {
  await row(page, title).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
}

/** Chooses from the menu of the whole list. */
async function chooseOfList(page: Page, entry: string): Promise<void> {
  await page.getByRole('button', { name: 'Playlist menu' }).click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
}

test('a list is added to, put in order, emptied and brought back on every page', async ({ house, people }) => {
  const room = await house.room('Queue');
  const host = await people.member(room, house.host);
  const friend = await people.guest(room, 'Ada');
  await open(host, 'Playlist');
  await open(friend, 'Playlist');
  const both = async (want: string[]): Promise<void> => {
    for (const page of [host, friend]) await expect.poll(() => titles(page)).toEqual(want);
  };

  await test.step('several links at once', async () => {
    await host.getByRole('textbox', { name: 'Paste a link' }).fill('https://example.org/a.mp4 https://example.org/b.mp4 https://example.org/c.mp4');
    await host.getByRole('button', { name: 'Add', exact: true }).click();
    await both(['a', 'b', 'c']);
    // Who may not change anything has no button for it.
    await expect(friend.getByRole('button', { name: /^(More|Playlist menu|Play now)$/ })).toHaveCount(0);
  });

  await test.step('order by buttons and by drag', async () => {
    await choose(host, 'c', 'Move up');
    await both(['a', 'c', 'b']);
    await row(host, 'b').dragTo(row(host, 'a'), { targetPosition: { x: 40, y: 4 } });
    await both(['b', 'a', 'c']);
  });

  await test.step('a title is edited', async () => {
    await choose(host, 'a', 'Edit');
    await host.getByRole('dialog').getByRole('textbox', { name: 'Title' }).fill('<b>The</b> first');
    await host.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await both(['b', '<b>The</b> first', 'c']);
  });

  await test.step('a deletion is undone', async () => {
    await choose(host, 'c', 'Remove');
    await both(['b', '<b>The</b> first']);
    await host.getByRole('button', { name: 'Undo' }).click();
    await both(['b', '<b>The</b> first', 'c']);
  });

  await test.step('folders', async () => {
    await chooseOfList(host, 'New folder');
    await host.getByRole('dialog').getByRole('textbox', { name: 'Title' }).fill('Later');
    await host.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await choose(host, 'c', 'Move to…');
    await host.getByRole('dialog').getByRole('combobox').selectOption({ label: 'Later' });
    await host.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
    await both(['b', '<b>The</b> first']);
    await friend.getByRole('button', { name: /^Later/ }).click();
    await expect.poll(() => titles(friend)).toEqual(['c']);
    await friend.getByRole('button', { name: 'Playlist', exact: true }).click();
  });

  await test.step('a list is imported, with a word about what was there already', async () => {
    await chooseOfList(host, 'Import a list (M3U)');
    const dialog = host.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Paste an M3U list' }).fill('#EXTM3U\n#EXTINF:9,From a list\nhttps://example.org/d.mp4\n#EXTINF:9,Twice\nhttps://example.org/a.mp4\n/home/x.mp4\n');
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await both(['b', '<b>The</b> first', 'From a list', 'Twice']);
    await host.getByRole('button', { name: 'Remove duplicates' }).click();
    await both(['b', '<b>The</b> first', 'From a list']);
  });

  await test.step('everything is cleared and comes back', async () => {
    await chooseOfList(host, 'Clear the playlist');
    await both([]);
    await host.getByRole('button', { name: 'Undo' }).last().click();
    await both(['b', '<b>The</b> first', 'From a list']);
  });
});

test('when a film has ended the next one begins, on every page', async ({ house, people }) => {
  test.setTimeout(120_000);
  const room = await house.room('Double feature');
  const items = [await house.film(room), await house.film(room)];
  const host = await people.member(room, house.host);
  const friend = await people.guest(room, 'Ada');
  const at = `/api/rooms/${room.id}`;
  const current = async (): Promise<string> => {
    const answer = await house.host.get(`${at}/state`);
    return ((await answer.json()) as { playback: { item_id: string } }).playback.item_id;
  };
  await open(host, 'Playlist');
  await host.getByRole('button', { name: /^Play now/ }).first().click();
  for (const page of [host, friend]) await expect.poll(async () => (await look(page)).position).toBeGreaterThan(0.5);

  await test.step('the room learns from its players how long the film is', async () => {
    await expect(host.getByRole('listitem').first()).toContainText('2:30');
  });

  await test.step('a countdown at the end can be stopped', async () => {
    await house.host.post(`${at}/playback/seek`, { data: { position_s: 149 } });
    for (const page of [host, friend]) await expect(page.getByRole('region', { name: 'Up next' })).toBeVisible();
    await expect(friend.getByRole('button', { name: 'Stay here' })).toHaveCount(0);
    await host.getByRole('button', { name: 'Stay here' }).click();
    await expect(friend.getByRole('region', { name: 'Up next' })).toHaveCount(0);
    expect(await current()).toBe(items[0]);
  });

  await test.step('or runs out', async () => {
    await house.host.post(`${at}/playback/seek`, { data: { position_s: 148 } });
    await house.host.post(`${at}/playback/play`, { data: {} });
    await expect(friend.getByRole('region', { name: 'Up next' })).toBeVisible();
    await expect.poll(current).toBe(items[1]);
    for (const page of [host, friend]) {
      await expect.poll(async () => (await look(page)).position).toBeLessThan(60);
      await expect.poll(async () => (await look(page)).paused).toBe(false);
    }
    await expect(host.getByRole('listitem').nth(1)).toHaveAttribute('aria-current', 'true');
  });
});

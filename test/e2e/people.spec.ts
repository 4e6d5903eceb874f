// Accounts: one's own devices and password, and what admins do with others'.
import AxeBuilder from '@axe-core/playwright';
import type { Locator } from '@playwright/test';
import { expect, signIn, test } from './support/house';

const good = 'a good password';

test('a new password signs out the other device, whose open page asks to sign in again', async ({ house, people }) => {
  const ada = await house.register('Ada.P', good);
  const made = await ada.post('/api/rooms', { data: { name: 'Hers' } });
  const room = (await made.json()) as { id: string; name: string };
  const other = await people.page();
  await other.goto(`/login?next=${encodeURIComponent(`/r/${room.id}`)}`);
  await signIn(other, 'Ada.P', good);
  await expect(other.getByRole('tab', { name: 'Chat' })).toBeVisible();

  const page = await people.page(ada);
  await page.goto('/');
  await page.getByRole('link', { name: 'My account: Ada.P' }).click();
  await expect(page.getByRole('heading', { name: 'Signed-in devices' })).toBeVisible();
  await page.getByLabel('Present password').fill('not this one');
  await page.getByLabel('New password').fill('another good one');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('alert')).toContainText('This is not your password');
  await page.getByLabel('Present password').fill(good);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('All other devices are signed out')).toBeVisible();
  await expect(other.getByRole('dialog', { name: 'Sign in again' })).toBeVisible();

  // The one in use goes on, and the other comes back with the new password.
  await page.reload();
  await expect(page.getByText('This device')).toBeVisible();
  await other.getByRole('dialog').getByLabel('Password', { exact: true }).fill('another good one');
  await other.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await expect(other.getByRole('dialog')).toHaveCount(0);

  await page.reload();
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(other.getByRole('dialog', { name: 'Sign in again' })).toBeVisible();
});

test('name, colour and access tokens are one\'s own', async ({ house, people }) => {
  const bea = await house.register('Bea.P', good);
  const page = await people.page(bea);
  await page.goto('/me');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('root');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('This name is taken');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Bea.Q');
  await page.getByRole('radio', { name: 'Colour 3', exact: true }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('link', { name: 'My account: Bea.Q' })).toBeVisible();

  await page.getByLabel('What it is for').fill('My bot');
  await page.getByRole('button', { name: 'Create token' }).click();
  const token = await page.getByRole('textbox', { name: 'Token', exact: true }).inputValue();
  const asBot = (): Promise<Response> => fetch(`${house.url}/api/me`, { headers: { Authorization: `Bearer ${token}` } });
  expect((await asBot()).status).toBe(200);
  await page.getByRole('button', { name: 'End: My bot' }).click();
  await expect(page.getByRole('button', { name: 'End: My bot' })).toHaveCount(0);
  expect((await asBot()).status).toBe(401);

  await page.getByRole('button', { name: 'Delete account…' }).click();
  await page.getByRole('dialog').getByLabel('Password').fill(good);
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByRole('link', { name: 'Sign in' }).first()).toBeVisible();
  expect((await bea.get('/api/me')).status()).toBe(401);
});

test('an admin bans a person, whose open page ends at once', async ({ house, people }) => {
  const cleo = await house.register('Cleo.P', good);
  const room = await house.room('Banning');
  const open = await people.member(room, cleo);
  const page = await people.page(house.host);
  await page.goto('/');
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('cleo');
  const users = page.getByRole('region', { name: 'Users' });
  const row = users.getByRole('listitem').filter({ hasText: 'Cleo.P' });
  await expect(users.getByRole('listitem')).toHaveCount(1);
  await row.getByRole('button', { name: 'Ban' }).click();
  await page.getByLabel('Reason').fill('spam');
  await page.getByRole('dialog').getByRole('button', { name: 'Ban' }).click();
  await expect(row).toContainText('Banned');
  await expect(open.getByRole('dialog', { name: 'Sign in again' })).toBeVisible();
  await open.getByRole('dialog').getByLabel('Password', { exact: true }).fill(good);
  await open.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
  await expect(open.getByRole('alert')).toContainText('This account is banned');

  await row.getByRole('button', { name: 'Unban' }).click();
  await expect(row).not.toContainText('Banned');
  await row.getByRole('button', { name: 'Reset password' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reset password' }).click();
  const password = await page.getByRole('dialog').getByRole('textbox', { name: 'New password' }).inputValue();
  const again = await people.page();
  await again.goto('/login');
  await signIn(again, 'Cleo.P', password);
  await expect(again.getByRole('link', { name: 'My account: Cleo.P' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('region', { name: 'Record' }).getByRole('listitem').filter({ hasText: 'root banned from this server' })).toContainText(/Cleo\.P.*spam/s);
  // Rights by absence: no way to the page, and nothing on it.
  await expect(again.getByRole('link', { name: 'Administration' })).toHaveCount(0);
  await again.goto('/admin');
  await expect(again.getByRole('heading', { name: 'This page is for admins' })).toBeVisible();
});

test('an admin changes settings, which hold at once and can be taken back', async ({ house, people }) => {
  const page = await people.page(house.host);
  await page.goto('/admin');
  const settings = page.getByRole('region', { name: 'Settings' });
  const row = (label: string): Locator => settings.getByRole('form', { name: label });
  await row('New accounts').getByRole('combobox').selectOption('closed');
  await row('New accounts').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await row('Announcement on the first page').getByRole('textbox').fill('Back at <b>nine</b>');
  await row('Announcement on the first page').getByRole('textbox').press('Enter');
  await expect(row('Announcement on the first page').getByRole('button', { name: 'As configured' })).toBeVisible();
  await row('Rooms per person (0: no limit)').getByRole('textbox').fill('many');
  await row('Rooms per person (0: no limit)').getByRole('button', { name: 'Save' }).click();
  await expect(row('Rooms per person (0: no limit)').getByRole('alert')).toBeVisible();

  const visitor = await people.page();
  await visitor.goto('/');
  await expect(visitor.getByText('Back at <b>nine</b>')).toBeVisible();
  const refused = await visitor.request.post('/api/auth/register', { data: { name: 'Dora.P', password: good } });
  expect(refused.status()).toBe(403);

  for (const label of ['New accounts', 'Announcement on the first page']) {
    await row(label).getByRole('button', { name: 'As configured' }).click();
    await expect(row(label).getByRole('button', { name: 'As configured' })).toHaveCount(0);
  }
  await house.register('Dora.P', good);
  await visitor.reload();
  await expect(visitor.getByRole('heading', { name: 'Public rooms' })).toBeVisible();
  await expect(visitor.getByText('Back at')).toHaveCount(0);
});

for (const [path, heading] of [['/me', 'Access tokens'], ['/admin', 'Users']] as const) {
  for (const colorScheme of ['dark', 'light'] as const) {
    for (const width of [1280, 360]) {
      test(`${path} is accessible and fits ${width} px, ${colorScheme}`, async ({ house, people }) => {
        const page = await people.page(house.host, { colorScheme, viewport: { width, height: 800 } });
        await page.goto(path);
        await expect(page.getByRole('heading', { name: heading })).toBeVisible();
        if (path === '/admin') await expect(page.getByRole('combobox', { name: 'New accounts' })).toBeVisible();
        const found = await new AxeBuilder({ page }).analyze();
        expect(found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        await page.screenshot({ path: `${__dirname}/.out/shots/${path.slice(1)}-${width}-${colorScheme}.png`, fullPage: true });
      });
    }
  }
}

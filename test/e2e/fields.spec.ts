// Every field that takes text, with texts meant to hurt: whatever is accepted is
// shown as text on every page that shows it, and what is refused says why as text.
import type { APIRequestContext, APIResponse, Page } from '@playwright/test';
import { expect, open, test } from './support/house';

const payloads = [
  '<img src=x onerror="window.hurt=1">',
  '<script>window.hurt=2</script>',
  '"><svg onload="window.hurt=3">',
  "' onmouseover='window.hurt=4",
  '{{constructor.constructor("window.hurt=5")()}}',
  'javascript:window.hurt=6',
  'file\u202Etxt.exe \u2066x',
  'Z' + '\u0300\u0316\u0489'.repeat(1_700),
  'W'.repeat(300)
];

/** As much of a text as a field takes: the server counts code points. */
const fit = (text: string, most: number): string => [...text].slice(0, most).join('');

/** Accepted, or refused in words that are no markup. */
async function answered(a: APIResponse): Promise<boolean> {
  expect(a.status(), await a.text()).toBeLessThan(500);
  expect(a.headers()['content-type'] ?? 'application/json').toContain('json');
  return a.ok();
}

/** Nothing on the page came to life, and nothing is wider than the window. */
async function harmless(page: Page, what: string): Promise<void> {
  const found = await page.evaluate(() => ({
    hurt: (window as { hurt?: number }).hurt ?? 0,
    alive: document.querySelectorAll('img[onerror], svg[onload], [onmouseover], iframe, [href^="javascript:"], body script').length,
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth
  }));
  expect(found, what).toEqual({ hurt: 0, alive: 0, sideways: 0 });
}

test('no field lets text become anything else', async ({ house, people }) => {
  test.setTimeout(240_000);
  const at = house.host;
  const room = await house.room('Fields');
  const item = await house.film(room);
  const accepted = new Map<string, number>();
  const tries = async (field: string, work: (text: string) => Promise<APIResponse>): Promise<void> => {
    for (const text of payloads) if (await answered(await work(text))) accepted.set(field, (accepted.get(field) ?? 0) + 1);
  };
  const post = (path: string, data: object, as: APIRequestContext = at): Promise<APIResponse> => as.post(`/api/rooms/${room.id}${path}`, { data });

  await tries('room', (text) => at.post('/api/rooms', { data: { name: fit(text, 100), description: fit(text, 500) } }));
  await tries('settings', (text) => at.patch(`/api/rooms/${room.id}`, { data: { name: fit(text, 100), description: fit(text, 500) } }));
  await tries('title', (text) => post('/playlist/items', { items: [{ url: 'https://example.invalid/a.mp4', title: fit(text, 200) }] }));
  await tries('new title', (text) => at.patch(`/api/rooms/${room.id}/playlist/items/${item}`, { data: { title: fit(text, 200) } }));
  await tries('folder', (text) => post('/playlist/folders', { name: fit(text, 100) }));
  await tries('import', (text) => post('/playlist/import', { text: `#EXTM3U\n#EXTINF:9,${fit(text, 200)}\nhttps://example.invalid/b.mp4\n` }));
  await tries('address', (text) => post('/playlist/items', { items: [{ url: fit(text, 300) }] }));
  await tries('subtitle', (text) =>
    at.post(`/api/rooms/${room.id}/items/${item}/subtitles`, {
      params: { name: `${fit(text, 90)}.srt` },
      data: Buffer.from(`1\n00:00:00,000 --> 00:02:00,000\n${fit(text, 300)}\n`),
      headers: { 'Content-Type': 'application/octet-stream' }
    })
  );
  await tries('key', (text) => post('/live-keys', { title: fit(text, 200) }));
  await tries('token', (text) => at.post('/api/me/tokens', { data: { name: fit(text, 60) } }));
  await tries('person', (text) => at.patch('/api/me', { data: { name: fit(text, 32) } }));
  await tries('search', (text) => at.get('/api/rooms', { params: { q: fit(text, 100) } }));
  await at.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  for (const [i, text] of payloads.entries()) {
    const stranger = await people.page();
    const come = await stranger.request.post(`/api/rooms/${room.id}/guests`, { data: { name: fit(text, 32) } });
    if (!(await answered(come))) continue;
    accepted.set('guest', (accepted.get('guest') ?? 0) + 1);
    const { member } = (await come.json()) as { member: { id: string } };
    await answered(await post('/chat', { text: fit(text, 500) }, stranger.request));
    if (i % 2) expect(await answered(await post(`/members/${member.id}/ban`, { reason: fit(text, 200) }))).toBe(true);
  }
  // The corpus went in: a field that refuses everything would prove nothing here.
  for (const field of ['room', 'settings', 'title', 'new title', 'folder', 'import', 'subtitle', 'token', 'guest', 'search'])
    expect(accepted.get(field) ?? 0, field).toBeGreaterThan(4);

  const page = await people.member(room, at);
  page.on('dialog', (d) => void d.dismiss().then(() => expect(d.message(), 'a dialog').toBe('')));
  for (const tab of ['Chat', 'Playlist', 'Members'] as const) {
    await open(page, tab);
    await harmless(page, tab);
  }
  await page.getByRole('button', { name: 'Subtitles' }).click();
  await expect(page.getByRole('dialog')).toContainText('onerror');
  await harmless(page, 'subtitles');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'For the room' }).click();
  await expect(page.getByRole('dialog')).toContainText('onmouseover');
  await page.getByRole('dialog').locator('summary').last().click();
  await harmless(page, 'settings of the room');
  for (const [path, text] of [['/', 'onerror'], ['/me', 'onerror'], ['/admin', 'root']] as const) {
    await page.goto(path);
    await expect(page.locator('main')).toContainText(text);
    for (const more of await page.locator('main summary').all()) await more.click();
    await harmless(page, path);
  }

  // Words about what was typed: nothing found, and a sign-in that fails.
  await page.goto('/');
  for (const text of payloads) {
    await page.getByRole('searchbox').fill(`${fit(text, 60)} nowhere`);
    await expect(page.locator('main')).toContainText('nowhere');
    await harmless(page, 'search');
  }
  const stranger = await people.page();
  await stranger.goto('/login');
  for (const text of payloads.slice(0, 3)) {
    await stranger.getByRole('textbox', { name: 'Name' }).fill(fit(text, 32));
    await stranger.getByLabel('Password', { exact: true }).fill('wrong wrong wrong');
    await stranger.getByRole('button', { name: 'Sign in' }).last().click();
    await expect(stranger.getByRole('alert').first()).toBeVisible();
    await harmless(stranger, 'sign in');
  }
  expect((await at.patch('/api/me', { data: { name: 'root' } })).ok()).toBe(true);
});

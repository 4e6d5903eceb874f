// What people type is shown as text: it makes no elements, runs nothing, and
// does not paint over its neighbours.
import { expect, open, say, test } from './support/house';

const marks = 'Z' + '\u0300\u0316\u0489'.repeat(1_700);
const payloads: [string, string][] = [
  ['markup', '<img src=x onerror="window.hurt=1"><script>window.hurt=2</script><svg onload="window.hurt=3">'],
  ['attribute', '" onmouseover="window.hurt=4" x=\'><iframe srcdoc="<script>parent.hurt=5</script>">'],
  ['template', '{{constructor.constructor("window.hurt=6")()}} ${window.hurt=7}'],
  ['address', 'javascript:window.hurt=8'],
  ['bidi', 'user\u202Etxt.exe\u202D \u2066x\u2069'],
  ['marks', marks],
  ['joiners', '👩' + '\u200D'.repeat(400) + '👧'],
  ['right to left', 'שלום עולם مرحبا بالعالم'],
  ['emoji', '👨‍👩‍👧‍👦🏳️‍🌈🇨🇳1️⃣'],
  ['one long word', 'W'.repeat(500)]
];

test('text of every kind stays text and in its place', async ({ house, people }) => {
  const room = await house.room('<b>Bold</b><img src=x onerror="window.hurt=9">', { description: '<i>x</i>' });
  const item = await house.host.post(`/api/rooms/${room.id}/playlist/items`, { data: { items: [{ url: 'https://example.invalid/a.mp4', title: '<u>Title</u>' + marks.slice(0, 180) }] } });
  expect(item.status()).toBe(201);
  const id = ((await item.json()) as { items: { id: string }[] }).items[0]!.id;
  const host = await people.member(room, house.host);
  const guest = await people.guest(room, '<s>Ada</s>');
  let dialogs = 0;
  for (const page of [host, guest]) page.on('dialog', (d) => (dialogs++, void d.dismiss()));

  for (const [name, text] of payloads) {
    await say(guest, `before ${name}`);
    await guest.getByRole('textbox', { name: 'Say something' }).fill(text);
    const length = [...text].length;
    // Marks beyond what a letter carries are cut by the server: sent past the field's own limit.
    if (length <= 500) await guest.getByRole('button', { name: 'Send' }).click();
    else expect((await guest.request.post(`/api/rooms/${room.id}/chat`, { data: { text } })).status()).toBe(201);
    await say(guest, `after ${name}`);
    await expect(host.getByRole('log')).toContainText(`after ${name}`);
    const sent = await guest.request.post(`/api/rooms/${room.id}/danmaku`, { data: { text, item_id: id, position_s: 1 } });
    expect([201, 400, 429]).toContain(sent.status());
    expect(sent.headers()['content-type']).toContain('json');
  }

  for (const page of [host, guest]) {
    const log = page.getByRole('log');
    await expect(log).toContainText('<script>window.hurt=2</script>');
    expect(await log.locator('img:not([alt]), script, iframe, svg[onload], s, u, i:not([class])').count()).toBe(0);
    expect(await page.evaluate(() => (window as { hurt?: number }).hurt)).toBeUndefined();
    expect(await page.locator('h1 b, h1 img, [role=log] b:has(b)').count()).toBe(0);
    await open(page, 'Playlist');
    expect(await page.locator('u, s').count()).toBe(0);
    await open(page, 'Members');
    expect(await page.locator('u, s').count()).toBe(0);
    await open(page, 'Chat');
  }
  expect(dialogs).toBe(0);

  // Each line of text keeps to its own box: nothing sticks out sideways, and what
  // would stick out above or below is clipped.
  const outside = await host.getByRole('log').evaluate((log) => {
    const found: string[] = [];
    const edge = log.getBoundingClientRect();
    for (const p of log.querySelectorAll<HTMLElement>('.text')) {
      const box = p.getBoundingClientRect();
      if (box.right > edge.right + 1 || box.left < edge.left - 1) found.push(`wide: ${p.textContent?.slice(0, 20)}`);
      if (getComputedStyle(p).overflowY !== 'clip') found.push(`not clipped: ${p.textContent?.slice(0, 20)}`);
      if ((p.textContent?.match(/\p{M}/gu)?.length ?? 0) > 40) found.push('a tower of marks');
    }
    if (log.scrollWidth > log.clientWidth) found.push('the log scrolls sideways');
    return found;
  });
  expect(outside).toEqual([]);

  // Pixels: the line under the marks looks as it does under plain text.
  const under = host.locator('[data-message]').filter({ hasText: 'after marks' });
  await under.scrollIntoViewIfNeeded();
  const shot = await under.screenshot();
  await host.locator('[data-message]').filter({ hasText: /^\s*Z/ }).first().evaluate((e) => (e.style.visibility = 'hidden'));
  expect((await under.screenshot()).equals(shot)).toBe(true);
});

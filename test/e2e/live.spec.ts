// Somebody goes live: a real encoder, a real page.
import { Front } from './support/front';
import { expect, open, test } from './support/house';
import { Push } from './support/media';
import { look } from './support/stage';

test('an encoder goes live, the room sees it, and a revoked key ends it', async ({ house, people }) => {
  test.setTimeout(120_000);
  const room = await house.room('On air');
  const host = await people.member(room, house.host);

  const { server, key } = await test.step('a key is made and shown once', async () => {
    await host.getByRole('button', { name: 'Go live' }).click();
    const dialog = host.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Create key' }).click();
    const server = await dialog.getByRole('textbox', { name: 'Server', exact: true }).inputValue();
    const key = await dialog.getByRole('textbox', { name: 'Stream key', exact: true }).inputValue();
    expect(server).toBe(`rtmp://127.0.0.1:${house.server.rtmpPort}/live/${room.id}`);
    expect(key.length).toBeGreaterThanOrEqual(20);
    await dialog.getByRole('button', { name: 'Close' }).click();
    return { server, key };
  });

  const push = new Push(`${server}/${key}`);
  try {
    const viewer = await test.step('the room watches it by HTTP-FLV', async () => {
      await open(host, 'Playlist');
      await expect(host.getByText('LIVE').first()).toBeVisible();
      const asked = host.waitForRequest(/\/live\/[^/]+\.flv/);
      await host.getByRole('button', { name: /^Play now/ }).first().click();
      await asked;
      const page = await people.guest(room, 'Ada');
      for (const each of [host, page]) {
        await expect.poll(async () => (await look(each)).width, { timeout: 20_000 }).toBe(640);
        const { position } = await look(each);
        await expect.poll(async () => (await look(each)).position).toBeGreaterThan(position + 1);
      }
      return page;
    });

    await test.step('a second encoder with another key is no trouble, one with a wrong key is refused', async () => {
      const wrong = new Push(`${server}/not-a-key-anybody-made`);
      expect(await wrong.ended(15_000), wrong.complaint()).not.toBe('running');
      await wrong.stop();
      const { position } = await look(viewer);
      await expect.poll(async () => (await look(viewer)).position).toBeGreaterThan(position + 0.5);
    });

    await test.step('revoking the key ends the stream', async () => {
      await host.getByRole('button', { name: 'Go live' }).click();
      const revoked = Date.now();
      await host.getByRole('dialog').getByRole('button', { name: /^Revoke/ }).first().click();
      expect(await push.ended(10_000)).not.toBe('running');
      console.log(`measured: encoder cut ${Date.now() - revoked} ms after revoking`);
      const again = new Push(`${server}/${key}`);
      expect(await again.ended(15_000), again.complaint()).not.toBe('running');
      await again.stop();
    });
  } finally {
    await push.stop();
  }
});

test('a page over TLS plays FLV by a WebSocket, and by HTTP where no socket comes through', async ({ house, people }) => {
  test.setTimeout(90_000);
  const room = await house.room('Over TLS');
  const answer = await house.host.post(`/api/rooms/${room.id}/live-keys`, { data: { title: 'My show' } });
  const { url, item } = (await answer.json()) as { url: string; item: { id: string } };
  const push = new Push(url);
  const front = await Front.startSecure(house.url);
  const flv = (paths: string[]): number => paths.filter((path) => path.endsWith('.flv')).length;
  const watch = async (name: string): Promise<void> => {
    const page = await people.guest(room, name, { baseURL: front.url, ignoreHTTPSErrors: true });
    await expect.poll(async () => (await look(page)).width, { timeout: 20_000 }).toBe(640);
    const { position } = await look(page);
    await expect.poll(async () => (await look(page)).position).toBeGreaterThan(position + 1);
    await expect(page.getByText(/^started in [\d.]+ s$/)).toBeVisible();
    await page.close();
  };
  try {
    await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item.id } });
    await house.host.post(`/api/rooms/${room.id}/playback/play`, { data: {} });
    await watch('Ada');
    expect([flv(front.upgraded), flv(front.plain)]).toEqual([1, 0]);
    front.blocks = /\.flv$/;
    await watch('Bob');
    expect(flv(front.plain)).toBe(1);
  } finally {
    await push.stop();
    await front.stop();
  }
});

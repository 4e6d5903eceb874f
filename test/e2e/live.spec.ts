// Somebody goes live: a real encoder, a real page.
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

// A page loses its network in the middle of a film and comes back.
import { expect, test } from './support/house';
import { Relay } from './support/relay';
import { look, note, noted, now } from './support/stage';

test('after twenty seconds without a network a page is back in place, and nobody else notices', async ({ people, house }) => {
  test.setTimeout(120_000);
  const room = await house.room('Tunnel');
  const item = await house.film(room);
  const host = await people.member(room, house.host);
  const relay = await Relay.start(house.url);
  const ada = await people.guest(room, 'Ada', { baseURL: relay.url });
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  for (const page of [host, ada]) await expect.poll(async () => (await look(page)).position).toBeGreaterThan(3);
  await Promise.all([note(host), note(ada)]);
  const pill = ada.getByTestId('sync-pill');
  const gone = await now(host);

  relay.break();
  await expect(pill).toHaveAttribute('data-state', 'offline');
  // The room moves on meanwhile; she cannot hear of it.
  await house.host.post(`/api/rooms/${room.id}/playback/seek`, { data: { position_s: 60 } });
  await expect.poll(async () => (await look(host)).position).toBeGreaterThan(60);
  await expect.poll(async () => (await now(host)) - gone, { timeout: 30_000 }).toBeGreaterThan(20_000);

  const sought = await now(host);
  relay.restore();
  await expect
    .poll(
      async () => {
        const [a, b] = await Promise.all([look(host), look(ada)]);
        return Math.abs(a.position - b.position - (a.at - b.at) / 1000);
      },
      { intervals: [50] }
    )
    .toBeLessThan(0.25);
  const back = (await now(host)) - sought;
  console.log(`measured: in place ${Math.round(back)} ms after the network is back`);
  expect(back).toBeLessThan(3000);
  await expect(pill).not.toHaveAttribute('data-state', 'offline');
  expect(await noted(host, 'seeking', sought)).toBeUndefined();
  await relay.stop();
});

test('a page that was frozen is back in place when it runs again', async ({ people, house }) => {
  test.setTimeout(90_000);
  const room = await house.room('Sleepers');
  const item = await house.film(room);
  const host = await people.member(room, house.host);
  const ada = await people.guest(room, 'Ada');
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  for (const page of [host, ada]) await expect.poll(async () => (await look(page)).position).toBeGreaterThan(2);
  const cdp = await ada.context().newCDPSession(ada);
  await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
  const from = await now(host);
  await expect.poll(async () => (await now(host)) - from, { timeout: 20_000 }).toBeGreaterThan(8000);
  const shown = await now(host);
  await cdp.send('Page.setWebLifecycleState', { state: 'active' });
  await expect
    .poll(
      async () => {
        const [a, b] = await Promise.all([look(host), look(ada)]);
        return Math.abs(a.position - b.position - (a.at - b.at) / 1000);
      },
      { intervals: [50] }
    )
    .toBeLessThan(0.25);
  console.log(`measured: in place ${Math.round((await now(host)) - shown)} ms after the page runs again`);
  expect((await now(host)) - shown).toBeLessThan(3000);
});

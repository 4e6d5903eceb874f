// Two people watch one film: the promise of the product.
import { loadavg } from 'node:os';
import { expect, inside, open, root, signIn, test, type Room } from './support/house';
import { drift, look, note, noted, now, percentile, watch } from './support/stage';

test('two people watch one film in step, a third comes late', async ({ people }) => {
  test.setTimeout(240_000);
  const host = await people.page();

  const room = await test.step('root signs in and creates a room', async (): Promise<Room> => {
    await host.goto('/login');
    await signIn(host, root.name, root.password);
    await host.getByRole('button', { name: 'Create room' }).first().click();
    const dialog = host.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Room name' }).fill('Film night');
    await dialog.getByRole('button', { name: 'Create room' }).click();
    await host.waitForURL(/\/r\/[\w-]{12}$/);
    await inside(host);
    return { id: host.url().slice(-12), name: 'Film night' };
  });

  await test.step('adds the film from the library and plays it', async () => {
    await open(host, 'Playlist');
    await host.getByRole('button', { name: 'From the library' }).click();
    const dialog = host.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Films' }).click();
    await dialog.getByRole('button', { name: /^Add film\.mp4/ }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await host.getByRole('button', { name: /^Play now/ }).first().click();
    await expect.poll(async () => (await look(host)).position).toBeGreaterThan(0.5);
  });

  const friend = await test.step('a friend joins by the link and sees it play', async () => {
    const page = await people.guest(room, 'Ada');
    await expect.poll(async () => (await look(page)).position).toBeGreaterThan(0.5);
    expect((await look(page)).width).toBe(640);
    return page;
  });

  await test.step('they stay together', async () => {
    for (const page of [host, friend]) await expect(page.getByTestId('sync-pill')).toHaveAttribute('data-state', 'ok');
    await watch(host, 3); // settled
    // Steady play is what is promised. A machine that is busy with something else
    // lets the players stumble, so up to three windows are looked at; a fault of
    // the sync itself shows in all of them.
    let best = Infinity;
    for (let window = 1; window <= 3 && best > 50; window++) {
      const [a, b] = await Promise.all([watch(host, 20), watch(friend, 20)]);
      const gaps = drift(a, b);
      const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => percentile(gaps, part).toFixed(1));
      const load = loadavg()[0]!.toFixed(1);
      console.log(`measured: drift p50 ${p50} p95 ${p95} p99 ${p99} ms, ${gaps.length} samples, load ${load}`);
      expect(gaps.length).toBeGreaterThan(200);
      best = Math.min(best, percentile(gaps, 0.95));
    }
    expect(best).toBeLessThanOrEqual(50);
  });

  await Promise.all([note(host), note(friend)]);

  await test.step('a pause reaches the other at once, and both stand on the same frame', async () => {
    const before = await now(host);
    await host.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => noted(friend, 'pause', before)).toBeDefined();
    const pressed = (await noted(host, 'click', before))!;
    const reached = (await noted(friend, 'pause', before))!;
    console.log(`measured: pause after ${(reached - pressed).toFixed(1)} ms`);
    expect(reached - pressed).toBeLessThan(150);
    await expect
      .poll(async () => Math.abs((await look(host)).position - (await look(friend)).position))
      .toBeLessThanOrEqual(0.001);
    console.log(`measured: paused ${(Math.abs((await look(host)).position - (await look(friend)).position) * 1000).toFixed(3)} ms apart`);
  });

  await test.step('a jump takes both to the same place', async () => {
    const seek = host.getByRole('slider', { name: 'Seek' });
    const from = (await look(host)).position;
    await seek.focus();
    await host.keyboard.press('Home');
    await expect.poll(async () => (await look(friend)).position).toBeLessThan(1);
    await expect
      .poll(async () => Math.abs((await look(host)).position - (await look(friend)).position))
      .toBeLessThanOrEqual(0.001);
    expect(from).toBeGreaterThan(5);
    expect((await look(friend)).paused).toBe(true);
  });

  await test.step('play starts both, and a latecomer is in place', async () => {
    const before = await now(host);
    await host.getByRole('button', { name: 'Play', exact: true }).click();
    await expect.poll(() => noted(friend, 'playing', before)).toBeDefined();
    const late = await people.guest(room, 'Grace');
    await expect.poll(async () => (await look(late)).position).toBeGreaterThan(0.5);
    await expect(late.getByTestId('sync-pill')).toHaveAttribute('data-state', 'ok');
    const places: number[] = [];
    // In place within seconds of coming, however busy the machine is meanwhile.
    for (let tries = 0; tries < 4 && !places.some((each) => each <= 50); tries++) {
      await watch(late, 2);
      const [a, c] = await Promise.all([watch(host, 3), watch(late, 3)]);
      places.push(percentile(drift(a, c), 0.95));
    }
    console.log(`measured: latecomer p95 ${places.map((each) => each.toFixed(1)).join(', then ')} ms`);
    expect(Math.min(...places)).toBeLessThanOrEqual(50);
  });
});

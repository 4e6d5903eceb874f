// A room that waits for people whose film does not load, and for no longer than it should.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { profiles } from '../drift/profiles';
import { expect, open } from './support/house';
import { test } from './support/small';
import { drift, look, now, percentile, watch } from './support/stage';

const HOUR_MS = 3_600_000;
/** So much (bytes) of the small film comes to a page that stalls: some ten seconds of it. */
const PIECE = 400_000;
/** As in together.spec, for a machine that is busy with six players. */
const TOGETHER_MS = 50;

test('the room waits, goes on without, excuses, and starts together', async ({ people, house }) => {
  test.setTimeout(180_000);
  const room = await house.room('Waiters');
  const change = await house.host.patch(`/api/rooms/${room.id}`, { data: { settings: { wait: { mode: 'always', up_to: 10 } } } });
  expect(change.ok(), await change.text()).toBe(true);
  const item = await house.film(room);
  const host = await people.member(room, house.host);
  const banner = host.getByTestId('wait-banner');

  // Her film does not load: the request for it is never answered.
  const ada = await people.page();
  await ada.route('**/media*', () => undefined);
  await ada.goto(`/r/${room.id}`);
  await ada.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await ada.getByRole('button', { name: 'Join as guest' }).click();
  await expect(ada.getByRole('tab', { name: 'Chat' })).toBeVisible();

  await test.step('the room waits and names her, and the host goes on without her', async () => {
    await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
    await expect(banner).toContainText('Ada: opening the film');
    const stands = (await look(host)).position;
    await expect.poll(async () => (await look(host)).paused).toBe(true);
    await open(host, 'Members');
    await expect(host.getByRole('listitem').filter({ hasText: /Ada.*Guest/ })).toContainText('opening the film');
    const { violations } = await new AxeBuilder({ page: host }).include('[data-testid="wait-banner"]').analyze();
    expect(violations.map((v) => v.id)).toEqual([]);
    await banner.getByRole('button', { name: 'Continue without' }).click();
    await expect(banner).toBeHidden();
    await expect.poll(async () => (await look(host)).position).toBeGreaterThan(stands + 0.5);
  });

  await test.step('who was excused does not stop the next start', async () => {
    for (const verb of ['pause', 'play']) await house.host.post(`/api/rooms/${room.id}/playback/${verb}`, { data: {} });
    const from = (await look(host)).position;
    await expect.poll(async () => (await look(host)).position).toBeGreaterThan(from + 0.5);
    await expect(banner).toBeHidden();
  });

  await test.step('who never gets ready is excused after eight seconds', async () => {
    await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
    await expect(banner).toBeVisible();
    const began = await now(host);
    await expect(banner).toBeHidden({ timeout: 12_000 });
    const waited = (await now(host)) - began;
    console.log(`measured: excused after ${Math.round(waited)} ms`);
    await expect.poll(async () => (await look(host)).paused).toBe(false);
    expect(waited).toBeLessThan(9500);
  });

  await test.step('when her film loads after all, all start together', async () => {
    await ada.unrouteAll({ behavior: 'ignoreErrors' });
    await ada.reload();
    await expect.poll(async () => (await look(ada)).position, { timeout: 20_000 }).toBeGreaterThan(0.5);
    await expect(banner).toBeHidden();
    let apart = Infinity;
    // A machine that is busy lets players stumble: up to three looks, as in together.spec.
    for (let tries = 0; tries < 3 && apart > 50; tries++) {
      await watch(ada, 3);
      const [a, b] = await Promise.all([watch(host, 4), watch(ada, 4)]);
      apart = Math.min(apart, percentile(drift(a, b), 0.95));
    }
    console.log(`measured: together again, p95 ${apart.toFixed(1)} ms`);
    expect(apart).toBeLessThan(50);
  });

  await test.step('who leaves is not waited for', async () => {
    await ada.route('**/media*', () => undefined);
    await ada.reload();
    await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
    await expect(banner).toBeVisible();
    await ada.close();
    await expect(banner).toBeHidden({ timeout: 5000 });
  });
});

test('six people: one whose film stalls for good is excused in time, and the rest play together', async ({ crowd, small }) => {
  test.setTimeout(120_000);
  const room = await small.room('Six');
  const change = await small.host.patch(`/api/rooms/${room.id}`, { data: { settings: { wait: { mode: 'always', up_to: 10 } } } });
  expect(change.ok(), await change.text()).toBe(true);
  const item = await small.film(room, 'clip.mp4');
  // Her film comes as far as this, and then nothing more.
  const last = await crowd.page();
  await last.route('**/media*', (route) => {
    const from = Number(/bytes=(\d+)/.exec(route.request().headers()['range'] ?? '')?.[1] ?? 0);
    if (from < PIECE) void route.continue({ headers: { ...route.request().headers(), range: `bytes=${from}-${PIECE - 1}` } });
  });
  await last.goto(`/r/${room.id}`);
  await last.getByRole('textbox', { name: 'Your name' }).fill('Mallory');
  await last.getByRole('button', { name: 'Join as guest' }).click();
  const rest: Page[] = [await crowd.member(room, small.host)];
  while (rest.length < 5) rest.push(await crowd.guest(room, `Guest ${rest.length}`));
  const banner = rest[0]!.getByTestId('wait-banner');

  await small.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  for (const page of [...rest, last]) await expect.poll(async () => (await look(page)).position, { timeout: 20_000 }).toBeGreaterThan(1);
  await expect(banner, 'the room waits when hers stalls').toContainText('Mallory', { timeout: 60_000 });
  const began = await now(rest[0]!);
  const stood = await look(rest[0]!);
  await expect(banner, 'and no longer than it should').toBeHidden({ timeout: 12_000 });
  const waited = (await now(rest[0]!)) - began;
  console.log(`measured: of six, one stalled at ${stood.position.toFixed(1)} s, excused after ${Math.round(waited)} ms`);
  expect(waited).toBeLessThan(9500);
  for (const page of rest) await expect.poll(async () => (await look(page)).position).toBeGreaterThan(stood.position + 1);
  await watch(rest[0]!, 3);
  const hers = (await look(last)).position; // the second that she still had is over
  const tracks = await Promise.all(rest.map((page) => watch(page, 5)));
  expect((await look(last)).position - hers, 'hers stands').toBeLessThan(0.1);
  await expect(banner).toBeHidden();
  for (const track of tracks) expect(percentile(drift(tracks[0]!, track), 0.95), 'the rest play together').toBeLessThan(TOGETHER_MS);
});

/** Runs in the page, before everything else: its clock is wrong by so many ms from the start; stepClock() steps it later. */
function beWrong(ms: number): void {
  const [RealDate, origin] = [Date, performance.timeOrigin];
  let off = ms;
  window.Date = class extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length ? given : [RealDate.now() + off]) as [number]));
    }
    static override now = (): number => RealDate.now() + off;
  } as DateConstructor;
  // Where performance.now() counts from was read off the wrong clock once; a later step is not seen in it.
  Object.defineProperty(Performance.prototype, 'timeOrigin', { get: () => origin + ms });
  Object.assign(window, { stepClock: (to: number) => (off = to) });
}

test('a wrong clock, and one that is stepped, change nothing', async ({ crowd, small }) => {
  test.setTimeout(180_000);
  const room = await small.room('Clocks');
  const item = await small.film(room, 'clip.mp4');
  const host = await crowd.member(room, small.host);
  const wrong: { page: Page; off: number }[] = [];
  for (const off of [HOUR_MS, -HOUR_MS]) {
    const page = await crowd.page();
    await page.addInitScript(beWrong, off);
    await page.goto(`/r/${room.id}`);
    await page.getByRole('textbox', { name: 'Your name' }).fill(off > 0 ? 'Early' : 'Late');
    await page.getByRole('button', { name: 'Join as guest' }).click();
    wrong.push({ page, off });
  }
  await small.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  for (const { page, off } of wrong) {
    await expect.poll(async () => (await look(page)).position, { timeout: 20_000 }).toBeGreaterThan(0.5);
    const clock = await page.evaluate(() => [Date.now(), new Date().getTime(), performance.timeOrigin + performance.now()]);
    for (const ms of clock) expect(Math.abs(ms - off - (await now(host))), 'its clock is wrong by an hour').toBeLessThan(5000);
  }
  for (const step of [1, -1]) {
    for (const { page, off } of wrong) await page.evaluate((ms) => (window as unknown as { stepClock(ms: number): void }).stepClock(ms), off * step);
    await watch(host, 3);
    const apart: number[][] = wrong.map(() => []);
    for (let window = 0; window < 3; window++) {
      const [right, ...theirs] = await Promise.all([watch(host, 5), ...wrong.map(({ page }) => watch(page, 5))]);
      // Their samples are on their own clock; the step is in Date alone.
      wrong.forEach(({ off }, i) => apart[i]!.push(percentile(drift(right!, theirs[i]!.map((s) => ({ ...s, at: s.at - off }))), 0.95)));
    }
    for (const [i, { off }] of wrong.entries()) {
      const [least, median, most] = apart[i]!.sort((a, b) => a - b).map((ms) => ms.toFixed(1));
      console.log(`measured: a clock off by ${off / HOUR_MS} h, ${step < 0 ? 'stepped to the opposite' : 'from the start'}: p95 ${least}, ${median}, ${most} ms`);
      expect(Number(median), 'the Home row').toBeLessThanOrEqual(profiles['home']!.most.p95!);
    }
  }
});

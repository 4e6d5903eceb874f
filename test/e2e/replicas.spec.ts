// Three replicas, a page on each over the lines of homes, and a replica that is killed.
import { request, type Page } from '@playwright/test';
import { rows } from '../drift/judge';
import { MOST_OTHERS, others, times } from '../drift/machine';
import { profiles } from '../drift/profiles';
import { expect, House, People, root, test as base } from './support/house';
import { Relay } from './support/relay';
import { installed, Replicas } from './support/replicas';
import { smallFilms } from './support/small';
import { drift, look, note, noted, now, percentile, strayed, watch, type Sample } from './support/stage';

const test = base.extend<object, { replicas: Replicas }>({
  replicas: [
    async ({}, use) => {
      const replicas = await Replicas.start(3, { library: await smallFilms(), rootPassword: root.password });
      await use(replicas);
      await replicas.stop();
    },
    { scope: 'worker', timeout: 90_000 }
  ]
});

test.skip(!installed() && process.env['CI'] !== 'true', 'needs PostgreSQL and Redis (Debian: postgresql, redis-server)');

const home = profiles['home']!;
/** A page, the replica it is on, which has no other page and is killed, and the one that a balancer sends it to. */
const kills = [
  { page: 1, on: 1, next: 2 },
  { page: 0, on: 0, next: 1 },
  { page: 0, on: 1, next: 0 },
  { page: 0, on: 0, next: 1 },
  { page: 0, on: 1, next: 0 }
];
const [BEFORE_S, AFTER_S] = [2, 6];
/** What a page makes up for without a seek. */
const NUDGE_MS = 100;

interface Seen {
  p50: number;
  p95: number;
  p99: number;
}

test('a replica is killed: its page is in place elsewhere, and nobody else notices', async ({ browser, replicas }) => {
  test.setTimeout(180_000);
  // Nobody kills the last one, so that the room can be told things there.
  const host = await request.newContext({ baseURL: replicas.servers[2]!.url });
  expect((await host.post('/api/auth/login', { data: root })).status()).toBe(200);
  const house = new House(replicas.servers[2]!, host);
  const people = new People(browser, house);
  const room = await house.room('Spread');
  const item = await house.film(room, 'clip.mp4');
  const relays = await Promise.all(home.lines.map((line, i) => Relay.start(replicas.servers[i]!.url, line)));
  const pages: Page[] = [];
  for (const relay of relays) pages.push(await people.guest(room, `Page ${pages.length + 1}`, { baseURL: relay.url }));
  await house.host.post(`/api/rooms/${room.id}/playback/item`, { data: { item_id: item } });
  for (const page of pages) await expect.poll(async () => (await look(page)).position).toBeGreaterThan(1);
  await Promise.all(pages.map(note));

  /** Kills a replica and watches everybody; undefined when others had the machine, so that what a player does says nothing of us. */
  const round = async ({ page: i, on, next }: (typeof kills)[number]): Promise<Seen | undefined> => {
    const page = pages[i]!;
    await watch(page, 3); // settled
    const [before, from] = [await times(), await now(page)];
    const watching = Promise.all(pages.map((each) => watch(each, BEFORE_S + AFTER_S)));
    await watch(page, BEFORE_S);
    const killed = await now(page);
    await replicas.servers[on]!.kill();
    relays[i]!.restore(replicas.servers[next]!.url);
    const tracks = await watching;
    const taken = others(before, await times());
    await replicas.again(on);

    const back = ((await noted(page, 'back', killed)) ?? Infinity) - killed;
    const off = Math.max(...tracks.map((track) => percentile(drift(track, tracks[i]!), 1)));
    const seen = spreadOf(tracks);
    console.log(`measured: back after ${Math.round(back)} ms, off by ${off.toFixed(1)} ms at most; spread ${Object.values(seen).map((ms) => ms.toFixed(1)).join(' / ')} ms; others took ${Math.round(taken * 100)} %`);
    expect(await noted(page, 'offline', killed), 'its page lost its replica').toBeDefined();
    expect(back, 'and is back after (ms)').toBeLessThan(5000);
    for (const other of pages) if (other !== page) expect(await noted(other, 'offline', from), 'nobody else is interrupted').toBeUndefined();
    if (taken > MOST_OTHERS) return undefined;
    expect(off, 'its film is off by (ms), from before the kill to the end').toBeLessThan(250);
    for (const [n, other] of pages.entries()) {
      if (n === i) continue;
      expect(await noted(other, 'seeking', from), 'nobody else seeks').toBeUndefined();
      expect(strayed(tracks[n]!), 'nobody else’s film jumps or stands').toBeLessThan(NUDGE_MS);
    }
    return seen;
  };

  const counted: Seen[] = [];
  for (const kill of kills) {
    const seen = counted.length < 3 && (await round(kill));
    if (seen) counted.push(seen);
  }
  await people.end();
  for (const relay of relays) await relay.stop();
  await host.dispose();
  test.skip(counted.length === 0, 'NOT SHOWN that the others notice nothing: the machine was busy with something else all the time');
  const median = counted.sort((a, b) => a.p95 - b.p95)[(counted.length - 1) >> 1]!;
  for (const part of ['p50', 'p95', 'p99'] as const) expect(median[part], `the spread of all pages, ${part}`).toBeLessThanOrEqual(home.most[part]!);
});

/** Between the first and the last of all pages. */
function spreadOf(tracks: Sample[][]): Seen {
  const all = rows(tracks.map((track, i) => ({ name: `${i}`, looks: track.map((s) => [s.at, s.position, false]), frames: [], seeks: [], rates: [] })));
  expect(all.length).toBeGreaterThan(100);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => percentile(all.map((row) => row.spread), part));
  return { p50: p50!, p95: p95!, p99: p99! };
}

// How far browsers in one room are apart, over the lines of a profile: the real
// program, real browsers, a relay for each line. Judges and keeps every run;
// `make drift` says how it is called, docs/SYNC.md what came out.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { request, type Browser } from '@playwright/test';
import { expect, House, root, test, type Room } from '../e2e/support/house';
import { Server } from '../e2e/support/server';
import { clip, serveHls } from './films';
import { freeze, processOf } from './freeze';
import { judge, rows, type Act } from './judge';
import { Load, others, times } from './machine';
import { Viewer } from './page';
import { profiles, type Profile } from './profiles';
import { draw } from './show';

const out = resolve(__dirname, '.out');
const name = process.env['PROFILE'] ?? 'home';
const pages = Number(process.env['PAGES'] ?? 0);
/** What plays: an mp4 from the library by Range, or HLS by hls.js. */
const source = process.env['SOURCE'] ?? 'mp4';

/** A run in which others took more of the machine's time than this says nothing. */
const MOST_OTHERS = 0.2;

test('drift', async ({ browser }) => {
  const profile = profiles[name];
  if (!profile) throw new Error(`no profile ${name}: ${Object.keys(profiles).join(', ')}`);
  const folder = await clip(out);
  const server = await Server.start({ library: folder, rootPassword: root.password });
  const host = await request.newContext({ baseURL: server.url });
  expect((await host.post('/api/auth/login', { data: root })).ok()).toBe(true);
  const hls = await serveHls(folder);
  const media = source === 'hls' ? { url: hls.url } : { library_path: 'Films/clip.mp4' };
  const room = await prepare(new House(server, host), media);
  const viewers = await gather(browser, server.url, room, profile);
  const before = await times();
  const load = new Load();
  const acts = await run(viewers, profile, async () => {
    const late = await Viewer.open(browser, server.url, 'late', profile.lines[0]!);
    viewers.push(late);
    await late.join(room);
    return late;
  });
  const end = performance.timeOrigin + performance.now();
  const taken = others(before, await times());
  const seconds = await load.stop();
  const arrived = acts.find((act) => act.what === 'late')?.at ?? 0;
  const tracks = await Promise.all(viewers.map((v) => v.track(v.name === 'late' ? arrived : 0)));
  const result = { profile: name, source, pages: viewers.length, others: Math.round(taken * 1000) / 1000, void: taken > MOST_OTHERS, ...judge(tracks, acts, end) };
  await mkdir(out, { recursive: true });
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  await writeFile(join(out, `${name}-${source}-${stamp}.json`), JSON.stringify(result, null, 1));
  await writeFile(join(out, `${name}-${source}-${stamp}.svg`), draw(rows(tracks), acts));
  if (process.env['KEEP']) await writeFile(join(out, `${name}-${source}-${stamp}-tracks.json`), JSON.stringify({ tracks, acts, load: seconds }));
  console.log(JSON.stringify(result));
  for (const v of viewers) await v.close();
  await host.dispose();
  await hls.stop();
  expect(await server.stop()).toBe(0);
});

/** A room in which everybody controls, its film at the beginning and standing. */
async function prepare(house: House, media: { url: string } | { library_path: string }): Promise<Room> {
  const room = await house.room('Drift');
  const change = await house.host.patch(`/api/rooms/${room.id}`, { data: { preset: 'everyone_controls' } });
  expect(change.ok(), await change.text()).toBe(true);
  const added = await house.host.post(`/api/rooms/${room.id}/playlist/items`, {
    data: { items: [{ title: 'The clip', ...media }] }
  });
  expect(added.status(), await added.text()).toBe(201);
  const { items } = (await added.json()) as { items: { id: string }[] };
  for (const [verb, data] of [['item', { item_id: items[0]!.id }], ['pause', {}], ['seek', { position_s: 1 }]] as const) {
    const answer = await house.host.post(`/api/rooms/${room.id}/playback/${verb}`, { data });
    expect(answer.ok(), await answer.text()).toBe(true);
  }
  return room;
}

async function gather(browser: Browser, url: string, room: Room, profile: Profile): Promise<Viewer[]> {
  const viewers: Viewer[] = [];
  for (let i = 0; i < (pages || profile.lines.length); i++) {
    const v = await Viewer.open(browser, url, `page ${i + 1}`, profile.lines[i % profile.lines.length]!);
    viewers.push(v);
    if (i === 0) await v.signIn(room, root.name, root.password);
    else await v.join(room);
  }
  await Promise.all(viewers.map((v) => v.ready()));
  await pass(3); // the clocks are read a dozen times
  return viewers;
}

/** What happens in a run, in order; answers when. */
async function run(viewers: Viewer[], profile: Profile, comeLate: () => Promise<Viewer>): Promise<Act[]> {
  const acts: Act[] = [];
  const [first, second] = viewers as [Viewer, Viewer];
  const last = viewers.at(-1)!;
  const pid = await processOf(second.page);
  const act = async (what: string, v: Viewer, key: string, seconds: number): Promise<void> => {
    acts.push({ what, at: await v.press(key) });
    await pass(seconds);
  };
  await act('play', first, 'k', 12);
  await act('seek', first, 'l', 10);
  await act('pause', second, 'k', 2.5);
  await act('resume', first, 'k', 8);
  if (profile.outage || profile.hidden) return away(last, profile, acts);
  acts.push({ what: 'frozen', at: performance.timeOrigin + performance.now() });
  await freeze(pid, 800 + Math.random() * 1200);
  acts.push({ what: 'stall', at: performance.timeOrigin + performance.now() });
  await pass(9);
  const late = await comeLate();
  await late.ready();
  acts.push({ what: 'late', at: performance.timeOrigin + performance.now() });
  await pass(9);
  return acts;
}

/** The last page loses the network, and is hidden. */
async function away(last: Viewer, profile: Profile, acts: Act[]): Promise<Act[]> {
  if (profile.outage) {
    last.relay.break();
    await pass(profile.outage / 1000);
    last.relay.restore();
    acts.push({ what: 'return', at: performance.timeOrigin + performance.now() });
    await pass(8);
  }
  if (profile.hidden) {
    const cdp = await last.context.newCDPSession(last.page);
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
    await pass(profile.hidden / 1000);
    await cdp.send('Page.setWebLifecycleState', { state: 'active' });
    acts.push({ what: 'shown', at: performance.timeOrigin + performance.now() });
    await pass(8);
  }
  return acts;
}

const pass = (seconds: number): Promise<void> => new Promise((next) => setTimeout(next, seconds * 1000));


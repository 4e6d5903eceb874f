// How far browsers in one room are apart, over the lines of a profile: the real
// program, real browsers, a relay for each line. Judges and keeps every run;
// `make drift` says how it is called, docs/SYNC.md what came out.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { request, type APIRequestContext, type Browser } from '@playwright/test';
import { expect, root, test, type Room } from '../e2e/support/house';
import { Server } from '../e2e/support/server';
import { clip, serveHls } from './films';
import { freeze, processOf } from './freeze';
import { judge, rows, type Act, type Track } from './judge';
import { Load, MOST_OTHERS, others, times } from './machine';
import { Viewer } from './page';
import { profiles, type Profile } from './profiles';
import { draw } from './show';

/** Where runs are kept. */
const out = resolve(__dirname, '.out');
const name = process.env['PROFILE'] ?? 'home';
const pages = Number(process.env['PAGES'] ?? 0);
/** What plays: an mp4 from the library by Range ("mp4"), HLS by hls.js ("hls"), or HLS on the second page only ("mixed"). */
const source = process.env['SOURCE'] ?? 'mp4';
/** What is done: the run that is judged, or many starts and seeks ("starts"), to tune by. */
const script = process.env['SCRIPT'] ?? 'run';
/** Servers that run already, one replica each; without them one is started. */
const replicas = process.env['REPLICAS']?.split(',');
const owner = { name: root.name, password: process.env['ROOT_PASSWORD'] ?? root.password };

/** A second of which the machine's host took more than this is left out of what is judged; a run that is left with half says nothing. */
const MOST_STOLEN = 0.05;

test('drift', async ({ browser }) => {
  const profile = profiles[name];
  if (!profile) throw new Error(`no profile ${name}: ${Object.keys(profiles).join(', ')}`);
  const folder = await clip(out);
  const server = replicas ? null : await Server.start({ library: folder, rootPassword: root.password });
  const urls = replicas ?? [server!.url];
  const host = await request.newContext({ baseURL: urls[0]! });
  expect((await host.post('/api/auth/login', { data: owner })).ok()).toBe(true);
  const hls = await serveHls(folder);
  const media = source === 'hls' ? { url: hls.url } : { library_path: 'Films/clip.mp4' };
  const room = await prepare(host, media);
  const viewers = await gather(browser, urls, room, profile, source === 'mixed' ? hls.url : undefined);
  const before = await times();
  const load = new Load();
  const acts = await run(viewers, profile, async () => {
    const late = await Viewer.open(browser, urls[0]!, 'late', profile.lines[0]!);
    viewers.push(late);
    await late.join(room);
    return late;
  });
  const end = performance.timeOrigin + performance.now();
  const taken = others(before, await times());
  const seconds = await load.stop();
  const arrived = acts.find((act) => act.what === 'late')?.at ?? 0;
  const tracks = await Promise.all(viewers.map((v) => v.track(v.name === 'late' ? arrived : 0)));
  const stolen = seconds.filter(([, , , part]) => part > MOST_STOLEN).map(([at]) => at);
  const verdict = judge(tracks, acts, end, stolen, profile.back);
  const result = {
    ...{ profile: name, source, script, pages: viewers.length, promised: pages >= 6 ? (profile.ofSix ?? {}) : profile.most, back: profile.back ?? 50, others: Math.round(taken * 1000) / 1000, stolenSeconds: stolen.length },
    ...{ void: taken > MOST_OTHERS || verdict.samples < verdict.everything.samples / 2, ...verdict },
    ...(replicas?.length === 2 && { pairs: pairs(tracks, acts, end) })
  };
  await mkdir(out, { recursive: true });
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  await writeFile(join(out, `${name}-${source}-${stamp}.json`), JSON.stringify(result, null, 1));
  await writeFile(join(out, `${name}-${source}-${stamp}.svg`), draw(rows(tracks), acts));
  if (process.env['KEEP']) await writeFile(join(out, `${name}-${source}-${stamp}-tracks.json`), JSON.stringify({ tracks, acts, load: seconds }));
  for (const v of viewers) await v.close();
  await host.dispose();
  await hls.stop();
  if (server) expect(await server.stop()).toBe(0);
});

/** A room in which everybody controls, its film at the beginning and standing. */
async function prepare(host: APIRequestContext, media: { url: string } | { library_path: string }): Promise<Room> {
  const made = await host.post('/api/rooms', { data: { name: 'Drift' } });
  expect(made.status(), await made.text()).toBe(201);
  const room = (await made.json()) as Room;
  const change = await host.patch(`/api/rooms/${room.id}`, { data: { preset: 'everyone_controls' } });
  expect(change.ok(), await change.text()).toBe(true);
  const added = await host.post(`/api/rooms/${room.id}/playlist/items`, {
    data: { items: [{ title: 'The clip', ...media }] }
  });
  expect(added.status(), await added.text()).toBe(201);
  const { items } = (await added.json()) as { items: { id: string }[] };
  for (const [verb, data] of [['item', { item_id: items[0]!.id }], ['pause', {}], ['seek', { position_s: 1 }]] as const) {
    const answer = await host.post(`/api/rooms/${room.id}/playback/${verb}`, { data });
    expect(answer.ok(), await answer.text()).toBe(true);
  }
  return room;
}

/** On two replicas: the first two pages are on one, the third is on another. */
function pairs(tracks: Track[], acts: Act[], end: number): Record<string, { p50: number; p95: number; p99: number }> {
  const [one, two, other] = tracks as [Track, Track, Track];
  const of = (a: Track, b: Track): { p50: number; p95: number; p99: number } => {
    const { p50, p95, p99 } = judge([a, b], acts, end);
    return { p50, p95, p99 };
  };
  return { same: of(one, two), across: of(one, other) };
}

async function gather(browser: Browser, urls: string[], room: Room, profile: Profile, list?: string): Promise<Viewer[]> {
  const viewers: Viewer[] = [];
  const n = pages || profile.lines.length;
  for (let i = 0; i < n; i++) {
    // The last pages have a replica of their own each, all before them share the first.
    const url = urls[Math.max(0, i - n + urls.length)]!;
    const v = await Viewer.open(browser, url, `page ${i + 1}`, profile.lines[i % profile.lines.length]!, i === 1 ? list : undefined);
    viewers.push(v);
    if (i === 0) await v.signIn(room, owner.name, owner.password);
    else await v.join(room);
  }
  await Promise.all(viewers.map((v) => v.ready()));
  if (list) expect(await viewers[1]!.page.locator('video').evaluate((v: HTMLVideoElement) => v.currentSrc), 'what the second page plays').toMatch(/^blob:/);
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
  if (script === 'starts') return starts(viewers, act, acts);
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

/** Each page in turn pauses, resumes and seeks. */
async function starts(viewers: Viewer[], act: (what: string, v: Viewer, key: string, seconds: number) => Promise<void>, acts: Act[]): Promise<Act[]> {
  for (let i = 0; i < 9; i++) {
    await act('pause', viewers[(i + 1) % viewers.length]!, 'k', 2);
    await act('resume', viewers[i % viewers.length]!, 'k', 4);
    await act('seek', viewers[i % viewers.length]!, i % 2 ? 'j' : 'l', 4);
  }
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


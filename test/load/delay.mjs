// Measures from encoder to screen, in the product: pictures carry the time they
// were made as 32 black or white blocks, ffmpeg encodes and publishes them as the
// page advises (a key frame every 2 s, sound), the server relays them, and
// Chromium watches in the room's page, whose own player decides how far behind it
// plays. The blocks of each frame shown are read. Whoever joins begins at a key
// frame and then comes up: the first 5 s are told apart, all that follows counts.
// Needs ffmpeg, Chromium, web/node_modules and bin/synctv (make build).
// Run: node test/load/delay.mjs [flv|hls …]; SECONDS=n for other than 30.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('../../', import.meta.url).pathname;
const { chromium, request } = createRequire(root + 'web/package.json')('playwright');

const size = { width: 640, height: 64 };
const rate = 30;
const keysEvery = 2 * rate;
const samples = 48_000 / rate; // of sound, for a picture
const blocks = 32;
const joining_ms = 5000;
const seconds = Number(process.env.SECONDS ?? 30);
const name = 'root';
const password = 'correct horse battery';

// The sound of one picture: twelve waves, so that one follows the other smoothly.
const tone = Buffer.alloc(2 * samples);
for (let i = 0; i < samples; i++) tone.writeInt16LE(Math.round(3000 * Math.sin((2 * Math.PI * 12 * i) / samples)), 2 * i);

const limits = { flv: 1000, hls: 3000 };
const wanted = process.argv.slice(2);
const kinds = wanted.length ? wanted : Object.keys(limits);

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function serve() {
  const data = await mkdtemp(join(tmpdir(), 'synctv-delay-'));
  const [http, rtmp] = [await freePort(), await freePort()];
  const child = spawn(root + 'bin/synctv', ['serve'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH, SYNCTV_DATA_DIR: data, SYNCTV_ROOT_PASSWORD: password, SYNCTV_LOG_LEVEL: 'warn',
      SYNCTV_HTTP_ADDR: `127.0.0.1:${http}`, SYNCTV_RTMP_ADDR: `127.0.0.1:${rtmp}`
    }
  });
  const url = `http://127.0.0.1:${http}`;
  const until = performance.now() + 20_000;
  while ((await fetch(`${url}/readyz`).catch(() => null))?.status !== 200) {
    if (child.exitCode !== null || performance.now() > until) throw new Error('the server does not start');
    await new Promise((later) => setTimeout(later, 50));
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await rm(data, { recursive: true, force: true });
  };
  return { url, stop };
}

// One picture in yuv420p, with the low 32 bits of the time in milliseconds.
function picture(now) {
  const { width, height } = size;
  const luma = Buffer.alloc(width * height);
  const block = width / blocks;
  for (let bit = 0; bit < blocks; bit++) {
    if ((Math.floor(now / 2 ** bit) & 1) === 0) continue;
    for (let y = 0; y < height; y++) luma.fill(235, y * width + bit * block, y * width + (bit + 1) * block);
  }
  return Buffer.concat([luma, Buffer.alloc((width * height) / 2, 128)]);
}

// Pictures and sound by one clock, as a camera and a microphone have it: were
// they of two, the encoder would hold the earlier back for the later.
function publish(url) {
  const ffmpeg = spawn('ffmpeg', ['-v', 'error',
    '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${size.width}x${size.height}`, '-r', String(rate), '-i', '-',
    '-f', 's16le', '-ar', String(samples * rate), '-ac', '1', '-i', 'pipe:3',
    '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-g', String(keysEvery), '-keyint_min', String(keysEvery),
    '-c:a', 'aac', '-b:a', '128k', '-f', 'flv', url], { stdio: ['pipe', 'inherit', 'inherit', 'pipe'] });
  const sound = ffmpeg.stdio[3];
  for (const pipe of [ffmpeg.stdin, sound]) pipe.on('error', () => {}); // the end
  const begun = performance.now();
  let made = 0;
  const timer = setInterval(() => {
    for (; made < ((performance.now() - begun) / 1000) * rate; made++) {
      ffmpeg.stdin.write(picture(Date.now()));
      sound.write(tone);
    }
  }, 4);
  return async () => {
    clearInterval(timer);
    ffmpeg.kill('SIGKILL');
    if (ffmpeg.exitCode === null && ffmpeg.signalCode === null) await once(ffmpeg, 'exit');
  };
}

// Runs in the page before its own scripts: notes the delay of every frame that
// the player shows, and when the picture stalls or jumps.
function note({ size, blocks }) {
  const seen = { frames: [], stalls: [], jumps: [] };
  window.seen = seen;
  const canvas = new OffscreenCanvas(size.width, 1);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const read = (video) => {
    pen.drawImage(video, 0, size.height / 2, size.width, 1, 0, 0, size.width, 1);
    const { data } = pen.getImageData(0, 0, size.width, 1);
    let time = 0;
    for (let bit = 0; bit < blocks; bit++) {
      if (data[4 * Math.floor(((bit + 0.5) * size.width) / blocks)] > 128) time += 2 ** bit;
    }
    return (Date.now() % 2 ** 32) - time;
  };
  const follow = (video) => {
    const shown = () => {
      seen.frames.push({ at: performance.now(), delay: read(video), rate: video.playbackRate });
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
    video.addEventListener('waiting', () => video.seeking || seen.stalls.push(performance.now()));
    video.addEventListener('seeking', () => seen.jumps.push(performance.now()));
  };
  const watch = new MutationObserver(() => {
    const video = document.querySelector('video');
    if (!video) return;
    watch.disconnect();
    follow(video);
  });
  watch.observe(document, { childList: true, subtree: true });
}

const part = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];

async function ok(answer) {
  const { path, data } = answer;
  const res = await host.post(path, { data });
  if (!res.ok()) throw new Error(`${path}: ${res.status()} ${await res.text()}`);
  return res.status() === 204 ? null : res.json();
}

const server = await serve();
const host = await request.newContext({ baseURL: server.url });
await ok({ path: '/api/auth/login', data: { name, password } });
const { id: room } = await ok({ path: '/api/rooms', data: { name: 'Delay' } });
const at = `/api/rooms/${room}`;
const key = await ok({ path: `${at}/live-keys`, data: { title: 'Clock' } });
const stop = publish(key.url);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', '--mute-audio']
});
let failed = false;
try {
  await new Promise((later) => setTimeout(later, 5000)); // two whole GOPs
  for (const kind of kinds) failed = !(await measure(kind)) || failed;
} finally {
  await browser.close();
  await stop();
  await host.dispose();
  await server.stop();
}
process.exit(failed ? 1 : 0);

// The item to be played: the stream's own, or its HLS by address, which browsers
// with media source play by the page's hls.js.
async function itemOf(kind) {
  if (kind === 'flv') return key.item.id;
  const url = `${server.url}${at}/live/${key.stream}/index.m3u8`;
  const { items } = await ok({ path: `${at}/playlist/items`, data: { items: [{ title: 'Clock', url, kind: 'hls', live: true }] } });
  return items[0].id;
}

async function measure(kind) {
  const playing = await ok({ path: `${at}/playback/item`, data: { item_id: await itemOf(kind) } });
  if (playing.status !== 'playing') await ok({ path: `${at}/playback/play`, data: {} });
  const context = await browser.newContext({ baseURL: server.url, storageState: await host.storageState() });
  const page = await context.newPage();
  await page.addInitScript(note, { size, blocks });
  await page.goto(`/r/${room}`);
  await page.waitForFunction(() => window.seen.frames.length > 0, null, { timeout: 20_000 });
  await page.waitForTimeout(joining_ms + seconds * 1000);
  const seen = await page.evaluate(() => window.seen);
  await context.close();
  return report(kind, seen);
}

function report(kind, { frames, stalls, jumps }) {
  const begun = frames[0].at;
  const joined = begun + joining_ms;
  const after = (list) => list.filter((at) => at > joined).length;
  const counted = frames.filter((f) => f.at > joined);
  const delays = counted.map((f) => f.delay);
  const gaps = counted.slice(1).map((f, i) => f.at - counted[i].at);
  const below = frames.find((f) => f.delay <= limits[kind]);
  const p95 = part(delays, 0.95);
  console.log(`${kind}: ${counted.length} frames in ${seconds} s, delay p50 ${part(delays, 0.5)} ms, p95 ${p95} ms (at most ${limits[kind]}), ` +
    `worst ${Math.max(...delays)} ms; ${after(stalls)} stalls, ${after(jumps)} jumps, longest gap ${Math.round(Math.max(...gaps))} ms`);
  console.log(`     join: first frame ${Math.round(begun)} ms after the page was opened, ${frames[0].delay} ms old; ` +
    `${below ? Math.round(below.at - begun) : '∞'} ms later within the limit; ${stalls.length - after(stalls)} stalls, ${jumps.length - after(jumps)} jumps`);
  return p95 <= limits[kind] && after(stalls) === 0;
}

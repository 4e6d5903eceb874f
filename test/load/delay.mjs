// Measures from encoder to screen: pictures carry the time they were made as 32
// black or white blocks, ffmpeg encodes and publishes them, Chromium plays the
// relay's FLV (HTTP and WebSocket) and LL-HLS, and the page reads the blocks of
// each frame it shows. Needs ffmpeg, Chromium and web/node_modules.
// Run: node test/load/delay.mjs (after go build -o bin/load ./test/load)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const root = new URL('../../', import.meta.url).pathname;
const need = createRequire(root + 'web/package.json');
const { chromium } = need('playwright');

const width = 640;
const height = 64;
const rate = 30;
const blocks = 32;
const seconds = 12;

// One picture in yuv420p, with the low 32 bits of the time in milliseconds.
function picture(now) {
  const luma = Buffer.alloc(width * height);
  const block = width / blocks;
  for (let bit = 0; bit < blocks; bit++) {
    if ((Math.floor(now / 2 ** bit) & 1) === 0) continue;
    for (let y = 0; y < height; y++) luma.fill(235, y * width + bit * block, y * width + (bit + 1) * block);
  }
  return Buffer.concat([luma, Buffer.alloc((width * height) / 2, 128)]);
}

function encoder(url) {
  const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`,
    '-r', String(rate), '-i', '-', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency',
    '-g', String(rate), '-f', 'flv', url], { stdio: ['pipe', 'inherit', 'inherit'] });
  ffmpeg.stdin.on('error', () => {}); // the end
  const begun = performance.now();
  let made = 0;
  const timer = setInterval(() => {
    for (; made < ((performance.now() - begun) / 1000) * rate; made++) ffmpeg.stdin.write(picture(Date.now()));
  }, 4);
  return async () => {
    clearInterval(timer);
    ffmpeg.stdin.end();
    await once(ffmpeg, 'exit');
  };
}

// Runs in the page: plays, and returns the delay of every frame shown.
async function play({ kind, url, seconds, blocks }) {
  const video = document.querySelector('video');
  if (kind === 'hls') {
    const hls = new window.Hls({ lowLatencyMode: true });
    hls.loadSource(url);
    hls.attachMedia(video);
  } else {
    const player = window.mpegts.createPlayer({ type: 'flv', url, isLive: true, hasAudio: false },
      { enableStashBuffer: false, liveBufferLatencyChasing: true, liveBufferLatencyMaxLatency: 0.8, liveBufferLatencyMinRemain: 0.2 });
    player.attachMediaElement(video);
    player.load();
  }
  await video.play();
  const canvas = new OffscreenCanvas(video.videoWidth || 640, video.videoHeight || 64);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const delays = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await new Promise((seen) => video.requestVideoFrameCallback(seen));
    pen.drawImage(video, 0, 0);
    let time = 0;
    for (let bit = 0; bit < blocks; bit++) {
      const at = Math.floor(((bit + 0.5) * canvas.width) / blocks);
      if (pen.getImageData(at, canvas.height / 2, 1, 1).data[0] > 128) time += 2 ** bit;
    }
    delays.push((Date.now() % 2 ** 32) - time);
  }
  return delays;
}

function middle(list, part) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

const relay = spawn(root + 'bin/load', ['-role', 'relay'], { stdio: ['pipe', 'pipe', 'inherit'] });
const [line] = await once(createInterface(relay.stdout), 'line');
const { Viewers: viewers, Feed: feed } = JSON.parse(line);
const stop = encoder(`rtmp://${feed}/live/show`);
await new Promise((later) => setTimeout(later, 3000));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', '--mute-audio']
});
let failed = false;
for (const [name, kind, url, most] of [
  ['HTTP-FLV', 'flv', `http://${viewers}/show`, 1000],
  ['WebSocket-FLV', 'flv', `ws://${viewers}/show`, 1000],
  ['LL-HLS', 'hls', `http://${viewers}/hls/index.m3u8`, 3000]
]) {
  const page = await browser.newPage();
  await page.goto(`http://${viewers}/`);
  await page.addScriptTag({ content: readFileSync(root + (kind === 'hls' ? 'web/node_modules/hls.js/dist/hls.js' : 'web/node_modules/mpegts.js/dist/mpegts.js'), 'utf8') });
  const delays = (await page.evaluate(play, { kind, url, seconds, blocks })).slice(rate * 3);
  const p50 = middle(delays, 0.5);
  const p95 = middle(delays, 0.95);
  failed ||= !(p95 <= most);
  console.log(`${name}: ${delays.length} frames, delay p50 ${p50} ms, p95 ${p95} ms (at most ${most})`);
  await page.close();
}
await browser.close();
await stop();
relay.stdin.end();
await once(relay, 'exit');
process.exit(failed ? 1 : 0);

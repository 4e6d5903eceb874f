// What a nudge costs in this machine's Chromium: media time (ms) lost by changing the rate and
// changing it back, with the pitch kept and with the pitch following the rate. Needs the clip of
// a drift run (make drift): node test/drift/rates.mjs
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const root = new URL('../../', import.meta.url).pathname;
const { chromium } = createRequire(root + 'web/package.json')('playwright');
const film = readFileSync(new URL('.out/films/clip.mp4', import.meta.url));
const server = createServer((request, response) => {
  if (request.url === '/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<video>');
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? 'bytes=0-');
  const last = to ? Number(to) : film.length - 1;
  response.writeHead(206, { 'Content-Type': 'video/mp4', 'Content-Range': `bytes ${from}-${last}/${film.length}`, 'Content-Length': last - from + 1 });
  return response.end(film.subarray(Number(from), last + 1));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', '--mute-audio']
});
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const lines = await page.evaluate(async () => {
  const video = document.querySelector('video');
  video.src = '/film.mp4';
  const pass = (ms) => new Promise((next) => setTimeout(next, ms));
  /** Media time against the clock: the median of a dozen looks. */
  const place = async () => {
    const looks = [];
    for (let i = 0; i < 12; i++) {
      looks.push(video.currentTime * 1000 - performance.now());
      await pass(25);
    }
    return looks.sort((x, y) => x - y)[6];
  };
  const lost = async (glides, rate, for_ms) => {
    const before = await place();
    const from = performance.now();
    video.preservesPitch = !glides;
    video.playbackRate = rate;
    await pass(for_ms);
    video.playbackRate = 1;
    video.preservesPitch = true;
    const gained = (rate - 1) * (performance.now() - from);
    await pass(300);
    return before + gained - (await place());
  };
  await video.play();
  await pass(1500);
  const lines = [];
  for (const glides of [false, true]) {
    for (const rate of [1.08, 1.02, 1.005, 0.98, 0.95]) {
      const each = [];
      for (let i = 0; i < 7; i++) each.push((await lost(glides, rate, 250)).toFixed(1));
      lines.push(`${glides ? 'pitch follows' : 'pitch kept'}, rate ${rate}: ${each.join(' ')} ms lost`);
    }
  }
  return lines;
});
console.log(lines.join('\n'));
await browser.close();
server.close();

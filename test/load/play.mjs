// Plays an HLS stream in Chromium with hls.js and says what was shown, as JSON:
// node test/load/play.mjs http://127.0.0.1:…/index.m3u8
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url).pathname;
const { chromium } = createRequire(root + 'web/package.json')('playwright');
const url = process.argv[2];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', '--mute-audio']
});
const page = await browser.newPage();
// Any answer of the same origin will do, also that there is no such page.
await page.goto(new URL('page', url).href);
await page.addScriptTag({ content: readFileSync(root + 'web/node_modules/hls.js/dist/hls.js', 'utf8') });
const shown = await page.evaluate(async (url) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const errors = [];
  const hls = new window.Hls({ lowLatencyMode: true });
  // What hls.js tells while it finds its place at the live edge, and gets over:
  // nothing buffered yet, a first part before its key frame, the jump from zero,
  // a load that it gave up itself because of that jump.
  const placing = ['bufferStalledError', 'bufferAppendNoProgress', 'bufferSeekOverHole', 'aborted'];
  const settled = [];
  hls.on('hlsError', (_, e) => {
    (placing.includes(e.details) && !e.fatal ? settled : errors).push(e.details);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  await video.play();
  const begun = video.currentTime;
  for (let i = 0; i < 25; i++) await new Promise((seen) => video.requestVideoFrameCallback(seen));
  const codec = hls.levels[hls.currentLevel]?.videoCodec;
  return { codec, width: video.videoWidth, seconds: video.currentTime - begun, settled, errors };
}, url);
console.log(JSON.stringify(shown));
await browser.close();

// Prints what a first visit to the room page costs in gzipped JavaScript,
// leaving out the media engines (they load only when a source needs them),
// and fails the build when it is over the budget.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 60;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const isEngine = (id) => /node_modules\/(hls\.js|mpegts\.js|dashjs)\//.test(id);
// The pages that a first visit to /r/:id runs.
const isFirst = (id) => /^(index\.html|src\/room\/RoomPage\.svelte|src\/player\/Player\.svelte)$/.test(id);

const files = new Set();
const visit = (id) => {
  const chunk = manifest[id];
  if (!chunk || isEngine(id) || files.has(chunk.file)) return;
  files.add(chunk.file);
  (chunk.imports ?? []).forEach(visit);
  (chunk.dynamicImports ?? []).filter(isFirst).forEach(visit);
};
visit('index.html');

const size = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1000;
let total = 0;
for (const file of files) {
  total += size(file);
  console.log(`${size(file).toFixed(1).padStart(7)} kB gz  ${file}`);
}
console.log(`${total.toFixed(1).padStart(7)} kB gz  first load of a room, media engines apart (budget ${BUDGET_KB})`);
if (total > BUDGET_KB) process.exit(1);

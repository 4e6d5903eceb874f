// Prints what a first visit to a room costs in gzipped JavaScript and fails the
// build when the part that draws the room is over the budget. The socket's
// library is fetched beside it (the room is drawn from HTTP first) and counted
// apart; media engines load only when a source needs them.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 60;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

const DRAWING = ['index.html', 'src/room/RoomPage.svelte', 'src/text/en.json'];
const SOCKET = ['src/realtime/RoomConnection.ts'];

/** All files that the given entries import statically. */
function filesOf(entries) {
  const files = new Set();
  const visit = (id) => {
    const chunk = manifest[id];
    if (!chunk) throw new Error(`first-load: ${id} is not in the manifest`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    (chunk.imports ?? []).forEach(visit);
  };
  entries.forEach(visit);
  return files;
}

const size = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1000;
const line = (kb, what) => console.log(`${kb.toFixed(1).padStart(7)} kB gz  ${what}`);

const drawing = filesOf(DRAWING);
const all = filesOf([...DRAWING, ...SOCKET]);
let drawn = 0;
let total = 0;
for (const file of all) {
  total += size(file);
  if (drawing.has(file)) drawn += size(file);
  line(size(file), drawing.has(file) ? file : `${file} (socket)`);
}
line(drawn, `until a room is drawn, texts included (budget ${BUDGET_KB})`);
line(total, 'with the socket library; media engines apart');
if (drawn > BUDGET_KB) process.exit(1);
